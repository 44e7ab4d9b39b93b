"""Fabrics by what they are for: shirts, knitwear, coats."""

from dataclasses import replace

import numpy as np

from portrait_matting.people.clothes import pattern
from portrait_matting.people.clothes.dye import DARK, EARTH, LIGHT, contrast, dye, linear
from portrait_matting.people.clothes.fabric import Fabric


def jersey(rng: np.random.Generator, patterned: float = 0.4) -> Fabric:
    """Of T-shirts."""
    ground = dye(rng)
    fabric = Fabric(ground, crumple=rng.uniform(0.2, 0.6), mottle=0.6 if rng.random() < 0.2 else 0.0)
    if rng.random() > patterned:
        return fabric
    return replace(fabric, paint=_paint(rng, ground, ("stripes", "motif", "dots", "flowers", "camouflage", "batik"),
                                        (0.3, 0.42, 0.06, 0.06, 0.08, 0.08)))  # fmt: skip


def shirting(rng: np.random.Generator, patterned: float = 0.4) -> Fabric:
    """Of shirts: white and light blue most of all."""
    checked = rng.random() < patterned
    ground = dye(rng) if checked or rng.random() < 0.4 else dye(rng, LIGHT)
    fabric = Fabric(ground, crumple=rng.uniform(0.4, 1.0), sheen=0.15)
    if not checked:
        blue = rng.random() < 0.12
        return replace(fabric, weave="denim", colour=dye(rng, ("denim", "navy", "blue"))) if blue else fabric
    return replace(fabric, paint=_paint(rng, ground, ("pinstripes", "check", "tartan", "dots", "flowers"),
                                        (0.34, 0.3, 0.2, 0.06, 0.1)))  # fmt: skip


def light_cloth(rng: np.random.Generator, patterned: float = 0.5) -> Fabric:
    """Of blouses and dresses; satin and gauze among them."""
    ground = dye(rng)
    satin = rng.random() < 0.15
    fabric = Fabric(
        ground, crumple=rng.uniform(0.3, 0.9), specular=0.035 if satin else 0.0, roughness=0.46 if satin else 0.9,
        sheen=0.2, stitch=0.012,
    )  # fmt: skip
    if rng.random() > patterned:
        return fabric
    return replace(fabric, paint=_paint(rng, ground, ("flowers", "dots", "stripes", "check", "batik"),
                                        (0.5, 0.2, 0.12, 0.08, 0.1)))  # fmt: skip


def knitwear(rng: np.random.Generator, patterned: float = 0.25) -> Fabric:
    """Of sweaters and cardigans."""
    ground = dye(rng)
    weave = ("knit", "rib", "smooth")[rng.choice(3, p=(0.6, 0.2, 0.2))]
    fabric = Fabric(ground, crumple=0.15, weave=weave, sheen=0.45, stitch=0.0, mottle=rng.uniform(0, 0.5))
    if rng.random() > patterned:
        return fabric
    return replace(fabric, paint=_paint(rng, ground, ("stripes", "check"), (0.8, 0.2)))


def sweat(rng: np.random.Generator, patterned: float = 0.3) -> Fabric:
    """Of hoodies and sweatshirts."""
    ground = dye(rng)
    fabric = Fabric(ground, crumple=0.25, sheen=0.35, mottle=0.7 if rng.random() < 0.3 else 0.0, stitch=0.0)
    return replace(fabric, paint=_paint(rng, ground, ("motif",), (1.0,))) if rng.random() < patterned else fabric


def coating(rng: np.random.Generator, patterned: float = 0.15) -> Fabric:
    """Of coats and blazers: dark ones most."""
    ground = dye(rng, DARK if rng.random() < 0.7 else EARTH)
    fabric = Fabric(ground, crumple=0.12, sheen=0.35, mottle=rng.uniform(0, 0.5), stitch=0.006)
    if rng.random() > patterned:
        return fabric
    return replace(fabric, paint=_paint(rng, ground, ("tartan", "pinstripes"), (0.5, 0.5)))


def shell_cloth(rng: np.random.Generator) -> Fabric:
    """Of puffer jackets: nylon."""
    return Fabric(dye(rng), crumple=0.55, weave="quilt", specular=0.04, roughness=rng.uniform(0.3, 0.5), sheen=0.1,
                  stitch=0.0)  # fmt: skip


def leather(rng: np.random.Generator) -> Fabric:
    return Fabric(
        dye(rng, ("black", "black", "brown")), crumple=0.35, specular=0.03, roughness=rng.uniform(0.42, 0.55), sheen=0.0
    )


def denim(rng: np.random.Generator) -> Fabric:
    ground = dye(rng, ("denim", "navy", "blue", "light blue", "black"))
    washed = pattern.marbled(np.clip(ground * 1.5 + 0.02, 0, 0.9), 0.3, int(rng.integers(1 << 30)))
    return Fabric(ground, paint=washed, crumple=0.4, weave="denim", sheen=0.15, stitch=0.010)


def silk(rng: np.random.Generator) -> Fabric:
    """Of ties."""
    ground = dye(rng, ("navy", "burgundy", "black", "red", "blue", "grey", "green", "purple"))
    fabric = Fabric(ground, crumple=0.0, specular=0.03, roughness=0.5, sheen=0.2, stitch=0.0)
    kind = rng.random()
    if kind < 0.4:
        return fabric
    other = contrast(rng, ground)
    if kind < 0.75:
        return replace(fabric, paint=pattern.stripes(other, 0.022, rng.uniform(0.002, 0.01), False))
    return replace(fabric, paint=pattern.dots(other, 0.012, 0.0022))


def woollen(rng: np.random.Generator) -> Fabric:
    """Of scarves."""
    ground = dye(rng)
    weave = ("knit", "smooth", "rib", "fleece")[rng.choice(4, p=(0.4, 0.35, 0.15, 0.1))]
    fabric = Fabric(ground, crumple=0.4, weave=weave, sheen=0.4, stitch=0.0, mottle=0.3)
    if rng.random() > 0.35:
        return fabric
    return replace(fabric, paint=_paint(rng, ground, ("tartan", "stripes", "flowers"), (0.6, 0.25, 0.15)))


def _paint(rng: np.random.Generator, ground: np.ndarray, kinds, often) -> pattern.Paint:
    """A pattern of one of these kinds."""
    kind = kinds[rng.choice(len(kinds), p=np.asarray(often) / sum(often))]
    other = contrast(rng, ground)
    seed = int(rng.integers(1 << 30))
    if kind == "stripes":
        period = float(np.exp(rng.uniform(np.log(0.012), np.log(0.09))))
        return pattern.stripes(other, period, period * rng.uniform(0.2, 0.6), rng.random() < 0.15)
    if kind == "pinstripes":
        return pattern.stripes(other, rng.uniform(0.006, 0.02), rng.uniform(0.0008, 0.004), True)
    if kind == "check":
        period = float(np.exp(rng.uniform(np.log(0.008), np.log(0.05))))
        return pattern.check([other], period, [0.5 * period])
    if kind == "tartan":
        period = rng.uniform(0.05, 0.13)
        colours = [other, dye(rng), linear((20, 20, 22)), linear((230, 228, 220))]
        chosen = int(rng.integers(2, 5))
        widths = [period * share for share in (0.3, 0.16, 0.05, 0.03)]
        return pattern.check(colours[:chosen], period, widths[:chosen], 0.55)
    if kind == "dots":
        period = rng.uniform(0.01, 0.04)
        return pattern.dots(other, period, period * rng.uniform(0.12, 0.3))
    if kind == "flowers":
        petals = [other, *(dye(rng) for _ in range(int(rng.integers(1, 4))))]
        return pattern.flowers(petals, linear((60, 90, 55)) * rng.uniform(0.4, 1.4), rng.uniform(0.025, 0.09), seed)
    if kind == "camouflage":
        tones = [linear(tone) for tone in ((86, 84, 58), (120, 105, 78), (38, 38, 32))]
        return pattern.camouflage(tones, rng.uniform(0.09, 0.2), seed)
    if kind == "batik":
        return pattern.marbled(other, rng.uniform(0.06, 0.3), seed)
    return pattern.motif(other, (rng.choice([0.0, 0.0, 0.075]), rng.uniform(0.36, 0.42)), rng.uniform(0.05, 0.12), seed)
