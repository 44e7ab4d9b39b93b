"""Eyes: balls that look somewhere, lids that go with them, lashes."""

import numpy as np

from portrait_matting.people.body import Body, blend, normals, skin
from portrait_matting.people.complexion import Complexion
from portrait_matting.people.grain import grain
from portrait_matting.people.skin_map import lid_rim
from portrait_matting.people.surface import Appearance, Samples, Surface

_BALL = 0.014954  # metres: the radius of the template's eyeballs, which are spheres
_IRIS = 0.43  # radians from the middle of the pupil to the white
_PUPIL = (0.13, 0.21)  # radians, in bright and dim light
_CORNEA = 0.5  # how much more its surface bends than the ball's
_LOOKS = 30.0  # degrees up or down that MakeHuman's eyeLook actions stand for


def lids_after(body: Body, gaze: np.ndarray) -> np.ndarray:
    """The points of a body whose lids follow its gaze: float32 (V, 3), in the room."""
    pitch = float(np.degrees(np.arcsin(np.clip(gaze[:, 2].mean(), -1, 1))))
    action, share = ("eyeLookUp", pitch / _LOOKS) if pitch > 0 else ("eyeLookDown", -pitch / _LOOKS)
    if share < 0.02:
        return body.points
    data = body.data
    names = [data.labels["shapes"].index(f"facial_action:{action}{side}") for side in ("Left", "Right")]
    at = np.unique(data.meshes["body"][0])
    rest = body.rest.copy()
    rest = blend(rest, data.shapes, np.asarray(names), min(share, 1.0) * data.steps[names])
    return body.skinned(rest) if at.size else body.points


def eyes(body: Body, complexion: Complexion, gaze: np.ndarray, rng: np.random.Generator) -> list[Surface]:
    """Two eyeballs.

    Args:
        body: whose.
        complexion: knows the colour of the iris.
        gaze: (2, 3), where the left and the right eye look, in the rest pose.
        rng: of the eyes.
    """
    pupil, blood, turn = rng.uniform(*_PUPIL), rng.uniform(0.0, 1.0) ** 2, rng.uniform(0, 64)
    grid, triangles = _half_ball()
    head = body.bones[body.data.bone("head")]
    found = []
    for side in range(2):
        affine = _fit(body, side)
        rest = (grid @ affine[:3] + affine[3]).astype(np.float32)
        out = (grid @ np.linalg.inv(affine[:3]).T).astype(np.float32)
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        look = _ball(body, side, affine, gaze[side], complexion, pupil, blood, turn)
        found.append(
            Surface(body.carried(rest, "head"), triangles, np.ascontiguousarray(out @ head[:, :3].T), look, rest, casts=False)
        )
    return found


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


def _ball(body: Body, side: int, affine, gaze, complexion: Complexion, pupil: float, blood: float, turn: float):
    inverse = np.linalg.inv(affine[:3]).astype(np.float32)
    middle, gaze = affine[3].astype(np.float32), gaze.astype(np.float32)
    head = np.ascontiguousarray(body.bones[body.data.bone("head"), :, :3])
    noise = grain()
    first = np.cross(gaze, (0, 0, 1)).astype(np.float32)
    first /= np.linalg.norm(first)
    second = np.cross(first, gaze)
    upper, lower = _lid_lines(body, side, affine)
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

        cells = np.stack([around * 9 + turn, angle * 14], -1)
        fibres = noise[(cells[:, 0] * 4).astype(int) & 63, (cells[:, 1]).astype(int) & 63, side, 0][:, None]
        spread = np.clip((angle - pupil) / (_IRIS - pupil), 0, 1)[:, None]
        coloured = iris * (1 + 0.28 * fibres) * (1.25 - 0.35 * spread) + 0.06 * iris.mean() * (1 - spread)
        coloured = coloured * (1 - 0.75 * np.clip((spread - 0.72) / 0.28, 0, 1) ** 1.5)  # the ring around it
        shade = np.float32((0.66, 0.60, 0.56)) * np.float32((1, 1 - 0.06 * blood, 1 - 0.05 * blood))
        corner = np.clip((np.abs(place[:, 0]) - 0.45) / 0.4, 0, 1)[:, None]
        white = shade * (1 - corner * np.float32((0.12, 0.38, 0.36)))
        albedo = white + within(_IRIS, 2.5) * (coloured - white)
        albedo = albedo * (1 - within(pupil, 1.5) * 0.97)
        height = place[:, 2]
        top, bottom = np.interp(place[:, 0], *upper), np.interp(place[:, 0], *lower)
        hidden = np.exp(-np.clip(top - height, 0, 1) / 0.10) * 0.62 + np.exp(-np.clip(height - bottom, 0, 1) / 0.06) * 0.25
        albedo = albedo * (1 - np.clip(hidden, 0, 0.8))[:, None]
        bend = np.sin(angle * (1 + _CORNEA) * np.clip((0.62 - angle) / 0.1, 0, 1) + angle * np.clip((angle - 0.52) / 0.1, 0, 1))
        axis = place - ahead[:, None] * gaze
        axis /= np.maximum(np.linalg.norm(axis, axis=1, keepdims=True), 1e-6)
        cornea = np.sqrt(np.maximum(1 - bend**2, 0))[:, None] * gaze + bend[:, None] * axis
        normal = np.where((angle < 0.57)[:, None], cornea @ head.T, samples.normal).astype(np.float32)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        return Appearance(albedo.astype(np.float32), normal, 0.06, 0.16, 0.25)

    return look


def _lid_lines(body: Body, side: int, affine) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """The border of the upper and the lower lid on the ball of radius 1: across (falling or rising) and up."""
    rim = body.rest[lid_rim(body.data)] if side == 0 else body.rest[lid_rim(body.data)] * (-1, 1, 1)
    middle = affine[3] if side == 0 else affine[3]
    ring = (rim - middle) @ np.linalg.inv(affine[:3])
    order = np.argsort(ring[:, 0])
    ring = ring[order]
    inner, outer = ring[0], ring[-1]
    chord = np.interp(ring[:, 0], (inner[0], outer[0]), (inner[2], outer[2]))
    above, under = ring[ring[:, 2] >= chord - 1e-9], ring[ring[:, 2] <= chord + 1e-9]
    return (above[:, 0], above[:, 2]), (under[:, 0], under[:, 2])


def lashes(body: Body, points: np.ndarray, complexion: Complexion, rng: np.random.Generator) -> list[Surface]:
    """Lashes: none yet."""
    return []
