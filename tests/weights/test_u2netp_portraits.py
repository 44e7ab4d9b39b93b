"""The network in the package: there, small, read by what reads every checkpoint, and of use."""

from pathlib import Path

import pytest
import torch

import portrait_matting
from portrait_matting import Matter, checkpoint
from portrait_matting.images.network_input import NORMALISATIONS
from portrait_matting.synthetic import draw_portrait

WEIGHTS = Path(portrait_matting.__file__).parent / "weights" / "u2netp_portraits.pt"


def test_it_is_of_at_most_three_megabytes_and_says_what_it_is():
    assert WEIGHTS.stat().st_size <= 3_000_000
    content = torch.load(WEIGHTS, weights_only=True)
    assert {"network", "input", "training", "shares", "sources", "licence"} <= content["about"].keys()
    floats = {tensor.dtype for tensor in content["state_dict"].values() if tensor.is_floating_point()}
    assert floats == {torch.float16}
    assert all(tensor.isfinite().all() for tensor in content["state_dict"].values())


def test_its_recipe_is_read():
    restored = checkpoint.load(WEIGHTS)
    assert restored.input_size == 320
    assert restored.normalisation == NORMALISATIONS["easyportrait"]
    assert {tensor.dtype for tensor in restored.net.parameters()} == {torch.float32}


@pytest.mark.parametrize("index", [0, *(pytest.param(index, marks=pytest.mark.slow) for index in (1, 2))])
def test_it_cuts_out_drawn_portraits(index):
    image, alpha = draw_portrait("test", 0, index, 384, 336)
    matte = Matter.from_checkpoint(WEIGHTS, device="cpu")(image).alpha > 0.5
    assert (matte & (alpha > 0.5)).sum() / (matte | (alpha > 0.5)).sum() > 0.9


def test_a_card_is_with_it():
    assert "licences" in (WEIGHTS.parent / "README.md").read_text()
