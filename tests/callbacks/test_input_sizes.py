from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from portrait_matting.callbacks.input_sizes import InputSizes
from portrait_matting.errors import InputError


def batch(side=128):
    generator = torch.Generator().manual_seed(0)
    return {"image": torch.randn(2, 3, side, side, generator=generator), "alpha": torch.rand(2, 1, side, side)}


def after(step, factors, seed=0):
    samples = batch()
    InputSizes(factors, seed).on_train_batch_start(SimpleNamespace(global_step=step), None, samples, 0)
    return samples


def test_images_and_alphas_are_of_one_size():
    sizes = set()
    for step in range(40):
        samples = after(step, [0.5, 0.75, 1])
        assert samples["image"].shape[-2:] == samples["alpha"].shape[-2:]
        sizes.add(samples["image"].shape[-1])
    assert sizes == {64, 96, 128}


def test_the_step_alone_decides():
    first, second = ([after(step, [0.5, 1])["image"].shape[-1] for step in range(20)] for _ in range(2))
    assert first == second
    assert first != [after(step, [0.5, 1], seed=1)["image"].shape[-1] for step in range(20)]


def test_half_of_it_is_the_mean_of_four():
    """Of a picture in blocks of 4 × 4, where the filter's wider support sees nothing else in the middle."""
    image = torch.arange(64.0).view(1, 1, 8, 8).repeat_interleave(16, 2).repeat_interleave(16, 3)
    samples = {"image": image.clone(), "alpha": image.clone()}
    InputSizes([0.5]).on_train_batch_start(SimpleNamespace(global_step=0), None, samples, 0)
    middle = np.s_[..., 2::8, 2::8]
    torch.testing.assert_close(samples["image"][middle], F.avg_pool2d(image, 2)[middle])


@pytest.mark.parametrize("side, factor, size", [(16, 0.5, 16), (120, 0.95, 120), (120, 0.8, 96), (320, 0.99, 320)])
def test_the_input_size_stays_the_largest(side, factor, size):
    """Also where it is no multiple of 32: what the planner says of memory is of this size."""
    samples = batch(side)
    InputSizes([factor]).on_train_batch_start(SimpleNamespace(global_step=0), None, samples, 0)
    assert samples["image"].shape[-2:] == samples["alpha"].shape[-2:] == (size, size)


@pytest.mark.parametrize("factors", [[], [0], [1.1], ["a"], [float("nan")]])
def test_factors_that_are_none(factors):
    with pytest.raises(InputError, match="factors="):
        InputSizes(factors)
