"""What a person wears and how the hair falls: all surfaces and strands of one person."""

from typing import NamedTuple

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.clothes.clothes import covered, dress, whole
from portrait_matting.people.clothes.wrap import hooded
from portrait_matting.people.faces.skin import body_surfaces
from portrait_matting.people.hair.beard import grow_beard
from portrait_matting.people.hair.brows import grow_brows
from portrait_matting.people.hair.covered_hair import uncovered
from portrait_matting.people.hair.hair import FLYAWAYS, grow_hair
from portrait_matting.people.hair.scalp import scalp_share
from portrait_matting.people.hair.style_choice import sample_style
from portrait_matting.people.rendering.camera import NEAR, Camera
from portrait_matting.people.rendering.surface import Strands, Surface
from portrait_matting.people.sitter import Sitter
from portrait_matting.people.streams import Streams
from portrait_matting.people.things.bag import wear_bag
from portrait_matting.people.things.earrings import wear_earrings
from portrait_matting.people.things.glasses import wear_glasses
from portrait_matting.people.things.head_cover import Headwear
from portrait_matting.people.things.headphones import wear_headphones
from portrait_matting.people.things.headwear import wear_headwear
from portrait_matting.people.things.held import hold
from portrait_matting.people.things.mask import wear_mask
from portrait_matting.people.things.necklace import wear_necklace

# Shares of people, chosen for variety more than by how often they are seen
_WITH_HEADWEAR, _WITH_GLASSES, _WITH_NECKLACE, _WITH_MASK = 0.18, 0.32, 0.15, 0.04
_WITH_HEADPHONES, _WITH_BAG, _WITH_EARRINGS = 0.06, 0.15, (0.08, 0.4)  # of men and of women
_FULL_HEAD, _LEAST_DETAIL = 240.0, 0.1  # pixels, of a head from where all its strands are drawn; of the strands
_CLOSE = 0.25  # of the strands, from where lashes and teeth are seen too


class Outfit(NamedTuple):
    surfaces: list[Surface]
    strands: list[Strands]


def outfit(sitter: Sitter, streams: Streams, pieces: frozenset[str], camera: Camera) -> Outfit:
    """Dresses a person.

    What one piece adds changes no other, with two exceptions: how many strands hair, brows and beards have follows from
    how high the head is in the picture. From another camera (the piece "views", another size of the picture) they are
    of the same style and colour, and other strands; a head that is small there has no lashes and teeth. And long hair
    lies on the garments that are worn.

    Args:
        sitter: whom.
        streams: of this person.
        pieces: that are switched on.
        camera: that sees the person: where eyes may look, and how much of the hair can be told apart.
    """
    body, complexion = sitter.body, sitter.complexion
    clothes = dress(body, streams("clothes"), pieces)
    headwear = _headwear(sitter, streams("headwear"), clothes) if "headwear" in pieces else None
    detail = _detail(sitter, camera)
    mask = _mask(sitter, streams("masks")) if "masks" in pieces else None
    strands: list[Strands] = []
    shares = None
    if "hair" in pieces:
        rng = streams("hair")
        style = sample_style(body.shape, rng)
        flyaways = FLYAWAYS if "flyaways" in pieces else 0.0
        strands += grow_hair(body, complexion, rng, headwear, style, flyaways, detail, whole(clothes))
        shares = scalp_share(body, style.hairline)
    strands += _under(body, grow_brows(body, complexion, streams("brows"), detail), headwear)
    if "beards" in pieces:
        beard = grow_beard(body, complexion, streams("beards"), detail=detail)
        strands += _under(body, beard, headwear, mask)
    close = detail > _CLOSE
    skin = body_surfaces(body, complexion, streams("skin"), pieces, camera.position, shares, close)
    surfaces = [
        *_without(skin, covered(body, clothes)),
        *clothes,
        *_things(sitter, streams, pieces, headwear, mask, clothes),
    ]
    return Outfit(surfaces, strands)


def _detail(sitter: Sitter, camera: Camera) -> float:
    """The share of all strands that a head of this size in the picture needs."""
    body = sitter.body
    depth = float(camera.project(body.carried(body.eyes.mean(0, keepdims=True), "head"))[1][0])
    return float(np.clip(2 * body.head_height * camera.focal / max(depth, NEAR) / _FULL_HEAD, _LEAST_DETAIL, 1))


def _headwear(sitter: Sitter, rng: np.random.Generator, clothes: list[Surface]) -> Headwear | None:
    return wear_headwear(sitter.body, rng, hooded=hooded(clothes)) if rng.random() < _WITH_HEADWEAR else None


def _mask(sitter: Sitter, rng: np.random.Generator) -> Headwear | None:
    return wear_mask(sitter.body, rng) if rng.random() < _WITH_MASK else None


def _under(body: Body, strands: list[Strands], *worn: Headwear | None) -> list[Strands]:
    """What is seen of strands of the face that something worn is over."""
    for cover in worn:
        if cover is not None:
            cover = cover if cover.over_face is None else cover._replace(hides=cover.over_face)
            strands = [left for each in strands for left in uncovered(body, each, cover)]
    return strands


def _things(
    sitter: Sitter,
    streams: Streams,
    pieces: frozenset[str],
    headwear: Headwear | None,
    mask: Headwear | None,
    clothes: list[Surface],
) -> list[Surface]:
    body, found = sitter.body, [] if headwear is None else list(headwear.surfaces)
    rng = streams("glasses")
    if "glasses" in pieces and rng.random() < _WITH_GLASSES:
        found += wear_glasses(body, rng, pushed_up=None if headwear is None else False)
    female = body.shape.phenotype["gender"] > 0.5
    rng = streams("earrings")
    if "jewellery" in pieces and rng.random() < _WITH_EARRINGS[female]:
        found += wear_earrings(body, rng, headwear)
    rng = streams("necklace")
    if "jewellery" in pieces and rng.random() < _WITH_NECKLACE:
        found += wear_necklace(body, rng)
    found += [] if mask is None else mask.surfaces
    if sitter.holds is not None:
        thing, side = sitter.holds
        found += hold(body, side, streams("thing"), thing)
    rng = streams("headphones")
    if "objects" in pieces and headwear is None and rng.random() < _WITH_HEADPHONES:
        found += wear_headphones(body, rng)
    rng = streams("bags")
    if "bags" in pieces and rng.random() < _WITH_BAG:
        found += wear_bag(body, rng, over=clothes)
    return found


def _without(skin: list[Surface], hidden: np.ndarray) -> list[Surface]:
    """The skin, of which what is under clothes is left out: nothing of it can come through, and nobody draws it."""
    first, *others = skin
    return [first.kept(~hidden), *others]
