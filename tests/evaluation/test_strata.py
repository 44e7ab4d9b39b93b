import random

import pytest

from portrait_matting.evaluation.result import ScoredPortrait
from portrait_matting.evaluation.strata import Stratum, strata


def portraits(sides=None, brightness=None, coverage=None):
    """Portraits that are alike but for what is given of each."""
    number = len(sides or brightness or coverage)
    rows = zip(sides or [300] * number, brightness or [0.5] * number, coverage or [0.4] * number, strict=True)
    return [
        ScoredPortrait(f"{index}", side, side + 100, light, covered)
        for index, (side, light, covered) in enumerate(rows)
    ]


def test_thirds_by_the_shorter_side():
    found = strata(portraits(sides=[900, 300, 410, 500, 1080, 320]))
    assert found == [
        Stratum("size", "shorter side 300 to 320 px", [1, 5]),
        Stratum("size", "shorter side 410 to 500 px", [2, 3]),
        Stratum("size", "shorter side 900 to 1080 px", [0, 4]),
    ]
    wide = [ScoredPortrait("wide", 200, 999, 0.5, 0.4), ScoredPortrait("tall", 999, 300, 0.5, 0.4)]
    assert [stratum.label for stratum in strata(wide)] == ["shorter side 200 px", "shorter side 300 px"]


def test_thirds_by_brightness_and_coverage():
    found = strata(portraits(brightness=[0.05, 0.31, 0.4, 0.45, 0.9, 0.6], coverage=[0.6, 0.5, 0.45, 0.3, 0.111, 0.1]))
    assert found == [
        Stratum("brightness", "dark: 0.05 to 0.31", [0, 1]),
        Stratum("brightness", "medium: 0.40 to 0.45", [2, 3]),
        Stratum("brightness", "bright: 0.60 to 0.90", [4, 5]),
        Stratum("coverage", "little: 0.10 to 0.11", [4, 5]),
        Stratum("coverage", "medium: 0.30 to 0.45", [2, 3]),
        Stratum("coverage", "much: 0.50 to 0.60", [0, 1]),
    ]


@pytest.mark.parametrize(
    "sides, groups",
    [
        ([600] * 9, []),
        ([600] * 8 + [300], [[8], [0, 1, 2, 3, 4, 5, 6, 7]]),
        ([600] * 6 + [300, 300, 900], [[6, 7], [0, 1, 2, 3, 4, 5], [8]]),
        ([300, 300, 300, 300, 400, 500], [[0, 1, 2, 3], [4, 5]]),  # both cuts fall on the one rise nearest to them
        ([300, 400, 500, 500, 500, 500], [[0, 1], [2, 3, 4, 5]]),
        ([300, 400], [[0], [1]]),
        ([300], []),
    ],
)
def test_equal_values_stay_together(sides, groups):
    assert [stratum.indices for stratum in strata(portraits(sides=sides))] == groups


def test_values_that_read_alike_stay_together():
    """A label of two digits could not say which of the two is in it."""
    assert strata(portraits(brightness=[0.301, 0.302, 0.303, 0.304])) == []
    found = strata(portraits(brightness=[0.301, 0.304, 0.306, 0.314, 0.5, 0.6]))
    assert [(one.label, one.indices) for one in found] == [
        ("dark: 0.30", [0, 1]),
        ("medium: 0.31", [2, 3]),
        ("bright: 0.50 to 0.60", [4, 5]),
    ]


@pytest.mark.parametrize(
    "coverage, labels",
    [
        ([0.0, 0.2, 0.3, 0.4, 0.0], ["nobody", "little: 0.20", "medium: 0.30", "much: 0.40"]),
        ([0.0, 0.2, 0.4], ["nobody", "little: 0.20", "much: 0.40"]),
        ([0.0, 0.2, 0.2], ["nobody", "somebody: 0.20"]),
        ([0.0, 0.001], ["nobody", "somebody: 0.00"]),
        ([0.0, 0.201, 0.204], ["nobody", "somebody: 0.20"]),
        ([0.0, 0.0], []),
        ([0.2, 0.2], []),
    ],
)
def test_pictures_of_nobody_are_their_own(coverage, labels):
    found = strata(portraits(coverage=coverage))
    assert [stratum.label for stratum in found] == labels
    for stratum in found:
        assert (stratum.label == "nobody") == (coverage[stratum.indices[0]] == 0)


def test_order_does_not_matter_and_nobody_is_lost():
    generator = random.Random(0)
    people = [
        ScoredPortrait(
            f"{index}", generator.randint(200, 400), 500, generator.random(), max(generator.random() - 0.2, 0)
        )
        for index in range(100)
    ]
    shuffled = generator.sample(people, len(people))

    def members(some):
        return {(one.by, one.label): {some[index].name for index in one.indices} for one in strata(some)}

    assert members(shuffled) == members(people)
    for by, number in (("size", 3), ("brightness", 3), ("coverage", 4)):
        groups = [names for (of, _), names in members(people).items() if of == by]
        assert len(groups) == number
        assert set.union(*groups) == {portrait.name for portrait in people}
        assert sum(map(len, groups)) == len(people)
        if by != "coverage":
            assert all(30 <= len(names) <= 37 for names in groups)


def test_nothing_to_split():
    assert strata([]) == []


def test_sources_of_a_mix_come_first():
    found = strata(portraits(sides=[900, 300, 410]), ["real", "drawn", "real"])
    assert [(part.by, part.label, part.indices) for part in found[:2]] == [
        ("source", "drawn", [1]),
        ("source", "real", [0, 2]),
    ]
