"""The light of a place, guessed from its picture: so that people belong to it.

The picture is taken for the half of the surroundings that lies behind people, stretched around it. What is behind the
camera is not seen: it is the picture's mean by height, brighter or dimmer, until faces are exposed as a camera would.
"""

from functools import cache

import cv2
import numpy as np

from portrait_matting.people.places.key_light import plain_key, sample_key, tinted, towards
from portrait_matting.people.rendering.camera import Camera
from portrait_matting.people.rendering.light import Light, Source, even_light, harmonics

EXPOSED = 0.75
"""What a white surface that looks at the camera is lit by, in the middle: skin of albedo 0.35 comes out at mid-tones,
0.55 of what is shown."""
_SKIN = 0.35  # the mean of the linear RGB of faces, about
_LEAST = 0.25  # of a face's light, from a plain lamp where no other is
_ROWS, _COLUMNS = 8, 12  # of the picture, reduced
_SOFTENED = np.array([1.0, *3 * [0.95], *5 * [0.75]], np.float32)  # of each order: lamps ring less around their backs


def light_of(
    background: np.ndarray, camera: Camera, rng: np.random.Generator, pieces: frozenset[str], albedo: float = _SKIN
) -> Light:
    """The light on people before a background.

    Each part has a random stream of its own. Lamps have the same directions and colours with and without "place_light",
    and what comes from all around is the same with and without "sources".

    Args:
        background: linear RGB, float32 (H, W, 3).
        camera: of the picture; what is behind people lies where it looks.
        rng: of the light.
        pieces: without "place_light" the light from all around is even and grey, and no place is exposed otherwise
            than another; without "sources" there is one plain lamp, from the front above, as strong as the one that
            it stands for, and not much weaker than the light from all around. Without both the background has no say.
        albedo: of the faces, the mean of linear RGB: a camera that sees a dark face takes more light, half of what it
            would need to show it as any other.
    """
    belongs, varied = "place_light" in pieces, "sources" in pieces
    exposes, lights, tints, fronts, balances, rims = (
        np.random.default_rng(rng.integers(1 << 62, size=2)) for _ in range(6)
    )
    seen = np.minimum(cv2.resize(background, (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA), 4)
    brightness = float(seen.mean())
    taken = (_SKIN / max(albedo, 0.03)) ** 0.5
    exposed = _exposed(exposes, brightness) * taken
    axes = _axes(camera)
    faces = _faces(axes)
    share, away, colour = sample_key(lights, brightness)
    lamp = seen.reshape(-1, 3)[seen.mean(2).argmax()] + 0.02
    colour = colour * (lamp / lamp.mean()) ** tints.uniform(0, 0.6)
    behind = _gathered(seen, 1.0, axes)
    front = _gathered(_front(fronts, seen), -1.0, axes)
    lit = Light(front).ambient(faces).mean(), Light(behind).ambient(faces).mean()
    front *= np.float32(max((1 - share) * exposed - lit[1], 0.15 * exposed) / max(lit[0], 1e-4))
    # of a cast of the light on faces the camera's white balance takes away the most
    cast = share * exposed * colour / colour.mean() + Light(front).ambient(faces).mean(0)
    cast = (cast / cast.mean()) ** -balances.uniform(0.5, 0.95)
    ambient, tint = behind + front * cast.astype(np.float32), colour / colour.mean() * cast
    if not belongs:
        exposed = EXPOSED * taken
        if not varied:
            share = plain_key().share
        ambient = even_light(3 * ((1 - share) * exposed,)).harmonics
    if not varied:
        plain = plain_key()
        share, away, tint = max(share, _LEAST), plain.towards, plain.colour
    direction = away @ axes
    reached = max(float(np.maximum(faces @ direction, 0).mean()), 0.15)
    key = share * exposed * tint  # what faces are lit by from the lamp
    sources = [Source(direction, key / reached)] if share > 0 else []
    if varied:
        sources += _rims(rims, seen, exposed, axes)
    return Light(ambient, tuple(sorted(sources, key=lambda source: -source.colour.sum())))


def _exposed(rng: np.random.Generator, brightness: float) -> float:
    """What faces are lit by: as a camera wants it, darker in dark places, seldom far from it."""
    found = EXPOSED * np.clip(max(brightness, 1e-3) / 0.25, 0.05, 4) ** 0.12 * np.exp(rng.normal(0, 0.18))
    rare = rng.random()
    if rare < (0.1 if brightness > 0.5 else 0.02):
        found *= rng.uniform(0.12, 0.5)  # a silhouette before a bright window
    elif rare > 0.97:
        found *= rng.uniform(1.4, 2.2)
    return float(found)


def _axes(camera: Camera) -> np.ndarray:
    """To the picture's right, up, and away from the camera, all upright: (3, 3)."""
    forward = np.array([camera.forward[0], camera.forward[1], 0.0])
    if np.linalg.norm(forward) < 1e-3:  # straight down or up
        forward = np.array([0.0, 1.0, 0.0])
    forward /= np.linalg.norm(forward)
    return np.stack([np.array([forward[1], -forward[0], 0.0]), np.array([0.0, 0.0, 1.0]), forward])


def _front(rng: np.random.Generator, seen: np.ndarray) -> np.ndarray:
    """What may be behind the camera: the picture's colours by height, paler, one side brighter."""
    rows = seen.mean(1, keepdims=True)
    mean = rows.mean(0, keepdims=True)
    found = np.repeat(0.5 * rows + 0.5 * mean, _COLUMNS, 1)
    found = found + (found.mean(2, keepdims=True) - found) * np.float32(rng.uniform(0.3, 0.9))
    across = np.linspace(-1, 1, _COLUMNS, dtype=np.float32)[None, :, None]
    down = np.linspace(1, -1, _ROWS, dtype=np.float32)[:, None, None]
    uneven = np.exp(np.float32(rng.normal(0, 0.6)) * across + np.float32(rng.normal(0.35, 0.3)) * down)
    return (found + np.float32(0.02)) * uneven * tinted(rng.normal(0, 0.12)).astype(np.float32)


def _gathered(seen: np.ndarray, sign: float, axes: np.ndarray) -> np.ndarray:
    """A half of the surroundings as spherical harmonics: float32 (9, 3); `sign` -1: that behind the camera."""
    directions, weights = _half(sign)
    values = harmonics((directions @ axes).astype(np.float32))
    return (values * weights[:, None]).T @ seen.reshape(-1, 3) * _SOFTENED[:, None]


@cache
def _half(sign: float) -> tuple[np.ndarray, np.ndarray]:
    """Directions (right, up, away) of the cells of the reduced picture, and their solid angles."""
    high = np.pi / 2 - (np.arange(_ROWS) + 0.5) / _ROWS * np.pi
    aside = (np.arange(_COLUMNS) + 0.5) / _COLUMNS * np.pi - np.pi / 2
    high, aside = np.meshgrid(high, aside, indexing="ij")
    directions = np.stack([np.sin(aside) * np.cos(high), np.sin(high), sign * np.cos(aside) * np.cos(high)], 2)
    weights = np.cos(high)
    weights *= 2 * np.pi / weights.sum()
    return directions.reshape(-1, 3), weights.reshape(-1).astype(np.float32)


def _faces(axes: np.ndarray) -> np.ndarray:
    """Normals of what a face shows to the camera: float32 (5, 3)."""
    found = [towards(0, 0), towards(-45, 0), towards(45, 0), towards(0, 40), towards(0, -25)]
    return (np.array(found) @ axes).astype(np.float32)


def _rims(rng: np.random.Generator, seen: np.ndarray, exposed: float, axes: np.ndarray) -> list[Source]:
    """A light from behind, where the background is far brighter somewhere than all over; else seldom."""
    brightness = seen.mean(2)
    row, column = np.unravel_index(brightness.argmax(), brightness.shape)
    contrast = brightness[row, column] / max(float(brightness.mean()), 1e-3)
    lamp = contrast > 2 and brightness[row, column] > 0.7
    if rng.random() > (0.7 if lamp else 0.07):
        return []
    aside = 180 * (column + 0.5) / _COLUMNS - 90 if lamp else rng.choice([-1, 1]) * rng.uniform(10, 60)
    high = np.clip(90 - 180 * (row + 0.5) / _ROWS, 0, 50) + rng.uniform(5, 20)
    colour = (seen[row, column] if lamp else tinted(rng.normal(0, 0.3))) + 0.02
    strength = rng.uniform(0.4, 1.6) * min(float(contrast) / 3 if lamp else 0.8, 1.5) * max(exposed, 0.5)
    return [Source(towards(180 - aside, high) @ axes, strength * colour / colour.mean())]
