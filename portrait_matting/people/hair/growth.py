"""How strands of hair grow from a head: combed, lifted, pulled down, and kept off the body and the face."""

import numpy as np
from numba import njit

from portrait_matting.people.hair.clearance import probe

NATURAL, SIDE, PARTED, TIED, UPRIGHT = 0, 1, 2, 3, 4
"""Ways to comb: away from the crown; all one way; away from a parting; towards where it is tied; straight out."""
_CROWN = (0.0, -0.75, 0.75)  # left, front and up of the head's axis at the eyes' level, in head heights
_FACE = 0.25  # how far before the head's axis the face begins


@njit(cache=True, error_model="numpy")
def grow(
    roots,
    outward,
    lengths,
    layers,
    wild,
    pick,
    rough,
    bias,
    tufts,
    kind,
    comb,
    part,
    knot,
    lift,
    gravity,
    stiffness,
    face,
    cheek,
    brow,
    cut,
    rotation,
    middle,
    height,
    origin,
    distance,
    count,
    fringe,
):
    """Strands from roots, in steps of equal length: float32 (S, count, 3), and where each is cut, (S,) in steps.

    Args:
        roots: (S, 3), metres; outward: (S, 3), of the skin there; lengths: (S,), metres.
        layers: (S,), metres that a strand keeps off the body.
        wild: (n, count, 3), wills of strands; each picks one, `pick` (S,), of which it has `rough` (S,), and adds its
            own `bias` (S, 3): by that it leaves the way it is combed.
        tufts: (S, 3), the will that it shares with its tuft, in the head's axes.
        kind: how it is combed; comb: (3,), the direction of SIDE, in the head's axes.
        part: where the parting is, to the left, in head heights; knot: (3,), where hair is tied, in head heights.
        lift: how far hair stands up from the skin at its root; gravity: how soon it falls.
        stiffness: how much of its direction a strand keeps in a step, in [0, 1).
        face: half the width of the face that is kept free, in head heights; cheek: how far forward hair
            may hang beside it; brow: the height from which both are.
        cut: the level where hair is cut, in head heights.
        rotation: (3, 3), of the head; middle: (3,), metres, on its axis at the level of the eyes; height: metres.
        origin, distance: the clearance.
        count: points of a strand.
        fringe: (S,), whether a strand may hang before the forehead.
    """
    size = roots.shape[0]
    found = np.empty((size, count, 3), np.float32)
    ends = np.full(size, np.float32(count - 1), np.float32)
    long, heights = gravity > 0.1, 1 / height
    for s in range(size):
        step = lengths[s] / (count - 1)
        px, py, pz = float(roots[s, 0]), float(roots[s, 1]), float(roots[s, 2])
        dx, dy, dz = float(outward[s, 0]), float(outward[s, 1]), float(outward[s, 2])
        found[s, 0] = roots[s]
        gap, nx, ny, nz = probe(px, py, pz, origin, distance)
        left, front, up = _local(px, py, pz, rotation, middle, heights)
        side = 1.0 if left > (0.0 if up < 0.3 and abs(left) > 0.2 else part) else -1.0
        will, own = wild[pick[s]], rough[s]
        cut_at = cut + 0.05 * will[0, 0]
        combing = NATURAL if fringe[s] and kind != TIED else kind
        closest = 1e9
        for k in range(1, count):
            fall = gravity * min((k * step) / 0.05, 1.0)
            combed = 1.0
            if kind == UPRIGHT:
                combed = 0.0
            elif kind == TIED:
                combed, fall = 2.5, 0.0
                apart = (knot[0] - left) ** 2 + (knot[1] - front) ** 2 + (knot[2] - up) ** 2
                if apart < closest:  # it ends where it is nearest to the knot: what is behind is another's
                    closest = apart
                    ends[s] = max(k - 1, 1)
                elif apart > closest + 0.2:
                    found[s, k:] = found[s, k - 1]
                    break
            elif long and not fringe[s]:  # long hair is combed on top, and hangs below and off the head
                combed = min(max((up - 0.1) / 0.45, 0.0), 1.0) * min(max((0.03 - gap) / 0.012, 0.0), 1.0)
            rx, ry, rz = 0.0, 0.0, 0.0
            if combed > 0 or k == 1:
                cx, cy, cz = _combed(combing, left, front, up, side, comb, knot)
                rx, ry, rz = _turned(cx + tufts[s, 0], cy + tufts[s, 1], cz + tufts[s, 2], rotation)
                if gap < 0.03:
                    along = (rx * nx + ry * ny + rz * nz) / (np.sqrt(rx * rx + ry * ry + rz * rz) + 1e-9)
                    rx, ry, rz = unit(rx, ry, rz)
                    rx, ry, rz = rx - along * nx, ry - along * ny, rz - along * nz
                rx, ry, rz = unit(rx, ry, rz)
            ox, oy, oz = outward[s, 0], outward[s, 1], outward[s, 2]
            if k == 1:
                dx, dy, dz = ox, oy, oz
                if kind != UPRIGHT:
                    dx, dy, dz = ox * lift + rx * combed, oy * lift + ry * combed, oz * lift + rz * combed
            turn = 1 - stiffness
            if kind == UPRIGHT:
                rx, ry, rz, combed = ox, oy, oz, 1.0
            dx = stiffness * dx + turn * combed * rx + own * will[k, 0] + bias[s, 0]
            dy = stiffness * dy + turn * combed * ry + own * will[k, 1] + bias[s, 1]
            dz = stiffness * dz + turn * combed * rz + own * will[k, 2] + bias[s, 2] - fall
            dx, dy, dz = unit(dx, dy, dz)
            qx, qy, qz = px + dx * step, py + dy * step, pz + dz * step
            want = layers[s] * min(k * step / 0.02, 1.0)
            for _ in range(3):
                gap, nx, ny, nz = probe(qx, qy, qz, origin, distance)
                moved = gap < want - 0.0005
                if gap < want:
                    qx, qy, qz = qx + nx * (want - gap), qy + ny * (want - gap), qz + nz * (want - gap)
                left, front, up = _local(qx, qy, qz, rotation, middle, heights)
                if not fringe[s] and kind != UPRIGHT and front > min(_FACE, cheek) and -1.4 < up < brow:
                    aside, back = _off_face(left, front, up, side, face, cheek, brow)
                    if aside != 0 or back != 0:
                        x, y, z = _turned(aside * height, back * height, 0.0, rotation)
                        qx, qy, qz, moved = qx + x, qy + y, qz + z, True
                if not moved:
                    break
            dx, dy, dz = unit(qx - px, qy - py, qz - pz)
            px, py, pz = px + dx * step, py + dy * step, pz + dz * step
            left, front, up = _local(px, py, pz, rotation, middle, heights)
            found[s, k, 0], found[s, k, 1], found[s, k, 2] = px, py, pz
            if kind != TIED and up < cut_at and not fringe[s]:
                ends[s] = k
                found[s, k:] = found[s, k]
                break
    return found, ends


@njit(cache=True, error_model="numpy")
def unit(x, y, z):
    scale = 1 / (np.sqrt(x * x + y * y + z * z) + 1e-9)
    return x * scale, y * scale, z * scale


@njit(cache=True, error_model="numpy")
def _local(x, y, z, rotation, middle, heights):
    """A place in the head's axes: left, front and up in head heights, of which `heights` are a metre."""
    x, y, z = (x - middle[0]) * heights, (y - middle[1]) * heights, (z - middle[2]) * heights
    return (
        rotation[0, 0] * x + rotation[1, 0] * y + rotation[2, 0] * z,
        -(rotation[0, 1] * x + rotation[1, 1] * y + rotation[2, 1] * z),
        rotation[0, 2] * x + rotation[1, 2] * y + rotation[2, 2] * z,
    )


@njit(cache=True, error_model="numpy")
def _turned(x, y, z, rotation):
    """A direction of the head's axes (left, back, up) in the room."""
    return (
        rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z,
        rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z,
        rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z,
    )


@njit(cache=True, error_model="numpy")
def _combed(kind, left, front, up, side, comb, knot):
    """The way hair is combed at a place: left, back and up, of any length."""
    if kind == NATURAL:
        aside, back, rise = left - _CROWN[0], _CROWN[1] - front, up - _CROWN[2]
        far = (aside * aside + back * back + rise * rise) / 0.12
        whorl = 0.9 * np.exp(-far) if far < 16 else 0.0
        return (0.6 * aside if front > 0.2 else aside) + whorl * (back - rise), back - whorl * aside, rise - 0.25
    if kind == SIDE:
        # where the head falls away in that direction, hair lies down with it
        down = min(max((comb[0] * left - comb[1] * front - 0.3) / 0.35, 0.0), 1.2)
        return comb[0], comb[1], comb[2] - down
    if kind == PARTED:
        share = min(max((front + 0.5) / 0.6, 0.0), 1.0)  # behind the crown it falls as it grows
        return (
            share * (side * 0.9 + comb[0]) + (1 - share) * (0.8 * left + 0.3 * side),
            share * (comb[1] + 0.3) - (1 - share) * (front - _CROWN[1]),
            share * (comb[2] - 0.2) + (1 - share) * (up - _CROWN[2] - 0.3),
        )
    return knot[0] - left, front - knot[1], knot[2] - up


@njit(cache=True, error_model="numpy")
def _off_face(left, front, up, side, face, cheek, brow):
    """How far hair before or beside a face is moved: aside, to the left, and back, in head heights."""
    half = face * (1 - 0.35 * max(0.0, (up - 0.1) / max(brow - 0.1, 0.1)))
    if front > _FACE and abs(left) < half:
        way = side if abs(left) < 0.3 else (1.0 if left > 0.0 else -1.0)
        return min((way * half - left) * way, 0.35) * way, 0.0
    if front > cheek and half <= abs(left) < 1.3:
        return 0.0, min(front - cheek, 0.25)
    return 0.0, 0.0
