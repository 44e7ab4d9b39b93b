import math

from portrait_matting.comparison.answer import answer, correction
from portrait_matting.comparison.numbers import verdict


def test_the_answer_is_who_is_best_by_how_much_and_that_it_is_more_than_noise(row, ranking):
    assert answer(ranking(row("b", 0.04), row("a", 0.06, 0.02, True))) == [
        "b has the lowest MAD: 0.0400 ± 0.0010, over 3 seeds and 16 test portraits.",
        "It is better than a by 0.0200 (p = 0.01): more than noise.",
    ]


def test_the_answer_says_when_a_difference_is_within_noise(row, ranking):
    lines = answer(ranking(row("b", 0.95), row("a", 0.94, -0.01), metric="iou"))
    assert lines[0].startswith("b has the highest IoU: 0.9500")
    assert lines[1:] == [
        "a is behind by 0.0100 (p = 0.4), which is within noise: these runs do not say whether it is any worse."
    ]


def test_of_many_arms_those_that_lie_behind_are_parted_from_those_that_may_not(row, ranking):
    near = [row(name, 0.05, 0.001 * (at + 1)) for at, name in enumerate("bc")]
    behind = [row(name, 0.09, 0.05 + 0.01 * at, True) for at, name in enumerate("defgh")]
    lines = answer(ranking(row("a", 0.04), *near, *behind))
    assert "It is better than d and 4 others by 0.0500 to 0.0900: more than noise." in lines
    assert any(line.startswith("b and c are behind by 0.0010 to 0.0020, which is within noise") for line in lines)


def test_one_seed_is_called_one_seed(row, ranking):
    lines = answer(ranking(row("b", 0.04, seeds=1), row("a", 0.06, 0.02, True, seeds=1)))
    assert "0.0400, over 1 seed and" in lines[0]
    assert "seed=0,1,2" in lines[-1]
    assert not any("seed=0,1,2" in line for line in answer(ranking(row("b", 0.04), row("a", 0.06, 0.02, True))))


def test_what_was_not_tested_is_not_called_noise(row, ranking):
    lines = answer(ranking(row("b", 0.9), row("a", 0.8, -0.1, p=math.nan), metric="max_f"))
    assert lines[1:] == ["Whether that is more than noise was not tested for a."]
    assert verdict(row("a", 0.8, -0.1, p=math.nan), "max_f") == "not tested"


def test_it_is_said_how_many_tests_p_allows_for(row, ranking):
    rows = [row("a", 0.04), *(row(name, 0.05, 0.01) for name in "bcd")]
    assert correction(ranking(*rows)).startswith("Against a, which these scores chose, p allows for all 6 pairs")
    assert correction(ranking(*rows, named=True)).startswith("Against a, which was named whatever the scores, p allows")
    assert "3 tests" in correction(ranking(*rows, named=True))
    assert {correction(ranking(*rows[:2], named=named)) for named in (False, True)} == {
        "p is of one test: there are no others for Holm's correction to allow for."
    }


def test_one_arm_has_nothing_to_be_compared_with(row, ranking):
    assert answer(ranking(row("b", 0.04)))[1] == "It is alone: there is nothing to compare it with."
