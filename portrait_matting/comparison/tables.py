"""What a comparison found: in words, as the table that is printed, and as `compare.csv`."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from math import floor, log10
from typing import Any

from portrait_matting.comparison.ranking import sentence
from portrait_matting.comparison.result import Arm, Difference, Ranking, Row
from portrait_matting.metrics.catalogue import FIGURES

HEADLINE = ("mad", "iou", "band_mad")
COST = {"fit_seconds": "fit s", "cpu_seconds": "CPU s", "peak_memory_gib": "peak GiB"}
"""Of `metrics.json`, each with the head of its column."""
_NAMED = 3  # arms by name in a sentence, at most


def answer(ranking: Ranking) -> list[str]:
    """Who is best, by how much, and whether that is more than noise, in plain sentences.

    Args:
        ranking: whose reference is its first arm, so that every difference is from the best.
    """
    best, *others = ranking.rows
    figure = FIGURES[ranking.metric]
    found = f"{spread(best, ranking.metric)}, over {_count(len(best.values), 'seed')} and {portraits(ranking)}"
    if not others:
        return [
            f"{best.arm.name} has a {figure.label} of {found}.",
            "It is alone: there is nothing to compare it with.",
        ]
    lines = [f"{best.arm.name} has the {'highest' if figure.higher else 'lowest'} {figure.label}: {found}."]
    tested = [row for row in others if not math.isnan(row.against.p)]
    behind = [row for row in tested if row.against.differs]
    near = [row for row in tested if not row.against.differs]
    if behind:
        lines.append(f"It is better than {_names(behind)} by {_by(behind, ranking.metric)}: more than noise.")
    if near:
        are, whether = ("is", "it is") if len(near) == 1 else ("are", "they are")
        lines.append(
            f"{_names(near)} {are} behind by {_by(near, ranking.metric)}, which is within noise: these runs do not say "
            f"whether {whether} any worse."
        )
    if untested := [row for row in others if row not in tested]:
        lines.append(f"Whether that is more than noise was not tested for {_names(untested)}.")
    if any(len(row.values) == 1 for row in ranking.rows):
        lines.append(
            "One seed of an arm tells two networks apart, not two recipes: another seed may turn the order. "
            "Train each arm with seed=0,1,2."
        )
    return lines


def correction(ranking: Ranking) -> str:
    """How many tests p allows for, and why those, in a sentence: what Holm's correction counts."""
    arms = len(ranking.rows)
    if arms < 3:
        return "p is of one test: there are no others for Holm's correction to allow for."
    name = ranking.reference.name
    if ranking.named:
        return f"Against {name}, which was named whatever the scores, p allows for {arms - 1} tests (Holm 1979)."
    return (
        f"Against {name}, which these scores chose, p allows for all {arms * (arms - 1) // 2} pairs of arms (Holm "
        "1979): any two could have been held against each other."
    )


def verdict(row: Row, metric: str) -> str:
    """One of reference, better, worse, within noise, not tested."""
    if row.against is None:
        return "reference"
    if math.isnan(row.against.p):
        return "not tested"
    if not row.against.differs:
        return "within noise"
    return "better" if FIGURES[metric].higher == (row.against.value > 0) else "worse"


def spread(row: Row, metric: str) -> str:
    """The mean and, of several seeds, the deviation: "0.0412 ± 0.0007"."""
    mean, deviation = (_score(value, metric) for value in (row.mean, row.deviation))
    return mean if math.isnan(row.deviation) else f"{mean} ± {deviation}"


def step(difference: Difference, metric: str) -> tuple[str, str, str]:
    """The difference and the ends of its interval, with a sign and at least two digits that tell; dashes for NaN."""
    digits, size = FIGURES[metric].digits, abs(difference.value)
    if size >= 1e-6:
        digits = max(digits, min(1 - floor(log10(size)), 6))
    ends = (difference.value, difference.low, difference.high)
    return tuple("–" if math.isnan(end) else f"{end:+z.{digits}f}" for end in ends)


def cost(arm: Arm) -> dict[str, float]:
    """The means of `COST` over the runs that measured them; NaN where none did."""
    known = {name: [run.figures[name] for run in arm.runs if name in run.figures] for name in COST}
    return {name: sum(values) / len(values) if values else math.nan for name, values in known.items()}


def number(value: float) -> str:
    """A cost, as people read it: three digits that tell; a dash for NaN."""
    return "–" if math.isnan(value) else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def portraits(ranking: Ranking) -> str:
    """How many portraits were scored: "16 test portraits", or "12 to 16 test portraits"."""
    found = {len(run.images) for row in ranking.rows for run in row.arm.runs}
    return f"{min(found):,} to {max(found):,} test portraits" if len(found) > 1 else _count(*found, "test portrait")


def summary(rankings: Mapping[str, Ranking], metric: str, lead: Ranking, left_out: Sequence[str]) -> str:
    """What a comparison prints: the answer, the ranked table, a sentence for each arm, and what was left out.

    Args:
        rankings: by figure, all against one reference.
        metric: the figure that the table is ranked by.
        lead: by that figure, against the best arm.
        left_out: a line for each folder that could not be compared.
    """
    ranking = rankings[metric]
    lines = [*answer(lead), "", *_table(rankings, metric)]
    if sentences := [sentence(ranking, row) for row in ranking.rows if row.against]:
        lines += ["", *sentences, *([correction(ranking)] if len(ranking.rows) > 2 else [])]
    if left_out:
        lines += ["", "left out:", *(f"  {line}" for line in left_out)]
    return "\n".join(lines)


def compare_csv(rankings: Mapping[str, Ranking]) -> str:
    """The content of `compare.csv`: a row for each figure of each arm, the best first.

    After `arm` come the settings in which the arms differ, a column each. `difference` to `differs` are of the figure
    against `reference`, over the `paired_seeds` and `paired_images` that both have; they are empty for the reference
    itself. The cost, a mean over the seeds, is the same in all rows of an arm.
    """
    rows: list[list[Any]] = []
    settings: list[str] = []
    for name, ranking in rankings.items():
        settings = list(ranking.rows[0].arm.settings)
        for place, row in enumerate(ranking.rows, start=1):
            arm, found = row.arm, row.against
            of_arm = [len(arm.runs), min(len(run.images) for run in arm.runs)]
            against = [""] * 7
            if found:
                numbers = [_cell(value) for value in (found.value, found.low, found.high, found.p)]
                differs = "" if math.isnan(found.p) else str(found.differs).lower()
                against = [*numbers, differs, found.seeds, found.images]
            rows.append(
                [arm.name, *(_setting(arm.settings[key]) for key in settings), name, place]
                + [_cell(row.mean), _cell(row.deviation), *of_arm, ranking.reference.name, *against]
                + [_cell(value) for value in cost(arm).values()]
            )
    head = ["arm", *settings, "figure", "rank", "mean", "deviation", "seeds", "images", "reference"]
    head += ["difference", "low", "high", "p", "differs", "paired_seeds", "paired_images", *COST]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([head, *rows])
    return text.getvalue()


def _table(rankings: Mapping[str, Ranking], metric: str) -> list[str]:
    ranking = rankings[metric]
    others = [name for name in HEADLINE if name in rankings and name != metric]
    found = {name: {row.arm.name: row for row in rankings[name].rows} for name in others}
    head = ["", "arm", "seeds", FIGURES[metric].label, *(FIGURES[name].label for name in others), *COST.values()]
    if several := len(ranking.rows) > 1:
        head += [f"{FIGURES[metric].label} against {ranking.reference.name}"]
    rows = [head]
    for place, row in enumerate(ranking.rows, start=1):
        cells = [str(place), row.arm.name, str(len(row.values)), spread(row, metric)]
        cells += [_score(found[name][row.arm.name].mean, name) for name in others]
        cells += [number(value) for value in cost(row.arm).values()]
        if several:
            cells.append(f"{step(row.against, metric)[0]}  {verdict(row, metric)}" if row.against else "reference")
        rows.append(cells)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _names(rows: Sequence[Row]) -> str:
    names = [row.arm.name for row in rows]
    if len(names) > _NAMED:
        return f"{names[0]} and {len(names) - 1} others"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _by(rows: Sequence[Row], metric: str) -> str:
    found = sorted((row.against for row in rows), key=lambda difference: abs(difference.value))
    sizes = [step(difference, metric)[0].lstrip("+-") for difference in found]
    return f"{sizes[0]} (p = {found[0].p:.2g})" if len(rows) == 1 else f"{sizes[0]} to {sizes[-1]}"


def _score(value: float, metric: str) -> str:
    return "–" if math.isnan(value) else f"{value:.{FIGURES[metric].digits}f}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"


def _setting(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)
