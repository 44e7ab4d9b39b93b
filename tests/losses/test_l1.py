import math

import pytest
import torch

from portrait_matting.losses import L1
from portrait_matting.losses.l1 import l1


def test_by_hand():
    logits = torch.tensor([[[[0.0, math.log(3)]], [[-math.log(3), 0.0]]]])  # 0.5 0.75 and 0.25 0.5
    alpha = torch.tensor([[[[0.3, 1.0]]]])
    assert L1()(logits, alpha).tolist() == [pytest.approx([(0.2 + 0.25) / 2, (0.05 + 0.5) / 2], abs=1e-6)]


def test_errors_in_the_band_weigh_more():
    logits = torch.tensor([[[[0.0, math.log(3)]]]])
    weight = torch.tensor([[[[3.0, 1.0]]]])
    assert l1(logits, torch.tensor([[[[0.0, 1.0]]]]), weight).item() == pytest.approx((3 * 0.5 + 0.25) / 4, abs=1e-6)


def test_least_at_the_median():
    """Of three possible alphas; squares are least at their mean."""
    alphas = torch.tensor([0.0, 0.1, 0.8]).view(3, 1, 1, 1)
    mattes = [0.05, 0.1, 0.2, 0.3, 0.4]
    losses = [L1()(torch.full_like(alphas, matte).logit(), alphas).mean().item() for matte in mattes]
    assert mattes[losses.index(min(losses))] == 0.1


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("logit", [-65504.0, 0.0, 65504.0])
def test_value_and_gradient_are_finite(dtype, logit):
    logits = torch.full((1, 1, 4, 4), logit).to(dtype).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        loss = L1()(logits, torch.ones(1, 1, 4, 4))
    loss.backward()
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(1 - torch.tensor(logit).sigmoid().item())
    assert logits.grad.isfinite().all()
