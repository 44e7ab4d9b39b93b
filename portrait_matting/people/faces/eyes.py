"""Eyes: balls that look somewhere."""

from functools import cache

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.bodies.body_data import body_data
from portrait_matting.people.bodies.complexion import Complexion
from portrait_matting.people.faces.grain import SCALE, grain
from portrait_matting.people.faces.lids import lid_lines
from portrait_matting.people.rendering.surface import Appearance, Samples, Surface

_BALL = 0.014954  # metres: the radius of the template's eyeballs, which are spheres
_IRIS = 0.43  # radians from the middle of the pupil to the white
_PUPIL = (0.13, 0.21)  # radians, in bright and dim light
_CORNEA = 0.5  # how much more its surface bends than the ball's
_KAPPA = 4.5  # degrees that an eye's pupil points outwards of what it looks at
_SHUT = 0.85  # of eyeBlink, from where nothing of an eye is seen


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
    used, inverse = _balls()[side]
    return inverse @ body.rest[used]


@cache
def _balls() -> list[tuple[np.ndarray, np.ndarray]]:
    """Of the left and the right eyeball its vertices, and what finds the affine map of least squares to where they
    are: (4, n)."""
    data, found = body_data(), []
    for side in (1, -1):
        used = np.unique(data.meshes["eyes"][0])
        used = used[side * data.template[used, 0] > 0]
        ball = (data.template[used] - data.joints[data.bone("eye.L" if side > 0 else "eye.R")]) / _BALL
        found.append((used, np.linalg.pinv(np.c_[ball, np.ones(len(ball))])))
    return found


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
    upper, lower = lid_lines(body, points, side, affine)
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
        shade = np.float32((0.46, 0.42, 0.39)) * np.float32((1, 1 - 0.06 * blood, 1 - 0.05 * blood))
        corner = np.clip((np.abs(place[:, 0]) - 0.45) / 0.4, 0, 1)[:, None]
        white = shade * (1 - corner * np.float32((0.12, 0.38, 0.36)))
        albedo = white + within(_IRIS, 2.5) * (coloured - white)
        albedo = albedo * (1 - within(pupil, 1.5) * 0.97)
        height = place[:, 2]
        top, bottom = np.interp(place[:, 0], *upper), np.interp(place[:, 0], *lower)
        hidden = (
            np.exp(-np.clip(top - height, 0, 1) / 0.12) * 0.68 + np.exp(-np.clip(height - bottom, 0, 1) / 0.06) * 0.25
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
