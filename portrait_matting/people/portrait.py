"""A portrait: people before a place, as a camera sees them, with their exact alpha.

Everything follows from (split, seed, index) alone, and each part of it has a random stream of its own (`Streams`):
without a piece, all others stay as they are.
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from portrait_matting.errors import InputError
from portrait_matting.people.bodies.body_data import body_data
from portrait_matting.people.company import gathered, sample_company
from portrait_matting.people.outfit import outfit
from portrait_matting.people.photography.focus import defocus, focus
from portrait_matting.people.photography.framing import frame, holds
from portrait_matting.people.photography.layers import layers_of
from portrait_matting.people.photography.lens import Lens, sample_lens
from portrait_matting.people.photography.sensor import develop
from portrait_matting.people.places.bystanders import Bystander, with_bystanders
from portrait_matting.people.places.light_of import light_of
from portrait_matting.people.places.place import Pictures, draw_place, pictures_of
from portrait_matting.people.places.shadow_on import shadow_on
from portrait_matting.people.rendering.camera import look_at
from portrait_matting.people.rendering.light import Light
from portrait_matting.people.rendering.render import Rendered, render
from portrait_matting.people.sitter import Sitter, sample_sitter
from portrait_matting.people.streams import Streams
from portrait_matting.synthetic.scene import SPLITS, Layers

PIECES = (
    "views",  # from above and below, from the side, from behind, near and far
    "company",  # two or three people, children with grown-ups, nobody
    "backdrops",  # of studios, and a few drawings beside the pictures of a folder
    "bystanders",  # small people in the background, who do not count
    "poses",  # turned heads, crossed arms, hands at the face
    "hair",
    "flyaways",  # single hairs that stand off
    "beards",
    "patterns",  # stripes, checks, prints
    "folds",
    "layers",  # coats, scarves, ties, hoods
    "headwear",
    "glasses",
    "jewellery",
    "masks",
    "bags",  # their straps
    "objects",  # in the hand, and headphones
    "skin",  # pores, freckles, blush, wrinkles
    "place_light",  # light that is the background's
    "sources",  # windows, sun, lamps, flash
    "shadows",
    "focus",  # depth of field
    "sensor",  # noise, white balance, sharpening, JPEG
)
"""What a portrait is made of and can be switched off."""

MIN_SIZE = 64
_WITH_BYSTANDERS = 0.06
_FROM_AFAR = frozenset({"hair", "patterns", "layers"})  # pieces of bystanders


def draw_person_layers(
    split: str,
    seed: int,
    index: int,
    height: int = 384,
    width: int = 336,
    pieces: Iterable[str] = PIECES,
    backgrounds: Pictures | None = None,
) -> Layers:
    """The layers of portrait `index` of `split`: foreground, background and alpha, as a picture shows them.

    Args:
        split: train, val or test.
        seed, index: 0 or more.
        height, width: pixels.
        pieces: of PIECES, that are switched on.
        backgrounds: pictures without people, or their folder; None: places are drawn.

    Raises:
        InputError: `split` or a piece is unknown, a number is negative, a side is below MIN_SIZE pixels, anny is not
            installed, or the folder of backgrounds is of no use.
    """
    pieces = frozenset(pieces)
    if split not in SPLITS:
        raise InputError(f"split={split!r} is unknown; use one of {', '.join(SPLITS)}.")
    if min(seed, index) < 0:
        raise InputError(f"seed={seed} and index={index} must not be negative.")
    if min(height, width) < MIN_SIZE:
        raise InputError(f"size {height}x{width} is too small for people; use at least {MIN_SIZE}x{MIN_SIZE}.")
    if unknown := pieces - set(PIECES):
        raise InputError(f"there is no piece {min(unknown)}: the pieces of a portrait are {', '.join(PIECES)}")

    streams = Streams(split, seed, index)
    if backgrounds is not None:
        pictures_of(backgrounds)
    standing = sample_company(streams("company"), "company" in pieces)
    data = body_data()
    sitters = [
        sample_sitter(data, streams.of(number), pieces, each.ages, each.place)
        for number, each in enumerate(standing, 1)
    ]
    bodies = gathered([sitter.body for sitter in sitters])
    sitters = [replace(sitter, body=body) for sitter, body in zip(sitters, bodies, strict=True)]
    return _photographed(sitters, streams, height, width, pieces, backgrounds)


def draw_person_portrait(
    split: str,
    seed: int,
    index: int,
    height: int = 384,
    width: int = 336,
    pieces: Iterable[str] = PIECES,
    backgrounds: Pictures | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Portrait `index` of `split` as a camera writes it: image uint8 (H, W, 3) RGB, alpha float32 (H, W) in [0, 1].

    Args and Raises: as `draw_person_layers`.
    """
    pieces = frozenset(pieces)
    layers = draw_person_layers(split, seed, index, height, width, pieces, backgrounds)
    return develop(layers.composite(), Streams(split, seed, index)("sensor"), pieces), layers.alpha


def _photographed(sitters: list[Sitter], streams: Streams, height, width, pieces, backgrounds) -> Layers:
    if not sitters:
        grey = np.full((1, 3), 0.3, np.float32)
        place = draw_place(streams("place"), height, width, grey, backgrounds, "backdrops" in pieces)
        empty = np.zeros((height, width), np.float32)
        nobody = Rendered(np.zeros((height, width, 3), np.float32), empty, np.full_like(empty, np.inf))
        return layers_of(nobody, place.light, Lens(0.0, 1.0, 2.0))
    bodies = [sitter.body for sitter in sitters]
    camera = frame(bodies, streams("views"), height, width, pieces)
    while len(bodies) > 1 and not holds(camera, bodies):  # they do not fit into a narrow picture: it is of fewer people
        sitters, bodies = sitters[:-1], bodies[:-1]
        camera = frame(bodies, streams("views"), height, width, pieces)
    like = np.stack([s.complexion.skin for s in sitters] + [s.complexion.hair for s in sitters])
    place = draw_place(streams("place"), height, width, like, backgrounds, "backdrops" in pieces)
    albedo = float(np.mean([sitter.complexion.skin for sitter in sitters]))
    heads = np.stack([sitter.body.carried(sitter.body.eyes.mean(0), "head") for sitter in sitters])
    depths = camera.project(heads)[1]
    lens = sample_lens(streams("focus"), camera, depths, place.wall, pieces)
    background = place.light
    rng = streams("bystanders")
    crowd = "bystanders" in pieces and not place.wall and rng.random() < _WITH_BYSTANDERS
    light = light_of(background, camera, streams("light"), pieces, albedo)
    if crowd:
        near = zip(sitters, depths, strict=True)
        head = max(2 * sitter.body.head_height * camera.focal / depth for sitter, depth in near)
        figures = [_figure(light, streams, 9 + number, pieces) for number in range(rng.integers(1, 4))]
        background = with_bystanders(background, figures, rng, head)
    background = defocus(background, camera, lens)
    worn = [outfit(sitter, streams.of(number), pieces, camera) for number, sitter in enumerate(sitters, 1)]
    surfaces = [surface for each in worn for surface in each.surfaces]
    strands = [strand for each in worn for strand in each.strands]
    rendered = render(surfaces, strands, camera, light, shadows="shadows" in pieces)
    if place.wall:
        background = shadow_on(background, rendered, light, camera, streams("wall"), pieces)
    return layers_of(focus(rendered, camera, lens), background, lens)


def _figure(light: Light, streams: Streams, person: int, pieces: frozenset[str]) -> Bystander:
    """Somebody far away, from head to thigh: linear RGB times alpha and alpha, float32 (96, 64, 4)."""
    own = streams.of(person)
    sitter = sample_sitter(body_data(), own, pieces)
    body, rng = sitter.body, own("view")
    head = body.carried(body.eyes.mean(0), "head")
    tall = head[2] + body.head_height - body.points[:, 2].min()
    middle = np.array([head[0], head[1], head[2] + body.head_height - tall / 2])
    camera = look_at(middle, rng.uniform(-180, 180), 0, 0, 6.0, 96 * 6.0 / tall, (32, 48), 96, 64)
    worn = outfit(sitter, own, pieces & _FROM_AFAR, camera)
    found = render(worn.surfaces, worn.strands, camera, light, shadows=False)
    return Bystander(np.dstack([found.colour, found.alpha]), 2 * body.head_height / tall)
