"""What is in a mouth: teeth and a tongue, where lips are apart."""

from functools import cache

import numpy as np

from portrait_matting.people.bodies.body import Body, normals
from portrait_matting.people.bodies.body_data import body_data
from portrait_matting.people.rendering.surface import Appearance, Samples, Surface

_APART = 0.04  # of jawOpen and its like, from where lips part

_TOOTH, _CORNER = 0.0075, 0.03  # metres: how broad one is, and from the middle of a mouth to its corner
_DEPTH = np.float32((0.07, 0.018, 0.018))  # linear RGB of what is far back in a mouth


def mouth(body: Body, rng: np.random.Generator) -> list[Surface]:
    """Teeth and a tongue; nothing where lips are closed, so that nothing can come through them."""
    yellow, bright = rng.uniform(0, 1) ** 2 * np.clip(body.shape.age / 60, 0.2, 1), rng.uniform(0.56, 0.78)
    if _open(body) < _APART:
        return []
    teeth = np.float32(bright) * np.float32((1, 0.93 - 0.05 * yellow, 0.82 - 0.22 * yellow))
    tongue = np.float32((0.42, 0.13, 0.12)) * np.float32(rng.uniform(0.8, 1.1))
    return [_surface(body, "teeth", _toothed(body, teeth)), _surface(body, "tongue", _wet(tongue))]


def drawn_in(body: Body, points: np.ndarray) -> np.ndarray:
    """Points of a body (V, 3) in the room with the inside of the mouth drawn back from lips and cheeks: in faces of
    children and in smiles MakeHuman's would come through them."""
    moved, share = _inside()
    rest = body.rest[moved]
    middle = rest.mean(0)
    back = np.float32(0.05) * np.float32(body.head_height) * np.float32([0, 1, 0])
    offset = share[:, None] * (np.float32([-0.3, 0, -0.4]) * (rest - middle) + back)
    found = points.copy()
    found[moved] += offset @ body.bones[body.data.bone("head"), :, :3].T
    return found


@cache
def _inside() -> tuple[np.ndarray, np.ndarray]:
    """The vertices of the inside of the mouth, and how far each lies behind the lips: float32 in (0, 1]."""
    data = body_data()
    used = np.unique(data.meshes["body"][0])
    inside = np.zeros(len(data.template), bool)
    inside[used] = data.mask("inside-mouth")[tuple(data.texels[used].T)] > 128
    behind = np.clip((data.template[:, 1] + 0.1495) / 0.008, 0, 1) * inside
    moved = np.flatnonzero(behind > 0)
    return moved, behind[moved].astype(np.float32)


def _open(body: Body) -> float:
    action = body.shape.expression
    return max(
        action.get("jawOpen", 0.0),
        *(
            action.get(f"{name}{side}", 0.0)
            for name in ("mouthUpperUp", "mouthLowerDown")
            for side in ("Left", "Right")
        ),
    )


def _surface(body: Body, name: str, look) -> Surface:
    triangles = body.data.meshes[name][0]
    return Surface(body.points, triangles, normals(body.points, triangles), look, body.rest, casts=False)


def _wet(colour: np.ndarray):
    def look(samples: Samples) -> Appearance:
        return Appearance(np.repeat(colour[None], len(samples.rest), 0), samples.normal, 0.04, 0.35, 0.3)

    return look


def _toothed(body: Body, colour: np.ndarray):
    """Teeth side by side along the row, each round, darker to the corners and the back of the mouth, where lips and
    cheeks shade them."""
    middle = body.rest[np.unique(body.data.meshes["teeth"][0])]
    front = middle[:, 1].min()

    def look(samples: Samples) -> Appearance:
        albedo = np.repeat(colour[None], len(samples.rest), 0)
        back = np.clip((samples.rest[:, 1] - front) / 0.028, 0, 1)
        across = np.abs(samples.rest[:, 0])
        place = ((across / _TOOTH) % 1 - 0.5) * 2  # from -1 to 1 across one
        gap = np.clip((np.abs(place) - 0.78) / 0.22, 0, 1)
        shade = 1 - 0.18 * place**2 - 0.4 * gap * (samples.footprint < 0.0012)
        albedo *= (shade * (1 - 0.5 * np.clip(across / _CORNER, 0, 1) ** 2))[:, None]
        albedo += (np.clip(1.25 * back, 0, 1) ** 1.3)[:, None] * (_DEPTH - albedo)
        return Appearance(albedo.astype(np.float32), samples.normal, 0.05, 0.25, 0.4)

    return look
