"""Pictures of a range test and of a schedule. On matplotlib's Figure alone: no pyplot, no window, no global state."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from portrait_matting.disk.atomic_write import atomic_write
from portrait_matting.learning_rate.schedule import Schedule

if TYPE_CHECKING:  # the finder costs seconds to import, for Lightning
    from portrait_matting.learning_rate.finder import Finding

CURVE, CHOICE, FAINT = "#1f5fa8", "#c8371b", "#b9c4d0"


def plot_finding(finding: Finding, path: str | Path) -> None:
    """Writes a PNG: loss over learning rate, single batches faint, smooth curve strong, and the choice marked.

    Raises:
        OSError: `path` cannot be written.
    """
    figure = Figure(figsize=(8, 4.5), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    axes.plot(finding.lrs, finding.raw, color=FAINT, linewidth=1, label="single batches")
    axes.plot(finding.lrs, finding.losses, color=CURVE, linewidth=2, label="smoothed")
    choice = "fallback" if finding.fallback_used else finding.rule
    axes.axvline(finding.max_lr, color=CHOICE, linewidth=1.2, linestyle="--", label=f"{choice} {finding.max_lr:.2e}")
    finite = np.isfinite(finding.losses)
    if finite.any() and not finding.fallback_used:
        height = np.interp(np.log(finding.max_lr), np.log(finding.lrs[finite]), finding.losses[finite])
        axes.plot(finding.max_lr, height, "o", color=CHOICE, markersize=8)
    if finite.any():
        # A diverging end would press the rest of the curve flat.
        lowest, highest = finding.losses[finite].min(), 1.5 * np.median(finding.losses[finite][:20])
        seen = np.concatenate([finding.losses[finite], finding.raw[np.isfinite(finding.raw)]])
        seen = seen[seen <= max(highest, lowest)]
        margin = 0.05 * max(np.ptp(seen), 0.1 * abs(lowest), 1e-12)
        axes.set_ylim(seen.min() - margin, seen.max() + margin)
    axes.set_xscale("log")
    axes.set_xlabel("learning rate")
    axes.set_ylabel("loss")
    axes.set_title(f"max_lr = {finding.max_lr:.2e} by {choice}", loc="left", fontweight="bold")
    axes.legend(frameon=False)
    _clear(axes)
    with atomic_write(path) as unfinished:
        figure.savefig(unfinished, format="png")


def plot_schedule(schedule: Schedule, total: int) -> Figure:
    """Learning rate, and below it momentum where it is cycled, over the steps of a run of `total` steps."""
    steps = range(total)
    momenta = [schedule.momentum(step, total) for step in steps]
    has_momentum = momenta[0] is not None
    figure = Figure(figsize=(8, 4.5 if has_momentum else 3), dpi=120, layout="constrained")
    panels = figure.subplots(1 + has_momentum, 1, sharex=True, squeeze=False, height_ratios=[2, 1][: 1 + has_momentum])
    top, bottom = panels[0, 0], panels[-1, 0]
    top.plot(steps, [schedule.learning_rate(step, total) for step in steps], color=CURVE, linewidth=2)
    top.set_ylabel("learning rate")
    top.set_ylim(bottom=0)
    top.set_title(f"{schedule.policy}, max_lr = {schedule.max_lr:.2e}", loc="left", fontweight="bold")
    if has_momentum:
        bottom.plot(steps, momenta, color=CHOICE, linewidth=2)
        bottom.set_ylabel("momentum")
    bottom.set_xlabel("optimizer step")
    for axes in panels[:, 0]:
        _clear(axes)
    return figure


def _clear(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
