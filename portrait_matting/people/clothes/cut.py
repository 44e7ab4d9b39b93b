"""How a garment is cut: how far each point of the suit lies from its edges."""

from dataclasses import dataclass

import numpy as np

from portrait_matting.people.clothes.fit import Fit

FAR = 0.2
"""Metres: what is so far from an edge is as good as without one."""


@dataclass(frozen=True)
class Cut:
    """Lengths in metres of a grown person; they shrink with the body.

    Attributes:
        neckline: "round", "v", "boat", "square", "plane" (off the shoulders, strapless) or "high" (none).
        width, depth: of the neckline beyond the neck's own, sideways and down before; `nape` down behind, `lift`
            below the nape under a collar, 0 without one.
        sleeve: how far along the arm, 1 at the wrist; near 0 none.
        bottom: of the template's height, where it ends below; `top` where it ends above (a waist); None: at the neck.
        gap: between the edges of an open front, at the bottom; None: it is closed.
        lapel: how much wider the gap is at the top, from `button` (height of the template) up.
        straps: their distance from the middle and width, over a neckline "plane"; None: none.
    """

    neckline: str = "round"
    width: float = 0.02
    depth: float = 0.0
    nape: float = 0.0
    lift: float = 0.0
    sleeve: float = 0.3
    bottom: float = -0.02
    top: float | None = None
    gap: float | None = None
    lapel: float = 0.0
    button: float = 0.3
    straps: tuple[float, float] | None = None


def hem(fit: Fit, cut: Cut, points: np.ndarray) -> np.ndarray:
    """Metres from the edge of a garment, less than 0 where there is none: float32 (M,).

    Args:
        fit: of the body.
        cut: of the garment.
        points: (M, 3), the finer suit's as the garment has them at rest.
    """
    sleeve = fit.suit.sleeve
    size = fit.size
    edges = [(min(cut.sleeve, 1.0) - sleeve) * fit.arm]
    edges.append(points[:, 2] - height(fit, cut.bottom))
    if cut.top is not None:
        edges.append(height(fit, cut.top) - points[:, 2])
        edges.append(-sleeve * fit.arm)
    if cut.neckline == "plane":
        top = fit.joint("upperarm01.L")[2] - cut.depth * size
        edge = top - points[:, 2] + 0.03 * np.exp(-((points[:, 0] / (0.05 * size)) ** 2)) * -0.6
        if cut.straps is not None:
            away, wide = np.asarray(cut.straps) * size
            edge = np.maximum(edge, wide / 2 - np.abs(np.abs(points[:, 0]) - away))
        edges.append(edge)
    elif cut.neckline != "high":
        edges.append(neckline(fit, cut, points))
    if cut.gap is not None:
        edges.append(_front(fit, cut, points))
    return np.minimum(np.minimum.reduce(edges), FAR).astype(np.float32)


def height(fit: Fit, template: float) -> float:
    """The height on this body of one on the template's trunk."""
    levels = [-0.4, 0.073, 0.119, 0.28, 0.433, 0.519, 0.589]
    names = ("root", "spine04", "spine02", "spine01", "clavicle.L", "neck01")
    own = [float(fit.joint(name)[2]) for name in names]
    own = [own[0] - (levels[1] - levels[0]) * fit.size, *own]
    return float(np.interp(template, levels, own))


def neckline(fit: Fit, cut: Cut, points: np.ndarray) -> np.ndarray:
    """Metres outside an opening around the neck, as seen from the front, deeper before than behind."""
    size = fit.size
    half = fit.neck * 1.22 + cut.width * size
    beside = np.abs(np.abs(fit.fine[:, 0]) - half) < 0.015 * size
    top = fit.fine[beside & (fit.suit.sleeve < 0), 2].max() + 0.008 * size
    before = top - fit.pit + 0.004 + cut.depth * size
    behind = (0.004 + max(cut.nape, 0)) * size
    nape = max(fit.joint("neck01")[2] - cut.lift * size, top) if cut.lift else top
    share = np.clip((0.025 - fit.suit.rest[:, 1]) / 0.085, 0, 1)
    deep = behind + (before - behind) * share * share * (3 - 2 * share)
    x, down = np.abs(points[:, 0]), np.maximum(top + (nape - top) * (1 - share) - points[:, 2], 0)
    if cut.neckline == "v":
        # straight from the shoulder to the point
        edge = (x / half + down / deep - 1) / np.hypot(1 / half, 1 / deep)
        return np.maximum(edge, np.minimum((down / deep - 1) * deep, 0.05))
    if cut.neckline == "square":
        return np.maximum(x - half, down - deep)
    across, along = x / half, down / deep
    far = np.sqrt(across**2 + along**2) + 1e-6
    slope = np.sqrt((across / half) ** 2 + (along / deep) ** 2) / far
    return (far - 1) / np.maximum(slope, 1 / np.maximum(half, deep))


def opening(fit: Fit, cut: Cut, heights: np.ndarray) -> np.ndarray:
    """Half the width of an open front at heights at rest: metres."""
    low, high = height(fit, cut.button), fit.shoulder
    rise = np.clip((heights - low) / (high - low), 0, 1.3)
    fall = np.clip((low - heights) / 0.3, 0, 1)
    return fit.size * (cut.gap * (0.3 + 0.7 * fall) + cut.lapel * rise)


def _front(fit: Fit, cut: Cut, points: np.ndarray) -> np.ndarray:
    """Metres from the edges of an open front."""
    before = fit.suit.rest[:, 1] < 0.01
    return np.where(before, np.abs(points[:, 0]) - opening(fit, cut, points[:, 2]), FAR)
