"""The portraits of a set in groups of like size, brightness and coverage: whom a model fails, a mean does not tell."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from portrait_matting.evaluation.result import ScoredPortrait

_BRIGHTNESS = {2: ("dark", "bright"), 3: ("dark", "medium", "bright")}
_COVERAGE = {1: ("somebody",), 2: ("little", "much"), 3: ("little", "medium", "much")}


@dataclass(frozen=True)
class Stratum:
    """`by` is "source", "size", "brightness" or "coverage", `label` says which, `indices` whose, in ascending order."""

    by: str
    label: str
    indices: list[int]


def strata(portraits: list[ScoredPortrait], sources: Sequence[str] = ()) -> list[Stratum]:
    """Thirds of the portraits by the shorter side in pixels, by brightness and by coverage, from least to greatest.

    Those of a mix are parted by their `sources` first, one of each portrait.

    Values that read alike in a label, in pixels or hundredths, stay together. So a property may have two strata, or
    none where all portraits are alike; pictures with nobody in them (coverage 0) are one of their own.
    """
    sides = np.array([min(portrait.height, portrait.width) for portrait in portraits])
    brightness = np.round([portrait.brightness for portrait in portraits], 2)
    coverage = np.array([portrait.coverage for portrait in portraits])
    nobody, somebody = np.flatnonzero(coverage == 0), np.flatnonzero(coverage > 0)
    parts = [
        Stratum("source", name, [index for index, source in enumerate(sources) if source == name])
        for name in sorted(set(sources))
    ]
    if len(groups := _thirds(sides)) > 1:
        parts += [Stratum("size", f"shorter side {_range(sides[group], 'd')} px", group.tolist()) for group in groups]
    if len(groups := _thirds(brightness)) > 1:
        parts += _named("brightness", _BRIGHTNESS, groups, brightness)
    groups = [somebody[group] for group in _thirds(np.round(coverage[somebody], 2))]
    if len(groups) + (len(nobody) > 0) > 1:
        parts += [Stratum("coverage", "nobody", nobody.tolist())] if len(nobody) else []
        parts += _named("coverage", _COVERAGE, groups, coverage)
    return parts


def _thirds(values: np.ndarray) -> list[np.ndarray]:
    """Indices of up to three groups of about equal number, of ascending values; equal values are in one group."""
    order = np.argsort(values, kind="stable")
    rises = np.flatnonzero(np.diff(values[order])) + 1  # the only places to cut
    if not len(rises):
        return [np.sort(order)] if len(order) else []
    cuts = {int(rises[np.abs(rises - len(order) * part / 3).argmin()]) for part in (1, 2)}
    return [np.sort(group) for group in np.split(order, sorted(cuts))]


def _named(by: str, words: dict[int, tuple[str, ...]], groups: list[np.ndarray], values: np.ndarray) -> list[Stratum]:
    return [
        Stratum(by, f"{word}: {_range(values[group], '.2f')}", group.tolist())
        for word, group in zip(words[len(groups)], groups, strict=True)
    ]


def _range(values: np.ndarray, form: str) -> str:
    low, high = f"{values.min():{form}}", f"{values.max():{form}}"
    return low if low == high else f"{low} to {high}"
