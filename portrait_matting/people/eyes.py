"""Eyes: balls that look somewhere, lids that go with them, lashes."""

from functools import cache

import numpy as np

from portrait_matting.people.body import Body
from portrait_matting.people.body_data import body_data
from portrait_matting.people.complexion import Complexion
from portrait_matting.people.grain import SCALE, grain
from portrait_matting.people.skin_map import lid_rim
from portrait_matting.people.surface import Appearance, Samples, Surface

_BALL = 0.014954  # metres: the radius of the template's eyeballs, which are spheres
_IRIS = 0.43  # radians from the middle of the pupil to the white
_PUPIL = (0.13, 0.21)  # radians, in bright and dim light
_CORNEA = 0.5  # how much more its surface bends than the ball's
_KAPPA = 4.5  # degrees that an eye's pupil points outwards of what it looks at
_SHUT = 0.85  # of eyeBlink, from where nothing of an eye is seen
_LOOKS = 30.0  # degrees up or down that MakeHuman's eyeLook actions stand for


def lids_after(body: Body, gaze: np.ndarray) -> np.ndarray:
    """The points of a body whose lids follow its gaze: float32 (V, 3), in the room."""
    pitch = float(np.degrees(np.arcsin(np.clip(gaze[:, 2].mean(), -1, 1))))
    action, share = ("eyeLookUp", pitch / _LOOKS) if pitch > 0 else ("eyeLookDown", -pitch / _LOOKS)
    if share < 0.02:
        return body.points
    data = body.data
    moved, deltas = _lid_moves(action)
    head = body.bones[data.bone("head"), :, :3]
    points = body.points.copy()
    points[moved] += np.float32(min(share, 1.0)) * (deltas @ head.T)
    return points


@cache
def _lid_moves(action: str) -> tuple[np.ndarray, np.ndarray]:
    data = body_data()
    names = [data.labels["shapes"].index(f"facial_action:{action}{side}") for side in ("Left", "Right")]
    deltas = (data.shapes[names] * data.steps[names, None, None]).sum(0)
    deltas[np.unique(data.meshes["eyes"][0])] = 0
    moved = np.flatnonzero(np.abs(deltas).max(1) > 1e-5)
    return moved, deltas[moved].astype(np.float32)


def eyes(
    body: Body,
    points: np.ndarray,
    complexion: Complexion,
    gaze: np.ndarray,
    rng: np.random.Generator,
    camera: np.ndarray | None = None,
) -> list[Surface]:
    """The eyeballs, but for those behind closed lids.

    Args:
        body: whose.
        points: float32 (V, 3), its points with its lids where they are.
        complexion: knows the colour of the iris.
        gaze: (2, 3), where the left and the right eye look, in the rest pose.
        rng: of the eyes.
        camera: (3,), metres in the room; a window is mirrored in the eyes as it sees it; None: they mirror none.
    """
    glint = (
        None if camera is None else (camera, rng.uniform((-0.7, -1, 0.35), (0.7, -0.6, 0.9)), rng.uniform(0.05, 0.09))
    )
    pupil, blood, turn = rng.uniform(*_PUPIL), rng.uniform(0.0, 1.0) ** 2, rng.uniform(0, 64)
    grid, triangles = _half_ball()
    head = body.bones[body.data.bone("head")]
    found = []
    for side, name in enumerate(("Left", "Right")):
        if body.shape.expression.get(f"eyeBlink{name}", 0) > _SHUT:
            continue
        affine = _fit(body, side)
        rest = (grid @ affine[:3] + affine[3]).astype(np.float32)
        out = (grid @ np.linalg.inv(affine[:3]).T).astype(np.float32)
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        look = _ball(body, points, side, affine, gaze[side], complexion, pupil, blood, turn, glint)
        found.append(
            Surface(
                body.carried(rest, "head"),
                triangles,
                np.ascontiguousarray(out @ head[:, :3].T),
                look,
                rest,
                casts=False,
            )
        )
    return found


@cache
def _half_ball() -> tuple[np.ndarray, np.ndarray]:
    """The front half of a ball of radius 1: points (n, 3), triangles."""
    rings, sectors = 14, 28
    angle = np.linspace(0, 1.65, rings + 1)[1:, None]
    turn = np.linspace(0, 2 * np.pi, sectors, endpoint=False)[None]
    points = np.stack([np.sin(angle) * np.cos(turn), -np.cos(angle) + 0 * turn, np.sin(angle) * np.sin(turn)], -1)
    points = np.concatenate([[[0, -1, 0]], points.reshape(-1, 3)])
    number = 1 + np.arange(rings * sectors).reshape(rings, sectors)
    after = np.roll(number, -1, 1)
    fan = np.stack([np.zeros(sectors, int), number[0], after[0]], -1)
    first = np.stack([number[:-1], number[1:], after[1:]], -1).reshape(-1, 3)
    second = np.stack([number[:-1], after[1:], after[:-1]], -1).reshape(-1, 3)
    return points, np.concatenate([fan, first, second]).astype(np.int32)


def _fit(body: Body, side: int) -> np.ndarray:
    """What takes the ball of radius 1 to the eye of this body at rest: (4, 3), its last row the middle."""
    data = body.data
    used = np.unique(data.meshes["eyes"][0])
    used = used[(data.template[used, 0] > 0) == (side == 0)]
    ball = (data.template[used] - data.joints[data.bone("eye.L" if side == 0 else "eye.R")]) / _BALL
    return np.linalg.lstsq(np.c_[ball, np.ones(len(ball))], body.rest[used].astype(np.float64), rcond=None)[0]


def _ball(body: Body, points, side: int, affine, gaze, complexion: Complexion, pupil, blood, turn, glint):
    inverse = np.linalg.inv(affine[:3]).astype(np.float32)
    out = np.radians(_KAPPA * (1 if side == 0 else -1))
    gaze = np.array(
        [np.cos(out) * gaze[0] - np.sin(out) * gaze[1], np.sin(out) * gaze[0] + np.cos(out) * gaze[1], gaze[2]]
    )
    middle, gaze = affine[3].astype(np.float32), gaze.astype(np.float32)
    head = np.ascontiguousarray(body.bones[body.data.bone("head"), :, :3])
    noise = grain()
    first = np.cross(gaze, (0, 0, 1)).astype(np.float32)
    first /= np.linalg.norm(first)
    second = np.cross(first, gaze)
    upper, lower = _lid_lines(body, points, side, affine)
    iris = complexion.iris

    def look(samples: Samples) -> Appearance:
        place = (samples.rest - middle) @ inverse
        place /= np.linalg.norm(place, axis=1, keepdims=True)
        ahead = np.clip(place @ gaze, -1, 1)
        angle = np.arccos(ahead)
        across, up = place @ first, place @ second
        around = np.arctan2(up, across)
        soft = np.maximum(samples.footprint / _BALL, 0.02)

        def within(limit: float, width: float = 1.0) -> np.ndarray:
            return np.clip((limit - angle) / (soft * width) + 0.5, 0, 1)[:, None]

        ray, ring = (around * 36 + 4 * turn).astype(int) & 63, (angle * 14).astype(int) & 63
        fibres = (noise[ray, ring, side, 0] / np.float32(SCALE))[:, None]
        spread = np.clip((angle - pupil) / (_IRIS - pupil), 0, 1)[:, None]
        coloured = iris * (1 + 0.28 * fibres) * (1.25 - 0.35 * spread) + 0.06 * iris.mean() * (1 - spread)
        coloured = coloured * (1 - 0.75 * np.clip((spread - 0.72) / 0.28, 0, 1) ** 1.5)  # the ring around it
        shade = np.float32((0.58, 0.53, 0.49)) * np.float32((1, 1 - 0.06 * blood, 1 - 0.05 * blood))
        corner = np.clip((np.abs(place[:, 0]) - 0.45) / 0.4, 0, 1)[:, None]
        white = shade * (1 - corner * np.float32((0.12, 0.38, 0.36)))
        albedo = white + within(_IRIS, 2.5) * (coloured - white)
        albedo = albedo * (1 - within(pupil, 1.5) * 0.97)
        height = place[:, 2]
        top, bottom = np.interp(place[:, 0], *upper), np.interp(place[:, 0], *lower)
        hidden = (
            np.exp(-np.clip(top - height, 0, 1) / 0.10) * 0.62 + np.exp(-np.clip(height - bottom, 0, 1) / 0.06) * 0.25
        )
        albedo = albedo * (1 - np.clip(hidden, 0, 0.8))[:, None]
        bend = np.sin(
            angle * (1 + _CORNEA) * np.clip((0.62 - angle) / 0.1, 0, 1) + angle * np.clip((angle - 0.52) / 0.1, 0, 1)
        )
        axis = place - ahead[:, None] * gaze
        axis /= np.maximum(np.linalg.norm(axis, axis=1, keepdims=True), 1e-6)
        cornea = np.sqrt(np.maximum(1 - bend**2, 0))[:, None] * gaze + bend[:, None] * axis
        normal = np.where((angle < 0.57)[:, None], cornea @ head.T, samples.normal).astype(np.float32)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        if glint is not None:
            towards = glint[0].astype(np.float32) - samples.position
            towards /= np.linalg.norm(towards, axis=1, keepdims=True)
            window = head @ glint[1].astype(np.float32)
            half = towards + window / np.linalg.norm(window)
            half /= np.linalg.norm(half, axis=1, keepdims=True)
            off = np.arccos(np.clip((normal * half).sum(1), -1, 1))
            bright = np.clip((glint[2] - off) / np.maximum(soft * (1 + _CORNEA), 0.03) + 0.5, 0, 1)[:, None]
            albedo = albedo + bright * (1 - albedo)
        return Appearance(albedo.astype(np.float32), normal, 0.03, 0.16, 0.25)

    return look


def _lid_lines(body: Body, points: np.ndarray, side: int, affine) -> tuple:
    """The border of the upper and the lower lid on the ball of radius 1: across, rising, and up, of each."""
    ring = _rims()[side]
    head = body.bones[body.data.bone("head")].astype(np.float64)
    rest = (points[ring] - head[:, 3]) @ head[:, :3]
    place = (rest - affine[3]) @ np.linalg.inv(affine[:3])
    found = []
    for half in _halves():
        order = half[np.argsort(place[half, 0])]
        found.append((place[order, 0], place[order, 2]))
    return tuple(found)


def lashes(
    body: Body, points: np.ndarray, complexion: Complexion, rng: np.random.Generator, made_up: bool = False
) -> list[Surface]:
    """Lashes, each a thin triangle bent up: of the upper lid, and shorter ones of the lower.

    Args:
        body: whose.
        points: float32 (V, 3), its points with its lids where they are.
        complexion: knows the colour of the hair.
        rng: of the lashes.
        made_up: longer, thicker and black.
    """
    upper, lower = _halves()
    head = body.bones[body.data.bone("head"), :, :3].astype(np.float64)
    woman = body.shape.phenotype["gender"] > 0.5
    long = rng.uniform(0.0065, 0.0085) * (1.1 if woman else 0.85) * (1.15 if made_up else 1)
    width = 0.00028 * (1.5 if made_up else 1)
    parts = []
    for side, middle in enumerate(body.carried(body.eyes, "head").astype(np.float64)):
        at = _rims()[side]
        out = np.array((1.0, -1.0)[side])
        parts.append(_row(points[at[upper]], middle, head, out, 46, long, width, 1.0, rng))
        parts.append(_row(points[at[lower]], middle, head, out, 26, 0.55 * long, 0.8 * width, -0.7, rng))
    corners = np.concatenate([part[0] for part in parts]).astype(np.float32)
    outward = np.concatenate([part[1] for part in parts]).astype(np.float32)
    count = len(corners)
    first = 5 * np.arange(count)[:, None]
    triangles = np.concatenate([first + np.array(t) for t in ((0, 1, 2), (1, 3, 2), (2, 3, 4))]).astype(np.int32)
    colour = np.float32((0.008, 0.007, 0.007)) if made_up else np.minimum(complexion.hair * 0.4, np.float32(0.06))

    def look(samples: Samples) -> Appearance:
        return Appearance(np.repeat(colour[None], len(samples.rest), 0), samples.normal, 0.02, 0.6)

    return [Surface(corners.reshape(-1, 3), triangles, np.repeat(outward, 5, 0), look, casts=False)]


@cache
def _halves() -> tuple[np.ndarray, np.ndarray]:
    """Of the border of the lids, which belong to the upper and to the lower lid, from the inner to the outer corner."""
    place = body_data().template[lid_rim()]
    order = np.argsort(place[:, 0])
    inner, outer = place[order[0]], place[order[-1]]
    chord = np.interp(place[:, 0], (inner[0], outer[0]), (inner[2], outer[2]))
    above = place[:, 2] >= chord - 1e-6
    return order[above[order]], order[~above[order] | (order == order[0]) | (order == order[-1])]


@cache
def _rims() -> tuple[np.ndarray, np.ndarray]:
    """The borders of the left and the right eye's lids, in the same order."""
    data = body_data()
    left = lid_rim()
    used = np.unique(data.meshes["body"][0])
    wanted = data.template[left] * (-1, 1, 1)
    return left, used[((data.template[used][None] - wanted[:, None]) ** 2).sum(-1).argmin(1)]


def _row(
    rim, middle, head, out, count: int, long: float, width: float, up: float, rng
) -> tuple[np.ndarray, np.ndarray]:
    """Lashes of one lid: their five corners (count, 5, 3), and where they face (count, 3)."""
    share = np.clip((np.arange(count) + 0.5 + 0.35 * rng.normal(size=count)) / count, 0.04, 0.98)
    where = share * (len(rim) - 1)
    low = np.minimum(where.astype(int), len(rim) - 2)
    part = (where - low)[:, None]
    root = rim[low] * (1 - part) + rim[low + 1] * part
    tangent = rim[low + 1] - rim[low]
    tangent = tangent / np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    outward = root - middle
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    fan = (out * (share - 0.42) * 1.1 + 0.12 * rng.normal(size=count))[:, None] * (head @ (1, 0, 0))
    rise = up * (head @ (0, 0, 1))
    size = (long * (0.55 + 0.45 * np.sin(np.pi * np.clip(share * 0.8 + 0.15, 0, 1))) * rng.uniform(0.75, 1.1, count))[
        :, None
    ]
    first = outward + 0.15 * rise + 0.6 * fan
    second = 0.6 * outward + 0.75 * rise + fan
    bend = root + 0.5 * size * first / np.linalg.norm(first, axis=1, keepdims=True)
    tip = bend + 0.5 * size * second / np.linalg.norm(second, axis=1, keepdims=True)
    side = 0.5 * width * tangent
    return np.stack([root - side, root + side, bend - 0.8 * side, bend + 0.8 * side, tip], 1), outward
