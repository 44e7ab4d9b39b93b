"""The examples in the docstrings of the metrics."""

import doctest
from importlib import import_module

import pytest

MODULES = (
    "boundary",
    "calibration",
    "connectivity",
    "e_measure",
    "functional",
    "gradient",
    "precision_recall",
    "s_measure",
    "weighted_f",
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = import_module(f"portrait_matting.metrics.{name}")
    failed, attempted = doctest.testmod(module)
    assert attempted > 0
    assert failed == 0
