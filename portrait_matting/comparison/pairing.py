"""What two arms have in common: their runs by seed, the images of both by name."""

from collections.abc import Sequence

import numpy as np

from portrait_matting.comparison.result import Run
from portrait_matting.errors import InputError


def paired(first: Sequence[Run], second: Sequence[Run]) -> list[tuple[Run, Run]]:
    """The runs of two arms by their seeds, and those that are left by their order, which is as good as any."""
    by_seed = {run.seed: run for run in second}
    shared = [(run, by_seed[run.seed]) for run in first if run.seed in by_seed]
    seeds = {run.seed for run, _ in shared}
    left, right = ([run for run in runs if run.seed not in seeds] for runs in (first, second))
    return shared + list(zip(left, right, strict=False))


def common(pairs: Sequence[tuple[Run, Run]]) -> list[str]:
    """The images that all of some runs have scored."""
    first, *others = [run.images for pair in pairs for run in pair]
    if all(images == first for images in others):  # as a rule: ten thousand names are compared in no time
        return first
    known = [set(images) for images in others]
    return [name for name in first if all(name in other for other in known)]


def scores_of(run: Run, metric: str, images: Sequence[str]) -> np.ndarray:
    """The scores of some images of a run by one metric, float64 (N,)."""
    if run.images == images:
        return scores(run, metric)
    rows = {name: row for row, name in enumerate(run.images)}
    return scores(run, metric)[[rows[name] for name in images]]


def scores(run: Run, metric: str) -> np.ndarray:
    """The scores of all images of a run by one metric, float64 (N,); raises InputError where it did not measure it."""
    if metric not in run.scores:
        raise InputError(f"{run.folder} did not measure {metric}: run it again, or choose another metric")
    return run.scores[metric]
