"""Joining two maps: torch.cat's values and gradients, and gradients that are dense in the layout of the maps."""

import pytest
import torch

from portrait_matting.models.join import join


def maps(memory_format, dtype=torch.float32, requires_grad=True):
    """The maps of 3 and 5 channels."""
    torch.manual_seed(0)
    pair = torch.randn(2, 3, 6, 4, dtype=dtype), torch.randn(2, 5, 6, 4, dtype=dtype)
    return [features.contiguous(memory_format=memory_format).requires_grad_(requires_grad) for features in pair]


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_values_and_gradients_are_those_of_cat(memory_format, dtype):
    deep, skip = maps(memory_format, dtype)
    expected = torch.cat((deep, skip), 1)
    found = join(deep, skip)
    assert torch.equal(found, expected)
    assert found.stride() == expected.stride()
    weight = torch.randn(expected.shape).to(dtype)
    for gradient, wanted in zip(
        torch.autograd.grad(found, (deep, skip), weight),
        torch.autograd.grad(expected, (deep, skip), weight),
        strict=True,
    ):
        assert torch.equal(gradient, wanted)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_gradients_of_channels_last_maps_are_dense(memory_format):
    deep, skip = maps(memory_format)
    found = join(deep, skip)
    gradients = torch.autograd.grad(found, (deep, skip), torch.randn_like(found))
    dense = [gradient.is_contiguous(memory_format=torch.channels_last) for gradient in gradients]
    assert dense == [memory_format == torch.channels_last] * 2


def test_second_derivatives_are_right():
    deep, skip = maps(torch.channels_last, torch.float64)
    assert torch.autograd.gradgradcheck(join, (deep, skip))


def test_without_gradients_it_is_cat_alone():
    deep, skip = maps(torch.channels_last, requires_grad=False)
    with torch.no_grad():
        assert torch.equal(join(deep, skip), torch.cat((deep, skip), 1))
