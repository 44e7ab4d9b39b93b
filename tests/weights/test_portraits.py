"""The networks in the package: there, small, read by what reads every checkpoint, and of use."""

import pytest

from portrait_matting import Matter, checkpoint
from portrait_matting.synthetic import draw_portrait
from portrait_matting.weights.shipped import find, names

NAMES = names()


@pytest.mark.parametrize("name", NAMES)
def test_it_is_of_at_most_three_megabytes_and_says_what_it_is(name):
    assert find(name).stat().st_size <= 3_000_000
    weights = checkpoint.read_weights(name)
    assert {"network", "input", "training", "shares", "sources", "licence"} <= weights.about.keys()
    assert all(tensor.isfinite().all() for tensor in weights.state.values())
    assert max(tensor.element_size() for tensor in weights.state.values() if tensor.is_floating_point()) == 2


@pytest.mark.parametrize("name", NAMES)
def test_its_recipe_is_read(name):
    restored = checkpoint.load(name)
    assert restored.input_size >= 64
    assert restored.normalisation
    assert {parameter.element_size() for parameter in restored.net.parameters()} == {4}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("index", [0, *(pytest.param(index, marks=pytest.mark.slow) for index in (1, 2))])
def test_it_cuts_out_drawn_portraits(name, index):
    image, alpha = draw_portrait("test", 0, index, 384, 336)
    matte = Matter(name, device="cpu")(image).alpha > 0.5
    assert (matte & (alpha > 0.5)).sum() / (matte | (alpha > 0.5)).sum() > 0.9
