"""What a comparison found, in plain sentences."""

import math
from collections.abc import Sequence

from portrait_matting.comparison.numbers import count, spread, step
from portrait_matting.comparison.result import RankedArm, Ranking
from portrait_matting.metrics.catalogue import METRICS

_NAMED = 3  # arms by name in a sentence, at most


def answer(ranking: Ranking) -> list[str]:
    """Who is best, by how much, and whether that is more than noise, in plain sentences.

    Args:
        ranking: whose reference is its first arm, so that every difference is from the best.
    """
    best, *others = ranking.rows
    info = METRICS[ranking.metric]
    score = f"{spread(best, ranking.metric)}, over {count(len(best.values), 'seed')} and {portraits(ranking)}"
    if not others:
        return [
            f"{best.arm.name} has a {info.label} of {score}.",
            "It is alone: there is nothing to compare it with.",
        ]
    lines = [f"{best.arm.name} has the {'highest' if info.higher else 'lowest'} {info.label}: {score}."]
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


def portraits(ranking: Ranking) -> str:
    """How many portraits were scored: "16 test portraits", or "12 to 16 test portraits"."""
    counts = {len(run.images) for row in ranking.rows for run in row.arm.runs}
    return f"{min(counts):,} to {max(counts):,} test portraits" if len(counts) > 1 else count(*counts, "test portrait")


def _names(rows: Sequence[RankedArm]) -> str:
    names = [row.arm.name for row in rows]
    if len(names) > _NAMED:
        return f"{names[0]} and {len(names) - 1} others"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _by(rows: Sequence[RankedArm], metric: str) -> str:
    differences = sorted((row.against for row in rows), key=lambda difference: abs(difference.value))
    sizes = [step(difference, metric)[0].lstrip("+-") for difference in differences]
    return f"{sizes[0]} (p = {differences[0].p:.2g})" if len(rows) == 1 else f"{sizes[0]} to {sizes[-1]}"
