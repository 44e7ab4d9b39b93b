"""Markdown tables of a study's results."""

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
from answers import Answers, answers, called, flat_curves
from parts import ANSWER, SHORT
from peaks import best, error_at
from results import Result
from setting import Setting

Measured = dict[tuple[str, Setting], Result]
NONE = "none"


def table(words: Sequence[str], figures: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with columns of words, then columns of figures, which are aligned to the right."""
    head = (*words, *figures)
    rule = "|".join(["---"] * len(words) + ["---:"] * len(figures))
    return "\n".join([_line(head), f"|{rule}|", *map(_line, rows)])


def rules_table(measured: Measured, rules: Iterable[str]) -> str:
    """A row for each setting and rule: its answers, how far they move, and what they cost on the setting's grid.

    Its last column is how far the validation MAD of a peak at each range's median is above the grid's best, in percent.
    """
    figures = (
        "median answer: by range", "scatter over seeds: decades", "as a factor", "moved by ranges: factor",
        "refused, %", "above the grid's best, %: by range",
    )  # fmt: skip
    rows = []
    for (part, setting), found in measured.items():
        if part != "ranges":
            continue
        curves = {name: (found.rates[name], found.losses[name]) for name in found.rates}
        for rule in rules:
            three = answers({name: curve for name, curve in curves.items() if name != SHORT}, rule)
            alone = answers({SHORT: curves[SHORT]}, rule).medians if SHORT in curves else {}
            medians = three.medians | alone
            above = _above(measured.get(("grid", setting)), medians)
            rows.append((str(setting), rule, _joined(medians, "{:.2g}"), *_spread(three), above))
    return table(("setting", "rule"), figures, rows)


def grid_table(measured: Measured) -> str:
    """The mean MAD of each peak over its seeds, the best, and what was measured at the answer."""
    rows = []
    for (part, setting), found in measured.items():
        if part != "grid":
            continue
        peaks, errors = grid_of(found)
        lowest = best(peaks, errors)
        cells = " / ".join(f"{error:.4f}" for error in errors)
        where = f"{lowest.peak:.2g}" + (" or beyond" if lowest.at_end else "")
        there = NONE
        if ANSWER in found.scores:
            error = mad(found.scores[ANSWER]).mean()
            there = f"{error:.4f} at {found.facts['answer']:.2g} ({100 * (error / lowest.error - 1):+.0f} %)"
        tried = " / ".join(f"{peak:g}" for peak in peaks)
        rows.append((str(setting), tried, cells, where, f"{lowest.error:.4f}", there))
    return table(("setting",), ("peaks", "MAD", "best peak", "its MAD", "measured at the answer"), rows)


def arms_table(measured: Measured, part: str) -> str:
    """MAD and IoU of each kind of training: mean over seeds, standard deviation, and the difference from the first."""
    rows = []
    for (name, setting), found in measured.items():
        if name != part:
            continue
        labels = list(found.scores)
        first = mad(found.scores[labels[0]])
        for label, scores in found.scores.items():
            each, iou = mad(scores), scores[..., 1].mean()
            apart, paired = "", each - first
            if label != labels[0] and len(each) > 1:
                apart = f"{paired.mean():+.4f} ± {paired.std(ddof=1) / len(paired) ** 0.5:.4f}"
            scatter = f" ± {each.std(ddof=1):.4f}" if len(each) > 1 else ""
            rows.append((str(setting), label, f"{each.mean():.4f}{scatter}", f"{iou:.4f}", apart, str(len(each))))
    return table(("setting", "training"), ("MAD", "IoU", "MAD from the first, ± standard error", "seeds"), rows)


def trials_table(measured: Measured) -> str:
    """The peak that trial cycles of each length take for the best, seed by seed, and what it costs on the grid."""
    rows = []
    for (part, setting), found in measured.items():
        if part != "trials":
            continue
        by_length: dict[str, dict[float, np.ndarray]] = {}
        for label, scores in found.scores.items():
            length, peak = label.split(", ")
            by_length.setdefault(length, {})[float(peak)] = mad(scores)
        for length, by_peak in by_length.items():
            chosen = [list(by_peak)[index] for index in np.argmin(list(by_peak.values()), axis=0)]
            above = _above(measured.get(("grid", setting)), {length: float(np.median(chosen))})
            rows.append((str(setting), length, " / ".join(f"{peak:g}" for peak in chosen), above))
    return table(("setting", "trial"), ("best peak: by seed", "median of these above the grid's best, %"), rows)


def flat_table(rules: Iterable[str], count: int) -> str:
    """The share of flat curves that each rule calls a rate, in percent."""
    points = (20, 30, 40)
    kinds = list(itertools.product(("normal", "t"), (1, 3)))
    curves = {(*kind, each): flat_curves(kind[0], each, kind[1], count) for kind in kinds for each in points}
    rows = [
        (rule, noise, str(sweeps), *(f"{100 * called(*curves[noise, sweeps, each], rule):.1f}" for each in points))
        for rule in rules
        for noise, sweeps in kinds
    ]
    return table(("rule", "noise"), ("sweeps", *(f"{each} rates, %" for each in points)), rows)


def grid_of(found: Result) -> tuple[np.ndarray, np.ndarray]:
    """Peaks, ascending, and their mean MAD over seeds; without the answer, which lies anywhere between them."""
    labels = sorted((label for label in found.scores if label != ANSWER), key=float)
    return np.array([float(label) for label in labels]), np.array([mad(found.scores[label]).mean() for label in labels])


def mad(scores: np.ndarray) -> np.ndarray:
    """MAD of each seed. Weights that are no numbers have the worst that there is."""
    return np.nan_to_num(scores[..., 0].mean(1).astype(np.float64), nan=1.0)


def _spread(of: Answers) -> tuple[str, str, str, str]:
    scatter = ("", "") if np.isnan(of.scatter) else (f"{of.scatter:.3f}", f"{10**of.scatter:.2f}")
    return *scatter, "" if np.isnan(of.moved) else f"{of.moved:.2f}", f"{100 * of.refused:.0f}"


def _above(grid: Result | None, medians: dict[str, float]) -> str:
    if grid is None:
        return ""
    peaks, errors = grid_of(grid)
    lowest = best(peaks, errors).error
    return " / ".join(_percent(error_at(peaks, errors, rate) / lowest, rate) for rate in medians.values())


def _percent(share: float, rate: float) -> str:
    return NONE if np.isnan(rate) else "beyond" if np.isnan(share) else f"{100 * (share - 1):+.0f}"


def _joined(values: dict[str, float], form: str) -> str:
    return " / ".join(NONE if np.isnan(value) else form.format(value) for value in values.values())


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
