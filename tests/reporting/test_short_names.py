import doctest

import pytest

from portrait_matting.reporting import short_names
from portrait_matting.reporting.short_names import tails


def test_docstrings():
    assert doctest.testmod(short_names) == doctest.TestResults(failed=0, attempted=3)


@pytest.mark.parametrize("even", [False, True])
def test_a_text_that_another_ends_with_stays_whole(even):
    assert tails(["a/b", "b"], "/", even) == ["a/b", "b"]


def test_ends_of_several_lengths():
    assert tails(["a/b/c", "a/d/c", "e", "x/e"], "/") == ["b/c", "d/c", "e", "x/e"]


@pytest.mark.parametrize("even", [False, True])
def test_equal_texts_have_equal_ends_and_none_have_none(even):
    assert tails(["a.b", "a.b"], ".", even) == ["b", "b"]
    assert tails([], ".", even) == []
