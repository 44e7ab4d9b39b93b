import doctest

from portrait_matting.comparison import arm_name
from portrait_matting.comparison.arm_name import tails


def test_docstrings():
    assert doctest.testmod(arm_name) == doctest.TestResults(failed=0, attempted=2)


def test_tails():
    assert tails(["a/b/c", "a/d/c", "e", "x/e"], "/") == ["b/c", "d/c", "e", "x/e"]
    assert tails(["a.b", "a.b"], ".") == ["b", "b"]
