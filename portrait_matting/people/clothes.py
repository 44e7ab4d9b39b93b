"""What a person wears: a first garment, and sometimes another over it, a scarf or a tie."""

from dataclasses import dataclass, replace

import numpy as np

from portrait_matting.people import cloths
from portrait_matting.people.body import Body
from portrait_matting.people.collar import Collar, collar
from portrait_matting.people.cut import Cut, height, hem
from portrait_matting.people.dye import dye, linear
from portrait_matting.people.fabric import Fabric
from portrait_matting.people.fit import PIT, Fit, fit
from portrait_matting.people.front import buttons, lapels, tie
from portrait_matting.people.garment import Cloth, Shell, Style, along, covered, garment, shell
from portrait_matting.people.sewing import Ground
from portrait_matting.people.suit import facing
from portrait_matting.people.surface import Surface
from portrait_matting.people.wrap import cords, lying_hood, scarf

__all__ = ["covered", "dress"]


@dataclass(frozen=True)
class Piece:
    """A garment: its `cut`, how it is worn (`style`), its `fabric`, metres of `rib` at its hems, and what is on it.

    `extras` are of "buttons", "placket", "pocket", "hood", "lapels", "zip", "tie".
    """

    cut: Cut
    style: Style
    fabric: Fabric
    rib: float = 0.0
    neck: Collar | None = None
    extras: tuple[str, ...] = ()


_SLEEVES = {"none": -0.05, "short": 0.36, "three quarters": 0.72, "long": 0.985}


def dress(body: Body, rng: np.random.Generator, pieces: frozenset[str]) -> list[Surface]:
    """Dresses a body.

    Args:
        body: whom.
        rng: of the clothes alone.
        pieces: what is switched on: "patterns", "folds", "layers".

    Returns:
        Surfaces as worn. Those of whole garments say what is under them: see `covered`.
    """
    chooses, folds, over, below = (np.random.default_rng(rng.integers(1 << 62, size=2)) for _ in range(4))
    measured = fit(body)
    first, second, wrapped = _first(chooses, body), _second(over, body), over.random()
    if "layers" not in pieces:
        second, wrapped = None, 1.0
        first = replace(first, extras=tuple(extra for extra in first.extras if extra not in ("tie", "hood")))
    if second is not None and ("slip" in first.extras or "overalls" in first.extras or "hood" in first.extras or first.cut.neckline == "plane" and body.shape.age < 12):
        second = None
    worn = [piece if "patterns" in pieces else replace(piece, fabric=piece.fabric.plain())
            for piece in (first, second) if piece is not None]  # fmt: skip
    if "folds" not in pieces:
        worn = [replace(piece, style=replace(piece.style, creased=0.0), fabric=replace(piece.fabric, crumple=0.0))
                for piece in worn]  # fmt: skip
    if "slip" in first.extras:
        slip = tank(chooses, True, 0.0)
        colour = first.fabric.colour if chooses.random() < 0.5 else linear((24, 24, 26))
        worn.insert(0, replace(slip, fabric=Fabric(colour, crumple=0.2), rib=0.0))
    if "overalls" in first.extras:
        worn.insert(1, bib(chooses))
    if len(worn) > 1:  # what is worn under a coat lies close
        worn[0] = replace(worn[0], style=replace(worn[0].style, looseness=min(0.35, worn[0].style.looseness),
                                                 ease=min(0.006, worn[0].style.ease)))  # fmt: skip
    legs = _legs(measured)
    suit = measured.suit
    under = legs.points
    gap = np.where(suit.rest[:, 2] < 0.17, 0.006, suit.bulge - 0.003)  # over trousers, and off the skin
    forms: list[Shell] = []
    for piece in worn:
        forms.append(shell(measured, piece.cut, piece.style, folds, under, gap))
        under, gap = forms[-1].points, 0.006
    found = _lower(measured, below, worn, forms, legs)
    for number, (piece, form) in enumerate(zip(worn, forms, strict=True)):
        over_it = forms[number + 1] if number + 1 < len(forms) and worn[number + 1].fabric.opacity >= 1 else None
        found += _sewn(measured, piece, form, over_it, folds, worn)
    if wrapped < 0.1 and first.neck is None and "hood" not in first.extras and first.cut.neckline != "plane":
        fabric = cloths.woollen(over)
        fabric = fabric if "patterns" in pieces else fabric.plain()
        ground = Ground(measured, forms[-1])
        found += scarf(measured, ground, fabric.look(over), over, over.uniform(0.022, 0.036), over.random() < 0.6)
    return found


def _sewn(fit: Fit, piece: Piece, form: Shell, over: Shell | None, rng, worn: list[Piece]) -> list[Surface]:
    """The surfaces of one garment with all that is sewn to it."""
    size, extras = fit.size, piece.extras
    seams = []  # on the template
    if "placket" in extras:
        down = piece.cut.bottom - 0.05 if "short" not in extras else PIT - 0.13
        seams.append((-0.016, 0.016, down, PIT + 0.05))
    if "pocket" in extras:
        seams.append((0.045, 0.135, PIT - 0.22, PIT - 0.115))
    if "bib" in extras:
        seams.append((-0.07, 0.07, PIT - 0.26, PIT - 0.14))
    if "pouch" in extras:
        seams.append((-0.13, 0.13, 0.08, 0.2))
    if "zip" in extras:
        seams.append((-0.004, 0.004, piece.cut.bottom - 0.05, PIT + 0.1))
    look = piece.fabric.look(rng, piece.rib * size, seams)
    found: list[Surface] = garment(fit, form, piece.style, look, piece.fabric.opacity, over)
    ground = Ground(fit, form) if piece.neck or set(extras) & {"hood", "lapels", "tie"} else None
    bare = piece.fabric.look(rng)
    if piece.neck is not None:
        found += collar(fit, ground, piece.neck, bare)
    if "hood" in extras:
        found += lying_hood(fit, ground, bare, rng)
        if rng.random() < 0.7:
            cord = Fabric(piece.fabric.colour if rng.random() < 0.5 else linear((230, 230, 228)), crumple=0, stitch=0)
            found += cords(fit, ground, cord.look(rng), rng.uniform(0.12, 0.2))
    if "lapels" in extras:
        found += lapels(fit, ground, piece.cut, rng.uniform(0.06, 0.1), bare)
    if "tie" in extras:
        found += tie(fit, ground, rng.uniform(0.06, 0.085), cloths.silk(rng).look(rng))
    if "buttons" in extras:
        gap = 0.085 * size
        count = 2 if "short" in extras else 7
        if over is not None:
            count = min(count, 4)
        z = fit.pit - 0.03 * size - gap * (0.6 if "short" in extras else 1) * np.arange(count)
        z = z[z > height(fit, piece.cut.bottom)]
        colour = linear((226, 224, 218)) if piece.fabric.colour.mean() > 0.1 or rng.random() < 0.3 else dye(rng)
        found.append(buttons(fit, form, np.stack([0 * z, z], 1), 0.0055, colour, 0.05))
    return found


def _legs(fit: Fit) -> Shell:
    """Trousers, before they are cut."""
    suit = fit.suit
    rest = fit.rest + fit.normals * np.float32(0.006)
    points, resting = suit.finer(fit.posed(rest)), suit.finer(rest)
    return Shell(resting, points, facing(points, suit.triangles), hem(fit, Cut("high", bottom=-0.5, top=0.16), resting))


def _lower(fit: Fit, rng: np.random.Generator, worn: list[Piece], forms: list[Shell], legs: Shell) -> list[Surface]:
    """Trousers, or the skirt of a dress."""
    if "skirt" in worn[0].extras:
        body = fit.body
        triangles, _ = body.data.meshes["skirt"]
        points = (body.points + 0.012 * facing(body.points, triangles)).astype(np.float32)
        uv = body.rest[:, [0, 2]][triangles].astype(np.float32)
        ways = along(points, triangles, uv, 0.5)
        look = worn[0].fabric.look(rng)
        return [Cloth(points, triangles, facing(points, triangles), look, body.rest, uv, ways)]
    fabric = cloths.denim(rng) if rng.random() < 0.5 else Fabric(dye(rng, ("black", "navy", "charcoal", "beige")))
    solid = [form.hem for piece, form in zip(worn, forms, strict=True) if piece.fabric.opacity >= 1]
    over = replace(legs, hem=np.maximum.reduce(solid)) if solid else None
    return garment(fit, legs, Style(), fabric.look(rng), over=over)[:1]


def _first(rng: np.random.Generator, body: Body) -> Piece:
    """What is worn on the skin."""
    female, child = body.shape.phenotype["gender"] > 0.5, body.shape.age < 13
    often = {
        "t-shirt": 30, "long": 8, "shirt": 20, "polo": 6, "turtleneck": 6, "sweater": 12, "hoodie": 12, "tank": 3,
        "blouse": 12 * female, "dress": 7 * female, "off": 4 * (female and not child), "overalls": 3,
        "gauze": 3 * (female and not child),
    }  # fmt: skip
    kinds = list(often)
    chance = np.array([float(often[kind]) for kind in kinds])
    kind = kinds[rng.choice(len(kinds), p=chance / chance.sum())]
    loose = float(np.clip(rng.beta(2.2, 2.2) - 0.15 * female, 0.05, 1))
    return FIRST[kind](rng, female, loose)


def t_shirt(rng, female: bool, loose: float) -> Piece:
    line = ("round", "v", "boat")[rng.choice(3, p=(0.62, 0.24, 0.14) if female else (0.78, 0.2, 0.02))]
    width, depth = {"round": (rng.uniform(0, 0.025), rng.uniform(0, 0.05)), "v": (0.012, rng.uniform(0.03, 0.1)),
                    "boat": (0.05, 0.0)}[line]  # fmt: skip
    cut = Cut("round" if line == "boat" else line, width, depth - 0.01 * (line == "boat"), 0.0, 0.0,
              rng.uniform(0.22, 0.48), rng.uniform(-0.03, 0.04))  # fmt: skip
    style = Style(loose, 0.2, 0.006 + 0.014 * loose, 0.002)
    return Piece(cut, style, cloths.jersey(rng), 0.018 if rng.random() < 0.6 else 0.0)


def long_sleeved(rng, female: bool, loose: float) -> Piece:
    piece = t_shirt(rng, female, 0.7 * loose)
    sleeve = _SLEEVES["long"] if rng.random() < 0.75 else _SLEEVES["three quarters"]
    return replace(piece, cut=replace(piece.cut, sleeve=sleeve))


def shirt(rng, female: bool, loose: float) -> Piece:
    sleeve = _SLEEVES["long"] if rng.random() < 0.75 else 0.42
    cut = Cut("round", 0.004, -0.016, 0.0, 0.012, sleeve, rng.uniform(-0.06, 0.0))
    fabric = cloths.shirting(rng)
    neck = Collar(leaf=rng.uniform(0.042, 0.052), point=rng.uniform(0.012, 0.03), spread=rng.uniform(0.1, 1))
    extras = ["buttons", "placket"]
    if rng.random() < 0.1:
        neck = replace(neck, leaf=0.0)
    elif rng.random() < (0.08 if female else 0.28):
        extras.append("tie")
    elif rng.random() < 0.5:  # the topmost button is open
        neck = replace(neck, gap=rng.uniform(9, 16), fall=0.008)
        cut = replace(cut, neckline="v", width=0.006, depth=rng.uniform(0.01, 0.06))
    if rng.random() < 0.4:
        extras.append("pocket")
    return Piece(cut, Style(max(0.35, loose), 0.45, 0.008 + 0.01 * loose, 0.002), fabric, 0.0, neck, tuple(extras))


def polo(rng, female: bool, loose: float) -> Piece:
    cut = Cut("round", 0.004, -0.012, 0.0, 0.012, rng.uniform(0.26, 0.42))
    neck = Collar(0.024, 0.7, 0.042, 0.012, rng.uniform(7, 13), 0.8, 0.010, 0.003, 0.006)
    fabric = replace(cloths.jersey(rng, 0.0), weave="rib" if rng.random() < 0.3 else "smooth")
    return Piece(cut, Style(loose, 0.3, 0.012, 0.002), fabric, 0.018, neck, ("buttons", "placket", "short"))


def turtleneck(rng, female: bool, loose: float) -> Piece:
    fabric = cloths.knitwear(rng)
    high = rng.uniform(0.04, 0.07)
    rolled = rng.random() < 0.6
    neck = Collar(high, 0.85, 0.85 * high if rolled else 0.0, 0.0, 0.0, 0.0, rng.uniform(0.004, 0.014), 0.004)
    return Piece(Cut("high", sleeve=0.985, bottom=0.0), Style(0.6 * loose, 0.3, 0.010, 0.003), fabric, 0.05, neck)


def sweater(rng, female: bool, loose: float) -> Piece:
    line = "v" if rng.random() < 0.25 else "round"
    cut = Cut(line, rng.uniform(0, 0.02), rng.uniform(0.03, 0.08) if line == "v" else rng.uniform(-0.01, 0.02), 0.0, 0.0,
              0.985, rng.uniform(-0.02, 0.04))  # fmt: skip
    fabric = cloths.knitwear(rng) if rng.random() < 0.7 else cloths.sweat(rng)
    return Piece(cut, Style(max(0.4, loose), 0.6, 0.016 + 0.01 * loose, 0.004, 0.8), fabric, rng.uniform(0.02, 0.05))


def hoodie(rng, female: bool, loose: float) -> Piece:
    cut = Cut("round", 0.012, 0.0, 0.0, 0.012, 0.985, rng.uniform(-0.04, 0.02))
    style = Style(max(0.5, loose), 0.6, 0.022, 0.004, 1.0)
    extras = ("hood", "pouch") if rng.random() < 0.6 else ("hood", "zip")
    return Piece(cut, style, cloths.sweat(rng), rng.uniform(0.03, 0.06), None, extras)


def tank(rng, female: bool, loose: float) -> Piece:
    cut = Cut("round", rng.uniform(0.02, 0.04), rng.uniform(0.02, 0.07), 0.03, 0.0, rng.uniform(-0.09, -0.05))
    return Piece(cut, Style(0.5 * loose, 0.2, 0.006, 0.002), cloths.jersey(rng, 0.2))


def blouse(rng, female: bool, loose: float) -> Piece:
    line = ("v", "round", "square")[rng.choice(3, p=(0.5, 0.35, 0.15))]
    cut = Cut(line, rng.uniform(0.005, 0.035), rng.uniform(0.0, 0.08), 0.0, 0.0,
              _SLEEVES[("none", "short", "three quarters", "long")[rng.integers(4)]], 0.0)  # fmt: skip
    extras = ("buttons", "placket") if rng.random() < 0.3 else ()
    style = Style(max(0.5, loose), 0.1, 0.012 + 0.012 * loose, 0.0015, 1.2)
    return Piece(cut, style, cloths.light_cloth(rng), 0.0, None, extras)


def gown(rng, female: bool, loose: float) -> Piece:
    line = ("plane", "v", "round", "square")[rng.integers(4)]
    straps = (rng.uniform(0.095, 0.115), rng.uniform(0.008, 0.03)) if line == "plane" else None
    depth = rng.uniform(0.03, 0.06) if line == "plane" else rng.uniform(0.02, 0.1)
    cut = Cut(line, rng.uniform(0.01, 0.04), depth, 0.01, 0.0, rng.choice([-0.06, -0.05, 0.25]) if not straps else -0.06,
              0.0, straps=straps)  # fmt: skip
    return Piece(cut, Style(0.25 * loose, 0.2, 0.005, 0.0015), cloths.light_cloth(rng, 0.6), 0.0, None, ("skirt",))


def bare_shoulders(rng, female: bool, loose: float) -> Piece:
    strapless = rng.random() < 0.35
    sleeve = -0.06 if strapless else (0.4, 0.72, 0.985)[rng.integers(3)]
    cut = Cut("plane", depth=rng.uniform(0.05, 0.075) if strapless else rng.uniform(0.025, 0.045), sleeve=sleeve)
    return Piece(cut, Style(0.4 * loose, 0.2, 0.006, 0.002), cloths.light_cloth(rng), 0.02)


def overalls(rng, female: bool, loose: float) -> Piece:
    return replace(t_shirt(rng, female, 0.5 * loose), extras=("overalls",))


def bib(rng) -> Piece:
    """Of overalls, over what is worn under them."""
    cut = Cut("plane", depth=rng.uniform(0.08, 0.12), sleeve=-0.075, bottom=-0.36,
              straps=(rng.uniform(0.095, 0.105), rng.uniform(0.03, 0.035)))  # fmt: skip
    return Piece(cut, Style(0.25, 0.7, 0.012, 0.003, 0.7), cloths.denim(rng), 0.0, None, ("bib",))


def gauze(rng, female: bool, loose: float) -> Piece:
    piece = blouse(rng, female, loose)
    fabric = replace(piece.fabric, opacity=float(rng.uniform(0.45, 0.85)), paint=None, crumple=0.3)
    return replace(piece, fabric=fabric, extras=("slip",), cut=replace(piece.cut, sleeve=_SLEEVES["long"]))


FIRST = {
    "t-shirt": t_shirt, "long": long_sleeved, "shirt": shirt, "polo": polo, "turtleneck": turtleneck,
    "sweater": sweater, "hoodie": hoodie, "tank": tank, "blouse": blouse, "dress": gown, "off": bare_shoulders,
    "overalls": overalls, "gauze": gauze,
}  # fmt: skip
"""How a first garment of each kind is made: (rng, female, looseness) -> Piece."""


def _second(rng: np.random.Generator, body: Body) -> Piece | None:
    """What is worn over it, in three of ten cases."""
    if rng.random() > 0.32:
        return None
    kinds = list(SECOND)
    chance = np.array((0.26, 0.2, 0.18, 0.14, 0.1, 0.12))
    kind = kinds[rng.choice(len(kinds), p=chance)]
    if body.shape.age < 13 and kind in ("blazer", "coat"):
        kind = "puffer"
    return SECOND[kind](rng)


def blazer(rng) -> Piece:
    button = rng.uniform(0.2, 0.33)
    cut = Cut("round", 0.012, -0.01, 0.0, 0.012, 0.98, -0.1, gap=rng.uniform(0.0, 0.05), lapel=rng.uniform(0.05, 0.075),
              button=button)  # fmt: skip
    neck = Collar(0.028, 0.1, 0.045, 0.0, 44.0, 0.0, 0.014, 0.003)
    return Piece(cut, Style(0.55, 0.9, 0.020, 0.004, 0.6), cloths.coating(rng), 0.0, neck, ("lapels",))


def coat(rng) -> Piece:
    piece = blazer(rng)
    cut = replace(piece.cut, bottom=-0.06, gap=rng.uniform(0.0, 0.08), lapel=rng.uniform(0.06, 0.085))
    neck = Collar(0.034, 0.1, 0.06, 0.0, 44.0, 0.0, 0.018, 0.004)
    return replace(piece, cut=cut, neck=neck, style=Style(0.75, 0.9, 0.028, 0.006, 0.7))


def cardigan(rng) -> Piece:
    cut = Cut("round", 0.012, 0.0, 0.0, 0.0, 0.985, -0.03, gap=rng.uniform(0.02, 0.08), lapel=rng.uniform(0.03, 0.06),
              button=rng.uniform(0.15, 0.3))  # fmt: skip
    return Piece(cut, Style(0.6, 0.4, 0.016, 0.005), cloths.knitwear(rng), rng.uniform(0.02, 0.04))


def puffer(rng) -> Piece:
    cut = Cut("round", 0.008, -0.01, 0.0, 0.012, 0.98, -0.02, gap=rng.uniform(0.02, 0.09), lapel=rng.uniform(0.0, 0.03),
              button=0.1)  # fmt: skip
    neck = Collar(rng.uniform(0.045, 0.065), 0.9, 0.0, 0.0, rng.uniform(18, 34), 0.0, 0.022, 0.012)
    return Piece(cut, Style(0.8, 0.9, 0.034, 0.014, 0.5), cloths.shell_cloth(rng), 0.0, neck)


def leather_jacket(rng) -> Piece:
    cut = Cut("round", 0.010, -0.01, 0.0, 0.012, 0.98, 0.05, gap=rng.uniform(0.02, 0.09), lapel=rng.uniform(0.01, 0.05),
              button=0.15)  # fmt: skip
    neck = Collar(0.028, 1.0, 0.045, 0.02, rng.uniform(20, 34), 0.6, 0.012, 0.003)
    return Piece(cut, Style(0.5, 0.8, 0.018, 0.004, 0.9), cloths.leather(rng), 0.0, neck)


def denim_jacket(rng) -> Piece:
    return replace(leather_jacket(rng), fabric=cloths.denim(rng), extras=())


SECOND = {
    "blazer": blazer, "coat": coat, "cardigan": cardigan, "puffer": puffer, "leather": leather_jacket,
    "denim": denim_jacket,
}  # fmt: skip
"""How a second garment of each kind is made: (rng) -> Piece."""
