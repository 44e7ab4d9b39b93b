import doctest

from portrait_matting.comparison import arm_name


def test_docstrings():
    assert doctest.testmod(arm_name) == doctest.TestResults(failed=0, attempted=1)
