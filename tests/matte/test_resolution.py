import numpy as np
import pytest
import torch
from PIL import Image

from portrait_matting.matte.resolution import to_size


@pytest.mark.parametrize("size", [(40, 56), (7, 5), (40, 5), (13, 90)])
def test_against_pillow(size):
    """Pillow's bilinear filter widens where it shrinks: another implementation of the same rule."""
    matte = torch.rand(1, 20, 28, generator=torch.Generator().manual_seed(0))
    expected = Image.fromarray(matte[0].numpy()).resize((size[1], size[0]), Image.Resampling.BILINEAR)
    result = to_size(matte, *size)
    assert result.shape == (1, *size)
    np.testing.assert_allclose(result[0], np.asarray(expected), atol=1e-5)


def test_its_own_size_is_left_alone():
    matte = torch.rand(1, 9, 7)
    assert torch.equal(to_size(matte, 9, 7), matte)


def test_shrinking_does_not_lose_a_hair():
    matte = torch.zeros(1, 64, 64)
    matte[:, :, 31] = 1  # every eighth pixel would miss it
    small = to_size(matte, 8, 8)
    assert small.sum() / 8 == pytest.approx(1 / 8, rel=1e-4)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_float32_whatever_the_precision_of_the_run(dtype):
    matte = torch.rand(1, 8, 8).to(dtype)
    expected = to_size(matte.float(), 20, 12)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        result = to_size(matte, 20, 12)
    assert result.dtype == torch.float32
    assert torch.equal(result, expected)
    assert 0 <= result.min() <= result.max() <= 1
