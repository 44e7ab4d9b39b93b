"""The light of a place, guessed from its picture: so that people belong to it.

The picture is taken for the half of the surroundings that lies behind people, stretched around it. What is behind the
camera is not seen: it is the picture's mean by height, brighter or dimmer, until faces are exposed as a camera would.
"""

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np

from portrait_matting.people.camera import Camera
from portrait_matting.people.light import Light, Source, harmonics

EXPOSED = 0.75
"""What a white surface that looks at the camera is lit by, in the middle: skin of albedo 0.35 comes out at mid-tones,
0.55 of what is shown."""
_SKIN = 0.35  # the mean of the linear RGB of faces, about
_ROWS, _COLUMNS = 8, 12  # of the picture, reduced
_SOFTENED = np.array([1.0, *3 * [0.95], *5 * [0.75]], np.float32)  # of each order: lamps ring less around their backs


class _Key(NamedTuple):
    """A kind of lamp: its share among portraits, where it may be (degrees; 0 is the camera, 90 to the side), how much
    of a face's light comes from it, and the range of its colour: negative is warm."""

    often: float
    azimuth: tuple[float, float]
    height: tuple[float, float]
    share: tuple[float, float]
    warmth: tuple[float, float]


_KEYS = {
    "shade": _Key(0.24, (0, 0), (0, 0), (0, 0), (0, 0)),
    "window": _Key(0.27, (15, 80), (0, 35), (0.3, 0.7), (-0.05, 0.2)),
    "ceiling": _Key(0.12, (0, 60), (45, 75), (0.2, 0.55), (-0.3, 0.1)),
    "sun": _Key(0.2, (0, 100), (15, 60), (0.45, 0.8), (-0.35, 0.0)),
    "lamp": _Key(0.08, (10, 90), (5, 50), (0.3, 0.75), (-0.5, -0.1)),
    "split": _Key(0.05, (80, 105), (0, 25), (0.55, 0.85), (-0.2, 0.2)),
    "screen": _Key(0.02, (0, 20), (-45, -15), (0.2, 0.6), (0.0, 0.4)),
    "flash": _Key(0.02, (0, 6), (2, 12), (0.6, 0.85), (-0.05, 0.1)),
}


def light_of(
    background: np.ndarray, camera: Camera, rng: np.random.Generator, pieces: frozenset[str], albedo: float = _SKIN
) -> Light:
    """The light on people before a background.

    Args:
        background: linear RGB, float32 (H, W, 3).
        camera: of the picture; what is behind people lies where it looks.
        rng: of the light.
        pieces: without "place_light" the light from all around is even and grey, and the background has no say;
            without "sources" there is one plain lamp, from the front above.
        albedo: of the faces, the mean of linear RGB: a camera that sees a dark face takes more light, half of what it
            would need to show it as any other.
    """
    belongs = "place_light" in pieces
    seen = cv2.resize(background, (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA)
    if not belongs:
        seen = np.full_like(seen, 0.3)
    seen = np.minimum(seen, 4)
    brightness = seen.mean(2)
    exposed = (_exposed(rng, float(brightness.mean())) if belongs else EXPOSED) * (_SKIN / max(albedo, 0.03)) ** 0.5
    axes = _axes(camera)
    key = _plain_key() if "sources" not in pieces else _sample_key(rng, float(brightness.mean()))
    share, away, colour = key
    balanced = rng.uniform(0.5, 0.95)  # how much of a cast of the light on faces the camera's white balance takes away
    if belongs and "sources" in pieces:
        lamp = seen.reshape(-1, 3)[brightness.argmax()] + 0.02
        colour = colour * (lamp / lamp.mean()) ** rng.uniform(0, 0.6)
    front = _front(rng, seen) if belongs else seen
    behind_light, front_light = _gathered(seen, 1.0, axes), _gathered(front, -1.0, axes)
    faces = _faces(axes)
    lit = Light(front_light).ambient(faces).mean(), Light(behind_light).ambient(faces).mean()
    wanted = max((1 - share) * exposed - lit[1], 0.15 * exposed)
    front_light *= np.float32(wanted / max(lit[0], 1e-4))
    sources = []
    if share > 0:
        direction = away @ axes
        reached = max(float(np.maximum(faces @ direction, 0).mean()), 0.15)
        sources.append(Source(direction, share * exposed / reached * colour / colour.mean()))
    if belongs:
        cast = share * exposed * colour / colour.mean() + Light(front_light).ambient(faces).mean(0)
        cast = (cast / cast.mean()) ** -balanced
        front_light *= cast.astype(np.float32)
        sources = [Source(source.direction, source.colour * cast) for source in sources]
    ambient = behind_light + front_light
    if "sources" in pieces:
        sources += _rims(rng, seen, exposed, axes)
    return Light(ambient.astype(np.float32), tuple(sorted(sources, key=lambda source: -source.colour.sum())))


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


def _sample_key(rng: np.random.Generator, brightness: float) -> tuple[float, np.ndarray, np.ndarray]:
    """The share, the direction (right, up, away from the camera) and the colour of the lamp that lights faces."""
    often = np.array([key.often for key in _KEYS.values()])
    if brightness < 0.06:  # at night: by flash, lamp or screen
        often = often * [0.3, 0.3, 1, 0.1, 3, 1, 2, 14]
    key = list(_KEYS.values())[rng.choice(len(_KEYS), p=often / often.sum())]
    side = rng.choice([-1, 1])
    return (
        float(rng.uniform(*key.share)),
        _towards(side * rng.uniform(*key.azimuth), rng.uniform(*key.height)),
        _tinted(rng.uniform(*key.warmth) + 0.1 * rng.normal()),
    )


def _plain_key() -> tuple[float, np.ndarray, np.ndarray]:
    return 0.5, _towards(20.0, 35.0), np.ones(3)


def _towards(azimuth: float, height: float) -> np.ndarray:
    a, h = np.radians([azimuth, height])
    return np.array([np.sin(a) * np.cos(h), np.sin(h), -np.cos(a) * np.cos(h)])


def _tinted(cold: float) -> np.ndarray:
    """White, or warm where `cold` is below 0: linear RGB of mean 1, near to that of black bodies."""
    colour = np.exp(np.array([-0.5, 0.02, 0.6]) * cold)
    return colour / colour.mean()


def _front(rng: np.random.Generator, seen: np.ndarray) -> np.ndarray:
    """What may be behind the camera: the picture's colours by height, paler, one side brighter."""
    rows = seen.mean(1, keepdims=True)
    mean = rows.mean(0, keepdims=True)
    found = np.repeat(0.5 * rows + 0.5 * mean, _COLUMNS, 1)
    found = found + (found.mean(2, keepdims=True) - found) * np.float32(rng.uniform(0.3, 0.9))
    across = np.linspace(-1, 1, _COLUMNS, dtype=np.float32)[None, :, None]
    down = np.linspace(1, -1, _ROWS, dtype=np.float32)[:, None, None]
    uneven = np.exp(np.float32(rng.normal(0, 0.6)) * across + np.float32(rng.normal(0.35, 0.3)) * down)
    return (found + np.float32(0.02)) * uneven * _tinted(rng.normal(0, 0.12)).astype(np.float32)


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
    found = [_towards(0, 0), _towards(-45, 0), _towards(45, 0), _towards(0, 40), _towards(0, -25)]
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
    colour = (seen[row, column] if lamp else _tinted(rng.normal(0, 0.3))) + 0.02
    strength = rng.uniform(0.4, 1.6) * min(float(contrast) / 3 if lamp else 0.8, 1.5) * max(exposed, 0.5)
    return [Source(_towards(180 - aside, high) @ axes, strength * colour / colour.mean())]
