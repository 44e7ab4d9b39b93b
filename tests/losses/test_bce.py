import math

import pytest
import torch

from portrait_matting.losses import BCE
from portrait_matting.losses.bce import bce


def test_by_hand():
    logits = torch.tensor([[[[0.0, math.log(3)]], [[-math.log(3), 0.0]]]])  # probabilities 0.5 0.75 and 0.25 0.5
    alpha = torch.tensor([[[[0.3, 1.0]]]])
    first = (math.log(2) - math.log(0.75)) / 2
    second = (-0.3 * math.log(0.25) - 0.7 * math.log(0.75) + math.log(2)) / 2
    assert BCE()(logits, alpha).tolist() == [pytest.approx([first, second], abs=1e-6)]


def test_errors_in_the_band_weigh_more():
    """Of an alpha that is half band, half not, the mean is the weighted one."""
    logits = torch.tensor([[[[0.0, math.log(3)]]]])  # ln 2 against any alpha, ln 4/3 against 1
    weight = torch.tensor([[[[3.0, 1.0]]]])
    expected = (3 * math.log(2) + math.log(4 / 3)) / 4
    assert bce(logits, torch.tensor([[[[0.0, 1.0]]]]), weight).item() == pytest.approx(expected, abs=1e-6)


def test_each_image_on_its_own():
    generator = torch.Generator().manual_seed(0)
    logits, alpha = torch.randn(4, 3, 8, 8, generator=generator), torch.rand(4, 1, 8, 8, generator=generator)
    alone = torch.cat([BCE()(logits[i : i + 1], alpha[i : i + 1]) for i in range(4)])
    torch.testing.assert_close(BCE()(logits, alpha), alone)


def test_least_at_the_truth():
    alpha = torch.full((1, 1, 4, 4), 0.3)
    losses = [BCE()(torch.full_like(alpha, p).logit(), alpha).item() for p in (0.1, 0.2, 0.3, 0.4, 0.5)]
    assert min(losses) == losses[2]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("logit", [-65504.0, 0.0, 65504.0])
def test_value_and_gradient_are_finite(dtype, logit):
    logits = torch.full((1, 1, 4, 4), logit).to(dtype).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        loss = BCE()(logits, torch.ones(1, 1, 4, 4))
    loss.backward()
    assert loss.dtype == torch.float32
    expected = math.log(2) if logit == 0 else max(0.0, -logits[0, 0, 0, 0].item())
    assert loss.item() == pytest.approx(expected)
    assert logits.grad.isfinite().all()
