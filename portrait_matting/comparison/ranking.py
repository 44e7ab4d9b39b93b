"""Arms in the order of a metric, and which of them differ from the reference by more than noise."""

from collections.abc import Sequence
from itertools import combinations
from math import isnan

import numpy as np

from portrait_matting.comparison.crossed import crossed_test
from portrait_matting.comparison.pairing import common, paired, scores, scores_of
from portrait_matting.comparison.result import Arm, Difference, RankedArm, Ranking, Run
from portrait_matting.errors import InputError
from portrait_matting.evaluation import paired_test as comparison
from portrait_matting.evaluation.paired_test import holm
from portrait_matting.metrics.catalogue import METRICS

NO_MEANS = ("max_f", "calibration_error")
"""Metrics of a whole set of images that are not the mean of the images' own."""


def rank(arms: Sequence[Arm], metric: str, against: Arm | None = None, named: bool | None = None) -> Ranking:
    """Ranks arms by a metric of the test split, the best first; an arm without it (NaN) comes last.

    Each arm's difference from the reference is tested over the images that both have, by name, and their seeds, by
    number, and those that are left by their order, which is as good as any (`crossed_test`). p allows for the number of
    tests (Holm): where the reference was named beforehand, of the arms that are held against it; where the scores chose
    it, of all pairs of arms. The best of k equal arms is the one that chance favoured most, and held against it as if
    it had been named, with three seeds each, others come out as worse in 7 to 11 of a hundred comparisons, not in 5.
    Of a metric that is no mean of images (`NO_MEANS`) the difference is only given, not tested.

    Args:
        arms: of finished runs.
        metric: a name of metrics.catalogue.METRICS.
        against: the reference, one of the arms; None: the best.
        named: whether the reference was named before there were scores; None: yes, if one is given.

    Raises:
        InputError: an unknown metric, a run that did not measure it, an arm that shares no image with the reference.
    """
    if metric not in METRICS:
        raise InputError(f"there is no metric {metric}: choose one of {', '.join(METRICS)}")
    named = against is not None if named is None else named
    values = [[_value(run, metric) for run in arm.runs] for arm in arms]
    means = [float(np.mean(of_arm)) for of_arm in values]
    sign = -1 if METRICS[metric].higher else 1
    order = sorted(range(len(arms)), key=lambda at: (isnan(means[at]), sign * means[at]))
    reference = against or arms[order[0]]
    differences = {at: _difference(reference, arms[at], metric) for at in order if arms[at] is not reference}
    others = [] if named else [_p(*pair, metric) for pair in combinations((arms[at] for at in differences), 2)]
    corrected = dict(
        zip(differences, _corrected([tested[0][3] for tested in differences.values()], others), strict=True)
    )
    rows = []
    for at in order:
        difference = None
        if at in differences:
            (value, low, high, _), seeds, images = differences[at]
            p = corrected[at]
            difference = Difference(value, low, high, p, p < 0.05, seeds, images)
        deviation = float(np.std(values[at], ddof=1)) if len(values[at]) > 1 else np.nan
        rows.append(RankedArm(arms[at], means[at], deviation, values[at], difference))
    return Ranking(metric, rows, reference, named)


def sentence(ranking: Ranking, row: RankedArm) -> str:
    """Says in a line how an arm stands to the reference, and whether that is more than noise."""
    known, difference = METRICS[ranking.metric], row.against
    if difference is None:
        place = "has the best" if row is ranking.rows[0] else "is the reference:"
        return f"{row.arm.name} {place} {known.label}, {row.mean:.{known.digits}f}"
    over = f"{_count(difference.seeds, 'seed')}, {_count(difference.images, 'image')}"
    if isnan(difference.value):
        return f"{row.arm.name} and {ranking.reference.name} have no image in common with a {known.label} ({over})"
    written = comparison.sentence(ranking.reference.name, row.arm.name, ranking.metric, difference)
    if isnan(difference.p):
        no_mean = f"{known.label} is no mean of images"
        why = no_mean if ranking.metric in NO_MEANS else "one image tells nothing of others"
        return f"{written.rpartition(' (')[0]} ({over}): not tested, {why}"
    numbers, _, verdict = written.rpartition("): ")
    alone = "; one seed each: another may say otherwise" if difference.seeds == 1 else ""
    return f"{numbers}, {over}): {verdict}{alone}"


def _value(run: Run, metric: str) -> float:
    """A run's score, NaN where no image of its has anything to measure."""
    if metric in NO_MEANS:
        if f"test/{metric}" not in run.metrics:
            raise InputError(f"{run.folder} did not measure {metric}: run it again, or choose another metric")
        return float(run.metrics[f"test/{metric}"])
    of_images = scores(run, metric)
    return float(np.nanmean(of_images)) if not np.isnan(of_images).all() else np.nan


def _corrected(p_values: Sequence[float], others: Sequence[float]) -> list[float]:
    """p allowing for all tests that were done, these and others; what was not tested, NaN, is none."""
    tested = [p for p in (*p_values, *others) if not isnan(p)]
    corrected = iter(holm(tested).tolist())
    return [p if isnan(p) else next(corrected) for p in p_values]


def _p(first: Arm, second: Arm, metric: str) -> float:
    """Uncorrected, of two arms of which neither is the reference; NaN where they share no image."""
    pairs = paired(first.runs, second.runs)
    images = common(pairs)
    return _tested(pairs, images, metric)[0][3] if images else np.nan


def _difference(reference: Arm, arm: Arm, metric: str) -> tuple[tuple[float, float, float, float], int, int]:
    """(value, low, high, uncorrected p) of arm - reference, over how many seeds, and over how many images."""
    pairs = paired(reference.runs, arm.runs)
    images = common(pairs)
    if not images:
        raise InputError(
            f"{reference.name} and {arm.name} were tested on other images, {_data(reference)} and {_data(arm)}: "
            "compare runs on the same data"
        )
    tested, measured = _tested(pairs, images, metric)
    return tested, len(pairs), measured


def _tested(
    pairs: Sequence[tuple[Run, Run]], images: Sequence[str], metric: str
) -> tuple[tuple[float, float, float, float], int]:
    """(value, low, high, uncorrected p) of second - first, and over how many images."""
    if metric in NO_MEANS:
        value = float(np.mean([_value(second, metric) - _value(first, metric) for first, second in pairs]))
        return (value, np.nan, np.nan, np.nan), len(images)
    first, second = (np.stack([scores_of(run, metric, images) for run in side]) for side in zip(*pairs, strict=True))
    return crossed_test(first, second), int(np.sum(~np.isnan(first + second).any(axis=0)))


def _data(arm: Arm) -> str:
    data = arm.runs[0].config.get("data") or {}
    if sources := data.get("sources"):
        return f"the sources {', '.join(sources)}"
    return str(data.get("root") or str(data.get("_target_", "data")).rpartition(".")[2])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
