from pathlib import Path

import numpy as np
import pytest

from portrait_matting.errors import InputError
from portrait_matting.labelling.model_output import alpha_of, find_values, is_map, planes

PATH = Path("a.onnx")


def flat(*levels):
    return np.stack([np.full((8, 9), level, np.float32) for level in levels])


@pytest.mark.parametrize(
    ("shape", "yes"),
    [
        ((1, 1, 32, 32), True),
        ((1, 32, 32, 1), True),
        ((1, 32, 32), True),
        ((32, 32), True),
        ((1, 21, 32, 32), True),
        ((None, 1, None, None), True),
        ((1, 1000), False),
        ((1, 3, 1, 1), False),
        ((1,), False),
        ((), False),
    ],
)
def test_maps_are_told_from_other_outputs(shape, yes):
    assert is_map(shape) == yes


@pytest.mark.parametrize("shape", [(1, 2, 8, 9), (2, 8, 9)])
def test_channels_come_first_wherever_they_were(shape):
    raw = flat(0.25, 0.75).reshape(shape)
    assert planes(raw, PATH)[:, 0, 0].tolist() == [0.25, 0.75]
    assert planes(np.moveaxis(flat(0.25, 0.75), 0, -1)[None], PATH)[:, 0, 0].tolist() == [0.25, 0.75]
    assert planes(np.full((1, 8, 9, 1), 51, np.uint8), PATH)[0, 0, 0] == np.float32(0.2)


def test_no_matte_and_nan_are_refused():
    with pytest.raises(InputError, match="gives 1x1000, no matte"):
        planes(np.zeros((1, 1000), np.float32), PATH)
    with pytest.raises(InputError, match="predicts NaN"):
        planes(flat(np.nan), PATH)


@pytest.mark.parametrize(
    ("levels", "values"),
    [((0.0,), "alpha"), ((1.001,), "alpha"), ((-5.0,), "logits"), ((0.3, 0.7), "alpha"), ((-2.0, 3.0), "logits")],
)
def test_what_the_numbers_are_is_found_out(levels, values):
    assert find_values([flat(*levels), flat(*levels)], PATH) == values


@pytest.mark.parametrize(
    ("levels", "says"), [((255.0,), "from 255 to 255, neither"), ((0.3, 0.3), "2 maps of 0 to 1 that do not add up")]
)
def test_what_may_be_either_is_asked(levels, says):
    with pytest.raises(InputError, match=f"{says}.* --values"):
        find_values([flat(*levels)], PATH)


@pytest.mark.parametrize(
    ("levels", "values", "channel", "alpha"),
    [
        ((0.3,), "alpha", None, 0.3),
        ((51,), "levels", None, 0.2),
        ((0.0,), "logits", None, 0.5),
        ((2.0,), "logits", None, 1 / (1 + np.exp(-2))),
        ((-1e4,), "logits", None, 0),
        ((0.3, 0.7), "alpha", None, 0.7),
        ((0.3, 0.7), "alpha", 0, 0.3),
        ((1.0, 2.0), "logits", None, np.e / (1 + np.e)),
        ((0.0, 0.0, 0.0, 0.0), "logits", None, 0.75),
        ((0.0, 0.0, 0.0, 0.0), "logits", 2, 0.25),
        ((0.0, 2000.0), "logits", None, 1),
    ],
)
def test_the_alpha_by_hand(levels, values, channel, alpha):
    matte = alpha_of(flat(*levels), values, channel, PATH)
    assert (matte.shape, matte.dtype) == ((8, 9), np.float32)
    np.testing.assert_allclose(matte, alpha, rtol=1e-6)


def test_numbers_that_are_not_what_was_said_are_refused():
    with pytest.raises(InputError, match="alpha from 3 to 3, no alphas: give --values logits"):
        alpha_of(flat(3.0), "alpha", None, PATH)
    with pytest.raises(InputError, match="has 2 channels, no --channel 2"):
        alpha_of(flat(0.3, 0.7), "alpha", 2, PATH)
