"""Pictures of a range test and of a schedule. On matplotlib's Figure alone: no pyplot, no window, no global state."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from portrait_matting.disk.atomic_write import atomic_write
from portrait_matting.learning_rate.finding import Finding
from portrait_matting.learning_rate.schedule import Schedule

CURVE, CHOICE, FAINT, SINGLE = "#1f5fa8", "#c8371b", "#7d8ea1", "#b9c4d0"
NOISE = 2  # standard deviations: the half width of the band


def plot_finding(finding: Finding, path: str | Path) -> None:
    """Writes a PNG: loss over learning rate, with the choice marked, and what tells how sure it is.

    Each sweep is a thin line, their mean a stronger one, the smooth curve the strongest, in a band of two standard
    deviations of the mean about it. What single sweeps suggest is marked below, the rates that train no more are grey.

    Raises:
        OSError: `path` cannot be written.
    """
    figure = Figure(figsize=(8, 4.8), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    _draw_curves(axes, finding)
    choice = "fallback" if finding.fallback_used else f"rule {finding.rule}"
    axes.axvline(finding.max_lr, color=CHOICE, linewidth=1.4, linestyle="--", label=f"max_lr, by {choice}")
    finite = np.isfinite(finding.losses)
    if finite.any() and not finding.fallback_used:
        height = np.interp(np.log(finding.max_lr), np.log(finding.lrs[finite]), finding.losses[finite])
        axes.plot(finding.max_lr, height, "o", color=CHOICE, markersize=8)
    if finding.single and len(finding.sweeps) > 1:
        foot = axes.get_xaxis_transform()  # x as the data, y as a share of the height
        heights = np.full(len(finding.single), 0.025)
        axes.plot(finding.single, heights, "|", transform=foot, color=CHOICE, markersize=12, label="of single sweeps")
    axes.set_xscale("log")
    if finding.searched:
        axes.set_xlim(*finding.searched)
    if finding.breaks is not None:
        end = axes.get_xlim()[1]
        axes.axvspan(finding.breaks, end, color="0.5", alpha=0.15, linewidth=0, label="too high: the loss rises again")
    axes.set_xlabel("learning rate")
    axes.set_ylabel("training loss of one step")
    axes.set_title(f"max_lr = {finding.max_lr:.2e} by {choice}", loc="left", fontweight="bold")
    if sure := finding.sureness():
        axes.set_title(sure, loc="right", fontsize="small", color="0.35")
    axes.legend(frameon=False, fontsize="small", loc="lower left")
    _clear(axes)
    with atomic_write(path) as unfinished:
        figure.savefig(unfinished, format="png")


def _draw_curves(axes: Axes, finding: Finding) -> None:
    count = len(finding.sweeps)
    for k, losses in enumerate(finding.sweeps if count > 1 else []):
        axes.plot(finding.lrs, losses, color=SINGLE, linewidth=0.8, label="single sweeps" if k == 0 else None)
    mean = f"mean of {count} sweeps" if count > 1 else "single steps"
    axes.plot(finding.lrs, finding.raw, color=FAINT, linewidth=1.1, label=mean)
    if np.isfinite(finding.noise):
        low, high = finding.losses - NOISE * finding.noise, finding.losses + NOISE * finding.noise
        axes.fill_between(finding.lrs, low, high, color=CURVE, alpha=0.15, linewidth=0, label=f"±{NOISE} × noise")
    axes.plot(finding.lrs, finding.losses, color=CURVE, linewidth=2.2, label="smoothed")
    finite = np.isfinite(finding.losses)
    if not finite.any():
        return
    # A diverging end would press the rest of the curve flat.
    start, lowest = np.median(finding.losses[finite][:5]), finding.losses[finite].min()
    highest = start + max(0.5 * (start - lowest), 0.05 * abs(start), 4 * np.nan_to_num(finding.noise))
    seen = np.concatenate([finding.losses[finite], finding.raw[np.isfinite(finding.raw)], finding.sweeps.ravel()])
    seen = seen[np.isfinite(seen)]
    seen = seen[seen <= max(highest, lowest)]
    margin = 0.07 * max(np.ptp(seen), 0.1 * abs(lowest), 1e-12)
    axes.set_ylim(seen.min() - margin, seen.max() + margin)


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
