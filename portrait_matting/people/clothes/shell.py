"""The form of a garment, before it is cut."""

from dataclasses import dataclass

import numpy as np

from portrait_matting.people.bodies.body import normals
from portrait_matting.people.clothes.cut import Cut, hem
from portrait_matting.people.clothes.drape import draped
from portrait_matting.people.clothes.fit import Fit
from portrait_matting.people.clothes.folds import folds

HIDDEN = 0.04
"""Metres from its edge, what is under a garment is not seen."""

FLAT = 0.01
"""The depth of folds of cloth that has none."""


@dataclass(frozen=True)
class Style:
    """How a garment is worn: `looseness` and `stiffness` in [0, 1], `ease` and `thickness` in metres, `creased` how
    deep its folds are, 1 as usual, 0 none; `flare`, metres, how much wider its sleeves end."""

    looseness: float = 0.5
    stiffness: float = 0.3
    ease: float = 0.012
    thickness: float = 0.002
    creased: float = 1.0
    flare: float = 0.0

    @property
    def depth(self) -> float:
        """Of the folds that its look has, 0 to 1: never quite 0, as the weave lies along them; below 0.02 none show."""
        return max(FLAT, self.creased * (0.4 + 0.6 * self.looseness) * (1 - 0.45 * self.stiffness))


@dataclass(frozen=True)
class Shell:
    """The suit as a garment's own form, before it is cut: `rest` and `points` (M, 3), `hem` (M,); all M of them."""

    rest: np.ndarray
    points: np.ndarray
    normals: np.ndarray
    hem: np.ndarray


def shell(
    fit: Fit, cut: Cut, style: Style, rng: np.random.Generator, above: np.ndarray | None = None, gap=0.006
) -> Shell:
    """The form of a garment.

    Args:
        fit: of whom it is for.
        cut, style: of it.
        rng: of its folds.
        above: (M, 3) points of what is under it, as worn; None: there is nothing.
        gap: metres, or (M,), that it keeps from that.
    """
    suit = fit.suit
    rest = draped(fit, style.looseness, style.ease, style.flare, cut.sleeve)
    posed = fit.posed(rest)
    posed = suit.smoothed(posed, np.float32(0.25 + 0.35 * style.looseness) * np.ones(len(rest), np.float32), 3)
    direction = normals(posed, suit.coarse)
    sag = suit.arm * np.clip(-direction[:, 2], 0, 1) * np.float32(1.1 * style.looseness * style.ease + 0.003)
    posed += direction * np.float32(0.003)  # what smoothing took
    posed[:, 2] -= sag
    points = suit.finer(posed)
    direction, resting = normals(points, suit.triangles), suit.finer(rest)
    if style.creased:
        shown = hem(fit, cut, resting) > -HIDDEN
        depth = folds(fit, style.looseness, style.stiffness, rng, shown) * np.float32(style.creased)
        points += direction * depth[:, None]
        resting += normals(resting, suit.triangles) * depth[:, None]
    if above is not None:
        short = np.float32(gap) - ((points - above) * direction).sum(1)
        points += direction * np.maximum(short, 0)[:, None].astype(np.float32)
    return Shell(resting, points, normals(points, suit.triangles), hem(fit, cut, resting))
