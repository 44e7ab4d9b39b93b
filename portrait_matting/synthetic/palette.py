"""Colours of people and things: RGB tuples in 0..255."""

import colorsys

import numpy as np

Colour = tuple[float, float, float]

WHITE: Colour = (248, 246, 240)
INK: Colour = (34, 26, 28)
WARMTH: Colour = (226, 142, 104)

# The ten tones of the Monk Skin Tone scale (Ellis Monk, skintone.google), lightest first.
MONK_TONES: tuple[Colour, ...] = (
    (246, 237, 228),
    (243, 231, 219),
    (247, 234, 208),
    (234, 218, 186),
    (215, 189, 150),
    (160, 126, 86),
    (130, 92, 67),
    (96, 65, 52),
    (58, 49, 42),
    (41, 36, 32),
)
HAIR_COLOURS: tuple[Colour, ...] = (
    (28, 24, 26),
    (44, 32, 28),
    (70, 46, 34),
    (104, 66, 40),
    (142, 94, 54),
    (186, 142, 84),
    (222, 190, 128),
    (168, 74, 36),
    (200, 104, 54),
    (128, 126, 128),
    (206, 204, 204),
    (232, 230, 226),
)
DYES: tuple[Colour, ...] = ((196, 76, 140), (70, 122, 190), (98, 168, 120), (130, 84, 170))
IRISES: tuple[Colour, ...] = ((74, 46, 30), (58, 38, 30), (104, 74, 40), (78, 112, 82), (84, 124, 164), (112, 124, 132))


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """The colour that lies `share` (0..1) of the way from `first` to `second`."""
    (r, g, b), (red, green, blue) = first, second
    return (r + (red - r) * share, g + (green - g) * share, b + (blue - b) * share)


def darker(colour: Colour, share: float) -> Colour:
    """`colour` with `share` of its light taken away; reds fade last, as they do in skin and in cloth."""
    red, green, blue = colour
    return (red * (1 - 0.9 * share), green * (1 - share), blue * (1 - share))


def lighter(colour: Colour, share: float) -> Colour:
    """`colour` mixed with `share` of white."""
    return mix(colour, WHITE, share)


def near(colour: Colour, rng: np.random.Generator, spread: float = 12.0) -> Colour:
    """`colour` with uniform jitter of up to `spread` per channel."""
    shifts = rng.uniform(-spread, spread, 3).tolist()
    return tuple(min(255.0, max(0.0, c + d)) for c, d in zip(colour, shifts, strict=True))


def any_colour(rng: np.random.Generator, saturation=(0.1, 0.75), value=(0.15, 0.95)) -> Colour:
    """A random hue at a saturation and a value drawn from the two ranges."""
    return tuple(255 * c for c in colorsys.hsv_to_rgb(rng.random(), rng.uniform(*saturation), rng.uniform(*value)))


def skin_tone(rng: np.random.Generator) -> Colour:
    """One of the ten Monk tones, all equally likely, with a little jitter and the warmth of lit skin."""
    tone = MONK_TONES[rng.integers(len(MONK_TONES))]
    brightness = sum(tone) / 765
    lit = tuple(min(255.0, c * (1.3 - 0.35 * brightness)) for c in tone)
    return near(mix(lit, WARMTH, rng.uniform(0.1, 0.2) + 0.28 * brightness), rng, 5)
