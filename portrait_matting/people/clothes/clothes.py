"""What a person wears: a first garment, and sometimes another over it, a scarf or a tie."""

from dataclasses import replace

import numpy as np

from portrait_matting.people.bodies.body import Body, normals
from portrait_matting.people.clothes import cloths
from portrait_matting.people.clothes.coats import sample_second, suited
from portrait_matting.people.clothes.collar import collar
from portrait_matting.people.clothes.cut import Cut, height, hem, opening
from portrait_matting.people.clothes.dye import dye, linear
from portrait_matting.people.clothes.fabric import Fabric
from portrait_matting.people.clothes.fit import PIT, Fit, fit
from portrait_matting.people.clothes.front import buttons, lapels, tie
from portrait_matting.people.clothes.garment import Cloth, along, covered, garment, whole
from portrait_matting.people.clothes.sewing import Ground
from portrait_matting.people.clothes.shell import FLAT, Shell, Style, shell
from portrait_matting.people.clothes.suit import APART, LEFT, RIGHT
from portrait_matting.people.clothes.wardrobe import Piece, bib, sample_first, tank
from portrait_matting.people.clothes.wrap import cords, lying_hood, scarf
from portrait_matting.people.rendering.surface import Surface

__all__ = ["covered", "dress", "whole"]

_GARMENTS = ("first", "second", "slip", "bib")
_STREAMS = ("first", "second", "suited", "scarf", "lower", *(f"folds of {name}" for name in _GARMENTS),
            *(f"sewn to {name}" for name in _GARMENTS))  # fmt: skip


def dress(body: Body, rng: np.random.Generator, pieces: frozenset[str]) -> list[Surface]:
    """Dresses a body.

    Args:
        body: whom.
        rng: of the clothes alone.
        pieces: what is switched on: "patterns", "folds", "layers".

    Returns:
        Surfaces as worn. Those of whole garments say what is under them: see `covered`.
    """
    # a stream for each garment's choice, folds and looks: without one, or without its folds, the others are the same
    seeds = dict(zip(_STREAMS, rng.integers(1 << 62, size=(len(_STREAMS), 2)), strict=True))

    def stream(name: str) -> np.random.Generator:
        return np.random.default_rng(seeds[name])

    measured = fit(body)
    chooses, wraps = stream("first"), stream("scarf")
    first, second, wrapped = sample_first(chooses, body), sample_second(stream("second"), body), wraps.random()
    if second is not None:
        first = suited(stream("suited"), first, second, body.shape.phenotype["gender"] > 0.5)
        wrapped /= 2.5  # scarves go with coats
    if "layers" not in pieces:
        second, wrapped = None, 1.0
        first = replace(first, extras=tuple(extra for extra in first.extras if extra not in ("tie", "hood")))
    if {"slip", "overalls", "hood"} & set(first.extras):
        second = None
    worn = {"first": first} if second is None else {"first": first, "second": second}
    if "slip" in first.extras:
        slip = tank(chooses, True, 0.0)
        colour = first.fabric.colour if chooses.random() < 0.5 else linear((24, 24, 26))
        worn = {"slip": replace(slip, fabric=Fabric(colour, crumple=0.2), rib=0.0)} | worn
    if "overalls" in first.extras:
        worn["bib"] = bib(chooses)
    if "folds" not in pieces:
        worn = {name: replace(piece, style=replace(piece.style, creased=0.0)) for name, piece in worn.items()}
    worn = {name: replace(piece, fabric=_simpler(piece.fabric, pieces)) for name, piece in worn.items()}
    if len(worn) > 1:  # what is worn under a coat lies close
        lowest = next(iter(worn))
        style = worn[lowest].style
        close = replace(style, looseness=min(0.35, style.looseness), ease=min(0.006, style.ease))
        worn[lowest] = replace(worn[lowest], style=close)
    legs = _legs(measured)
    suit = measured.suit
    under = legs.points
    gap = np.where(suit.rest[:, 2] < 0.17, 0.006, suit.bulge - 0.003)  # over trousers, and off the skin
    forms: list[Shell] = []
    for name, piece in worn.items():
        forms.append(shell(measured, piece.cut, piece.style, stream(f"folds of {name}"), under, gap))
        under, gap = forms[-1].points, 0.006
    garments = list(worn.values())
    found = _lower(measured, stream("lower"), garments, forms, legs, pieces)
    for number, (name, form) in enumerate(zip(worn, forms, strict=True)):
        over_it = forms[number + 1] if number + 1 < len(forms) and garments[number + 1].fabric.opacity >= 1 else None
        found += _sewn(measured, worn[name], form, over_it, stream(f"sewn to {name}"), pieces)
    if (
        wrapped < 0.1
        and (first.neck is None or second is not None)
        and "hood" not in first.extras
        and first.cut.neckline != "plane"
    ):
        fabric = _simpler(cloths.woollen(wraps), pieces)
        ground = Ground(measured, forms[-1])
        found += scarf(measured, ground, fabric.look(wraps), wraps, wraps.uniform(0.022, 0.036), wraps.random() < 0.6)
    return found


def _simpler(fabric: Fabric, pieces: frozenset[str]) -> Fabric:
    """Cloth without what is switched off of it."""
    fabric = fabric if "patterns" in pieces else fabric.plain()
    return fabric if "folds" in pieces else replace(fabric, crumple=0.0)


def _sewn(fit: Fit, piece: Piece, form: Shell, over: Shell | None, rng, pieces: frozenset[str]) -> list[Surface]:
    """The surfaces of one garment with all that is sewn to it."""
    size, extras = fit.size, piece.extras
    seams = []  # on the template
    if "placket" in extras:
        down = piece.cut.bottom - 0.05 if "short" not in extras else PIT - 0.13
        seams.append((-0.016, 0.016, down, PIT + 0.05))
    if "cuffs" in extras:
        seams += [(APART * panel - 0.5, APART * panel + 0.5, -1.0, 0.112) for panel in (LEFT, RIGHT)]
    if "pocket" in extras:
        seams.append((0.045, 0.135, PIT - 0.22, PIT - 0.115))
    if "chest pockets" in extras:
        seams += [(side * 0.105 - 0.045, side * 0.105 + 0.045, PIT - 0.21, PIT - 0.1) for side in (-1, 1)]
        seams += [(side * 0.105 - 0.045, side * 0.105 + 0.045, PIT - 0.13, PIT - 0.1) for side in (-1, 1)]
        seams.append((-0.4, 0.4, PIT - 0.09, PIT + 0.3))  # a yoke
    if "welt" in extras:
        seams.append((0.065, 0.135, PIT - 0.165, PIT - 0.145))
    if "bib" in extras:
        seams.append((-0.07, 0.07, PIT - 0.26, PIT - 0.14))
    if "pouch" in extras:
        seams.append((-0.13, 0.13, 0.08, 0.2))
    if "zip" in extras:
        seams.append((-0.004, 0.004, piece.cut.bottom - 0.05, PIT + 0.1))
    hooded, tied, fastened = (np.random.default_rng(rng.integers(1 << 62, size=2)) for _ in range(3))
    look = piece.fabric.look(rng, piece.rib * size, seams)
    found: list[Surface] = garment(fit, form, piece.style, look, piece.fabric.opacity, over)
    ground = Ground(fit, form) if piece.neck or set(extras) & {"hood", "lapels", "tie"} else None
    bare = piece.fabric.look(rng)
    if piece.neck is not None:
        found += collar(fit, ground, piece.neck, bare)
    if "hood" in extras:
        found += lying_hood(fit, ground, bare, hooded)
        if hooded.random() < 0.7:
            cord = Fabric(
                piece.fabric.colour if hooded.random() < 0.5 else linear((230, 230, 228)), crumple=0, stitch=0
            )
            found += cords(fit, ground, cord.look(hooded), hooded.uniform(0.12, 0.2))
    if "lapels" in extras:
        found += lapels(fit, ground, piece.cut, rng.uniform(0.06, 0.1), bare)
    if "tie" in extras:
        found += tie(fit, ground, tied.uniform(0.06, 0.085), _simpler(cloths.silk(tied), pieces).look(tied))
    if "front buttons" in extras:
        z = height(fit, piece.cut.button) - (0.1 if "lapels" in extras else 0.075) * size * np.arange(4)
        places = np.stack([-opening(fit, piece.cut, z) - 0.014 * size, z], 1)[: 2 if "lapels" in extras else 4]
        sewn = buttons(fit, form, places, 0.009, dye(fastened, ("black", "brown", "charcoal", "cream")), 0.05)
        found += [] if sewn is None else [sewn]
    if "buttons" in extras:
        gap = 0.085 * size
        count = 2 if "short" in extras else 7
        if over is not None:
            count = min(count, 4)
        z = fit.pit - 0.03 * size - gap * (0.6 if "short" in extras else 1) * np.arange(count)
        z = z[z > height(fit, piece.cut.bottom)]
        colour = (
            linear((226, 224, 218)) if piece.fabric.colour.mean() > 0.1 or fastened.random() < 0.3 else dye(fastened)
        )
        sewn = buttons(fit, form, np.stack([0 * z, z], 1), 0.0055, colour, 0.05)
        found += [] if sewn is None else [sewn]
    return found


def _legs(fit: Fit) -> Shell:
    """Trousers, before they are cut."""
    suit = fit.suit
    rest = fit.rest + fit.normals * np.float32(0.006)
    points, resting = suit.finer(fit.posed(rest)), suit.finer(rest)
    return Shell(
        resting, points, normals(points, suit.triangles), hem(fit, Cut("high", bottom=-0.5, top=0.16), resting)
    )


def _lower(
    fit: Fit, rng: np.random.Generator, worn: list[Piece], forms: list[Shell], legs: Shell, pieces: frozenset[str]
) -> list[Surface]:
    """Trousers, or the skirt of a dress."""
    if "skirt" in worn[0].extras:
        body = fit.body
        triangles, _ = body.data.meshes["skirt"]
        points = (body.points + 0.012 * normals(body.points, triangles)).astype(np.float32)
        uv = body.rest[:, [0, 2]][triangles].astype(np.float32)
        ways = along(points, triangles, uv, 0.5 if "folds" in pieces else FLAT)
        look = worn[0].fabric.look(rng)
        return [Cloth(points, triangles, normals(points, triangles), look, body.rest, uv, ways)]
    fabric = cloths.denim(rng) if rng.random() < 0.5 else Fabric(dye(rng, ("black", "navy", "charcoal", "beige")))
    fabric = _simpler(fabric, pieces)
    solid = [form.hem for piece, form in zip(worn, forms, strict=True) if piece.fabric.opacity >= 1]
    over = replace(legs, hem=np.maximum.reduce(solid)) if solid else None
    return garment(fit, legs, Style(creased=float("folds" in pieces)), fabric.look(rng), over=over)[:1]
