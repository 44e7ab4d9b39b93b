from pathlib import Path

import numpy as np
import pytest

from portrait_matting.errors import InputError
from portrait_matting.labelling.model_input import model_input
from portrait_matting.labelling.network_choice import NetworkChoice

FLOAT, UINT8, INT8 = np.dtype(np.float32), np.dtype(np.uint8), np.dtype(np.int8)


def choice(**given):
    return NetworkChoice(Path("a.onnx"), **given)


@pytest.mark.parametrize(
    ("shape", "given", "is_read"),
    [
        ((1, 3, 32, 48), {}, (32, 48, False)),
        ((1, 32, 48, 3), {}, (32, 48, True)),
        ((None, 3, None, None), {"input_size": 64}, (64, 64, False)),
        ((None, None, None, 3), {"input_size": 64}, (64, 64, True)),
        ((None, None, None, None), {"input_size": 64}, (64, 64, False)),
        ((1, 3, 32, 32), {"input_size": 32}, (32, 32, False)),
        ((1, 3, None, 32), {"input_size": 32}, (32, 32, False)),
    ],
)
def test_the_shape_is_read(shape, given, is_read):
    taken = model_input(shape, FLOAT, choice(**given))
    assert (taken.height, taken.width, taken.channels_last) == is_read


@pytest.mark.parametrize(
    ("shape", "dtype", "given", "says"),
    [
        ((1, 1000), FLOAT, {}, "takes 1x1000, no RGB picture"),
        ((), FLOAT, {}, "takes a number, no RGB picture"),
        ((1, 1, 32, 32), FLOAT, {}, "takes 1x1x32x32, no RGB picture"),
        ((4, 3, 32, 32), FLOAT, {}, "takes 4 pictures at once"),
        ((1, 3, 4, 4), FLOAT, {}, "takes 1x3x4x4, no photo"),
        ((None, 3, None, None), FLOAT, {}, r"\(\?x3x\?x\?\): say with --input-size"),
        ((1, 3, 32, 48), FLOAT, {"input_size": 32}, "takes pictures of 32x48, not of --input-size 32"),
        ((1, 3, 32, 32), UINT8, {"normalisation": "half"}, "whole numbers, 0 to 255, not --normalisation half"),
    ],
)
def test_what_is_no_picture_is_refused(shape, dtype, given, says):
    with pytest.raises(InputError, match=says):
        model_input(shape, dtype, choice(**given))


def red():
    return np.full((20, 40, 3), (255, 102, 0), np.uint8)


@pytest.mark.parametrize(
    ("normalisation", "pixel"),
    [
        (None, (1, 0.4, 0)),
        ("raw", (255, 102, 0)),
        ("half", (1, -0.2, -1)),
        ("imagenet", ((1 - 0.485) / 0.229, (0.4 - 0.456) / 0.224, (0 - 0.406) / 0.225)),
    ],
)
def test_colours_are_rgb_and_normalised(normalisation, pixel):
    array = model_input((1, 16, 32, 3), FLOAT, choice(normalisation=normalisation)).array(red())
    assert (array.shape, array.dtype) == ((1, 16, 32, 3), FLOAT)
    np.testing.assert_allclose(array[0, 3, 5], pixel, atol=1e-5)
    planes = model_input((1, 3, 16, 32), FLOAT, choice(normalisation=normalisation)).array(red())
    np.testing.assert_allclose(planes[0, :, 3, 5], pixel, atol=1e-5)


def test_whole_numbers_are_colours_unless_they_are_quantised():
    assert model_input((1, 3, 32, 32), UINT8, choice()).array(red())[0, :, 0, 0].tolist() == [255, 102, 0]
    quantised = model_input((1, 3, 32, 32), INT8, choice(), step=1 / 255, zero=-128)
    assert quantised.array(red())[0, :, 0, 0].tolist() == [127, -26, -128]


@pytest.mark.parametrize(
    ("dtype", "step", "zero", "normalisation"),
    [
        (UINT8, 1.0, 0, "raw"),
        (INT8, 1.0, -128, "raw"),
        (UINT8, 1 / 255, 0, "unit"),
        (INT8, 1 / 256, -128, "unit"),
        (UINT8, 1 / 128, 128, "half"),
        (INT8, 0.0078431, 0, "half"),
        (INT8, 0.02, 0, "unit"),  # of no range that is known
        (FLOAT, 1.0, 0, "unit"),
    ],
)
def test_the_range_of_whole_numbers_says_how_colours_come(dtype, step, zero, normalisation):
    assert model_input((1, 32, 32, 3), dtype, choice(), step, zero).normalisation == normalisation


def test_a_padded_photo_keeps_its_shape_and_its_matte_is_cut_out_again():
    taken = model_input((1, 3, 32, 32), FLOAT, choice(fit="pad"))
    array = taken.array(red())
    assert (array[0, 0, :16] == 1).all()
    assert (array[0, :, 16:] == 0).all()
    assert taken.cut(array[0, 0], 20, 40).shape == (16, 32)
    assert taken.cut(array[0, 0, ::2, ::2], 20, 40).shape == (8, 16)  # of a network that gives half its size
