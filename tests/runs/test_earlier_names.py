import doctest

import pytest
from hydra.utils import get_object

from portrait_matting.runs import earlier_names
from portrait_matting.runs.earlier_names import EARLIER, present


def test_docstrings():
    assert doctest.testmod(earlier_names) == doctest.TestResults(failed=0, attempted=2)


@pytest.mark.parametrize("earlier", EARLIER)
def test_an_earlier_name_leads_to_a_class_that_is_there(earlier):
    assert callable(get_object(present(earlier)))


@pytest.mark.parametrize("name", sorted(EARLIER.values()))
def test_a_present_name_is_no_earlier_one(name):
    assert present(name) == name
