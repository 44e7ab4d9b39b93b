"""How strands of hair grow from a head: combed, lifted, pulled down, and kept off the body and the face."""

import numpy as np
from numba import njit

from portrait_matting.people.clearance import probe

NATURAL, SIDE, PARTED, TIED, UPRIGHT = 0, 1, 2, 3, 4
"""Ways to comb: away from the crown; all one way; away from a parting; towards where it is tied; straight out."""
_CROWN = (0.0, -0.75, 0.75)  # left, front and up of the head's axis at the eyes' level, in head heights
_FACE = 0.25  # how far before the head's axis the face begins


@njit(cache=True)
def _unit(v):
    size = np.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) + 1e-9
    return v[0] / size, v[1] / size, v[2] / size


@njit(cache=True)
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
    for s in range(size):
        step = lengths[s] / (count - 1)
        px, py, pz = float(roots[s, 0]), float(roots[s, 1]), float(roots[s, 2])
        dx, dy, dz = float(outward[s, 0]), float(outward[s, 1]), float(outward[s, 2])
        found[s, 0] = roots[s]
        side, closest = 0.0, 1e9
        gap, nx, ny, nz = probe(px, py, pz, origin, distance)
        will = wild[pick[s]] * rough[s]
        cut_at = cut + 0.05 * wild[pick[s], 0, 0]
        for k in range(1, count):
            # where it is, in the head's axes: left, front and up in head heights
            x, y, z = px - middle[0], py - middle[1], pz - middle[2]
            left = (rotation[0, 0] * x + rotation[1, 0] * y + rotation[2, 0] * z) / height
            front = -(rotation[0, 1] * x + rotation[1, 1] * y + rotation[2, 1] * z) / height
            up = (rotation[0, 2] * x + rotation[1, 2] * y + rotation[2, 2] * z) / height
            if k == 1:
                side = 1.0 if left > part else -1.0
                if up < 0.3 and abs(left) > 0.2:
                    side = 1.0 if left > 0 else -1.0
            # the way it is combed
            cx, cy, cz = 0.0, 0.0, 0.0
            if kind == NATURAL or (fringe[s] and kind != TIED):
                cx, cy, cz = left - _CROWN[0], -(front - _CROWN[1]), up - _CROWN[2]
                if front > 0.2:
                    cx *= 0.6
                cz -= 0.25
            elif kind == SIDE:
                cx, cy, cz = comb[0], comb[1], comb[2]
            elif kind == PARTED:
                share = min(max((front + 0.5) / 0.6, 0.0), 1.0)  # behind the crown it falls as it grows
                cx = share * (side * 0.9 + comb[0]) + (1 - share) * 0.8 * left
                cy = share * (comb[1] + 0.3) - (1 - share) * (front - _CROWN[1])
                cz = share * (comb[2] - 0.2) + (1 - share) * (up - _CROWN[2] - 0.3)
            elif kind == TIED:
                cx, cy, cz = knot[0] - left, -(knot[1] - front), knot[2] - up
                apart = cx * cx + cy * cy + cz * cz
                if apart < closest:  # it ends where it is nearest to the knot: what is behind is another's
                    closest = apart
                    ends[s] = max(k - 1, 1)
            cx, cy, cz = cx + tufts[s, 0], cy + tufts[s, 1], cz + tufts[s, 2]
            rx = rotation[0, 0] * cx + rotation[0, 1] * cy + rotation[0, 2] * cz
            ry = rotation[1, 0] * cx + rotation[1, 1] * cy + rotation[1, 2] * cz
            rz = rotation[2, 0] * cx + rotation[2, 1] * cy + rotation[2, 2] * cz
            rx, ry, rz = _unit((rx, ry, rz))
            along = rx * nx + ry * ny + rz * nz
            if gap < 0.03:
                rx, ry, rz = rx - along * nx, ry - along * ny, rz - along * nz
                rx, ry, rz = _unit((rx, ry, rz))
            fall = gravity * min((k * step) / 0.05, 1.0)
            combed = 1.0
            if kind == UPRIGHT:
                combed = 0.0
            elif kind == TIED:
                combed, fall = 2.5, 0.0
            elif gravity > 0.1 and not fringe[s]:  # long hair is combed on top, and hangs below and off the head
                combed = min(max((up - 0.1) / 0.45, 0.0), 1.0) * min(max((0.03 - gap) / 0.012, 0.0), 1.0)
            if k == 1:
                dx, dy, dz = (
                    outward[s, 0] * lift + rx * combed,
                    outward[s, 1] * lift + ry * combed,
                    (outward[s, 2] * lift + rz * combed),
                )
                if kind == UPRIGHT:
                    dx, dy, dz = outward[s, 0], outward[s, 1], outward[s, 2]
            keep = stiffness
            turn = 1 - stiffness
            dx = keep * dx + turn * combed * rx + (will[k, 0] + bias[s, 0])
            dy = keep * dy + turn * combed * ry + (will[k, 1] + bias[s, 1])
            dz = keep * dz + turn * combed * rz + (will[k, 2] + bias[s, 2]) - fall
            if kind == UPRIGHT:
                dx, dy, dz = dx + turn * outward[s, 0], dy + turn * outward[s, 1], dz + turn * outward[s, 2]
            dx, dy, dz = _unit((dx, dy, dz))
            qx, qy, qz = px + dx * step, py + dy * step, pz + dz * step
            grown = min(k * step / 0.02, 1.0)
            want = layers[s] * grown
            for _ in range(3):
                gap, nx, ny, nz = probe(qx, qy, qz, origin, distance)
                moved = gap < want - 0.0005
                if gap < want:
                    qx, qy, qz = qx + nx * (want - gap), qy + ny * (want - gap), qz + nz * (want - gap)
                x, y, z = qx - middle[0], qy - middle[1], qz - middle[2]
                left = (rotation[0, 0] * x + rotation[1, 0] * y + rotation[2, 0] * z) / height
                front = -(rotation[0, 1] * x + rotation[1, 1] * y + rotation[2, 1] * z) / height
                up = (rotation[0, 2] * x + rotation[1, 2] * y + rotation[2, 2] * z) / height
                # off the face: aside, the wider the lower down to the cheeks
                if not fringe[s] and kind != UPRIGHT and front > _FACE and up < brow and up > -1.4:
                    half = face * (1 - 0.35 * max(0.0, (up - 0.1) / max(brow - 0.1, 0.1)))
                    if abs(left) < half:
                        way = 1.0 if left > 0.0 else -1.0
                        if abs(left) < 0.3:
                            way = side
                        move = min((way * half - left) * way, 0.35) * way * height
                        qx, qy, qz = qx + rotation[0, 0] * move, qy + rotation[1, 0] * move, qz + rotation[2, 0] * move
                        moved = True
                    elif front > cheek and abs(left) < 1.3:  # back, from beside the face
                        move = min(front - cheek, 0.25) * height
                        qx, qy, qz = qx + rotation[0, 1] * move, qy + rotation[1, 1] * move, qz + rotation[2, 1] * move
                if not moved:
                    break
            dx, dy, dz = _unit((qx - px, qy - py, qz - pz))
            nextx, nexty, nextz = px + dx * step, py + dy * step, pz + dz * step
            px, py, pz = nextx, nexty, nextz
            found[s, k, 0], found[s, k, 1], found[s, k, 2] = px, py, pz
            if kind != TIED and up < cut_at and ends[s] == count - 1 and k < count - 1 and not fringe[s]:
                ends[s] = k
    return found, ends


@njit(cache=True)
def away_from_axis(points, lower, upper):
    """Directions of points (S, K, 3) away from the line between two points, of length 1."""
    found = np.empty_like(points)
    x, y, z = upper[0] - lower[0], upper[1] - lower[1], upper[2] - lower[2]
    long = x * x + y * y + z * z
    for s in range(points.shape[0]):
        for k in range(points.shape[1]):
            u, v, w = points[s, k, 0] - lower[0], points[s, k, 1] - lower[1], points[s, k, 2] - lower[2]
            at = min(max((u * x + v * y + w * z) / long, 0.0), 1.0)
            u, v, w = _unit((u - at * x, v - at * y, w - at * z))
            found[s, k, 0], found[s, k, 1], found[s, k, 2] = u, v, w
    return found


@njit(cache=True)
def gather(points, tuft, number, share, early):
    """Draws the strands of a tuft together, the more the nearer to their tips, `early` times sooner: in place."""
    length = points.shape[1]
    means = np.zeros((number, length, 3), np.float32)
    counts = np.zeros(number, np.float32)
    for s in range(points.shape[0]):
        counts[tuft[s]] += 1
        means[tuft[s]] += points[s]
    for t in range(number):
        means[t] /= max(counts[t], 1)
    for s in range(points.shape[0]):
        for k in range(1, length):
            own = share[s] * min(early * k / (length - 1), 1.0)
            for c in range(3):
                points[s, k, c] += own * (means[tuft[s], k, c] - points[s, k, c])


@njit(cache=True)
def curl(points, phase, width, turn, flat):
    """Winds strands around their own paths: in place.

    Args:
        points: (S, K, 3), metres.
        phase: (S,), radians, at the root.
        width: (S,), metres, the radius of a curl at the tip.
        turn: (S,), metres of hair in a turn.
        flat: 0 curls, 1 waves in one plane.
    """
    length = points.shape[1]
    for s in range(points.shape[0]):
        passed = 0.0
        before = points[s, 0].copy()
        ax, ay, az = _unit(
            (
                points[s, length - 1, 1] - before[1] + 0.3,
                before[2] - points[s, length - 1, 2],
                points[s, length - 1, 0] - before[0],
            )
        )
        for k in range(1, length):
            x, y, z = points[s, k, 0] - before[0], points[s, k, 1] - before[1], points[s, k, 2] - before[2]
            step = np.sqrt(x * x + y * y + z * z) + 1e-9
            passed += step
            before[0], before[1], before[2] = points[s, k, 0], points[s, k, 1], points[s, k, 2]
            x, y, z = x / step, y / step, z / step
            along = ax * x + ay * y + az * z  # carried along, so that the curl does not jump
            ax, ay, az = _unit((ax - along * x, ay - along * y, az - along * z))
            bx, by, bz = y * az - z * ay, z * ax - x * az, x * ay - y * ax
            angle = phase[s] + 2 * np.pi * passed / turn[s]
            out = width[s] * min(passed / (1.2 * turn[s] + 0.01), 1.0)
            u, v = out * np.cos(angle), out * np.sin(angle) * (1 - flat)
            points[s, k, 0] += u * ax + v * bx
            points[s, k, 1] += u * ay + v * by
            points[s, k, 2] += u * az + v * bz


@njit(cache=True)
def cut_off(points, ends):
    """Strands that end at `ends` (S,) of their steps, with as many points as before."""
    count, length = points.shape[:2]
    found = np.empty_like(points)
    for s in range(count):
        for k in range(length):
            at = ends[s] * k / (length - 1)
            i = min(int(at), length - 2)
            t = np.float32(at - i)
            for c in range(3):
                found[s, k, c] = points[s, i, c] + t * (points[s, i + 1, c] - points[s, i, c])
    return found


@njit(cache=True)
def keep_off(points, margin, origin, distance):
    """Moves points of strands that lie within `margin` metres of the body, or in it, out of it: in place."""
    for s in range(points.shape[0]):
        for k in range(1, points.shape[1]):
            gap, x, y, z = probe(points[s, k, 0], points[s, k, 1], points[s, k, 2], origin, distance)
            if gap < margin:
                move = margin - gap
                points[s, k, 0] += x * move
                points[s, k, 1] += y * move
                points[s, k, 2] += z * move


@njit(cache=True)
def nearest_of(points, centres):
    """Which centre (T, 3) each point (n, 3) is nearest to: int32 (n,)."""
    found = np.zeros(len(points), np.int32)
    for n in range(len(points)):
        least = np.inf
        for t in range(len(centres)):
            x, y, z = points[n, 0] - centres[t, 0], points[n, 1] - centres[t, 1], points[n, 2] - centres[t, 2]
            far = x * x + y * y + z * z
            if far < least:
                least = far
                found[n] = t
    return found
