"""What a comparison found as tables: the one that is printed, with the answer above it, and `compare.csv`."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from portrait_matting.comparison.answer import answer, correction
from portrait_matting.comparison.numbers import COST, cost, number, score, spread, step, verdict
from portrait_matting.comparison.ranking import sentence
from portrait_matting.comparison.result import Ranking
from portrait_matting.metrics.catalogue import METRICS

HEADLINE = ("mad", "iou", "band_mad")


def summary(rankings: Mapping[str, Ranking], metric: str, lead: Ranking, left_out: Sequence[str]) -> str:
    """What a comparison prints: the answer, the ranked table, a sentence for each arm, and what was left out.

    Args:
        rankings: by metric, all against one reference.
        metric: the metric that the table is ranked by.
        lead: by that metric, against the best arm.
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
    """The content of `compare.csv`: a row for each metric of each arm, the best first.

    After `arm` come the settings in which the arms differ, a column each. `difference` to `differs` are of the metric
    against `reference`, over the `paired_seeds` and `paired_images` that both have; they are empty for the reference
    itself. The cost, a mean over the seeds, is the same in all rows of an arm.
    """
    rows: list[list[Any]] = []
    settings: list[str] = []
    for name, ranking in rankings.items():
        settings = list(ranking.rows[0].arm.settings)
        for place, row in enumerate(ranking.rows, start=1):
            arm, difference = row.arm, row.against
            of_arm = [len(arm.runs), min(len(run.images) for run in arm.runs)]
            against = [""] * 7
            if difference:
                ends = (difference.value, difference.low, difference.high, difference.p)
                differs = "" if math.isnan(difference.p) else str(difference.differs).lower()
                against = [*map(_cell, ends), differs, difference.seeds, difference.images]
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
    by_arm = {name: {row.arm.name: row for row in rankings[name].rows} for name in others}
    head = ["", "arm", "seeds", METRICS[metric].label, *(METRICS[name].label for name in others), *COST.values()]
    if several := len(ranking.rows) > 1:
        head += [f"{METRICS[metric].label} against {ranking.reference.name}"]
    rows = [head]
    for place, row in enumerate(ranking.rows, start=1):
        cells = [str(place), row.arm.name, str(len(row.values)), spread(row, metric)]
        cells += [score(by_arm[name][row.arm.name].mean, name) for name in others]
        cells += [number(value) for value in cost(row.arm).values()]
        if several:
            cells.append(f"{step(row.against, metric)[0]}  {verdict(row, metric)}" if row.against else "reference")
        rows.append(cells)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"


def _setting(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)
