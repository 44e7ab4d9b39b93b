"""The networks that there are, held to what a network is. `two_scales` is one that is no U²-Net."""

import importlib.util
import sys
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("contract", Path(__file__).with_name("contract.py"))
contract = importlib.util.module_from_spec(SPEC)
sys.modules["contract"] = contract
SPEC.loader.exec_module(contract)


@pytest.fixture(autouse=True)
def _tests_are_importable(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parent)


class TestU2NetLite(contract.NetworkContract):
    target = "portrait_matting.models.u2net.u2netp"


class TestTwoScales(contract.NetworkContract):
    target = "two_scales.TwoScales"
    arguments = {"width": 6, "activation": "silu"}  # noqa: RUF012


class TestTwoScalesByItsFunction(contract.NetworkContract):
    target = "two_scales.two_scales"
