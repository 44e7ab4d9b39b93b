import math

import pytest
import torch
from hydra.utils import instantiate

from portrait_matting.config.compose import compose
from portrait_matting.errors import InputError
from portrait_matting.images.transition_band import TOLERANCE, edge_mask
from portrait_matting.losses import BoundaryRMSE
from portrait_matting.losses.boundary_rmse import boundary_rmse

DTYPES = [torch.float32, torch.bfloat16, torch.float16]


def disc(size=32, batch=1):
    """A soft disc, float32 (batch, 1, size, size), with a radius that grows along the batch."""
    row = torch.arange(size) - size / 2 + 0.5
    distance = (row[:, None] ** 2 + row**2).sqrt()
    radii = size * torch.linspace(0.2, 0.4, batch).view(-1, 1, 1, 1)
    return ((radii - distance) / 2 + 0.5).clamp(0, 1)


def test_by_hand():
    logits = torch.tensor([[[[0.0, 0.0], [math.log(3), -math.log(3)]]]])  # 0.5 0.5 / 0.75 0.25
    alpha = torch.tensor([[[[0.0, 0.5], [1.0, 1.0]]]])  # errors 0.5 0 / -0.25 -0.75
    weight = torch.tensor([[[[5.0, 1.0], [1.0, 5.0]]]])
    expected = math.sqrt((5 * 0.25 + 0 + 0.0625 + 5 * 0.5625) / 12)
    assert boundary_rmse(logits, alpha, weight).tolist() == [[pytest.approx(expected, abs=1e-6)]]


def test_error_in_the_band_weighs_more():
    """The same error costs sqrt(edge_weight) times as much in the band as outside."""
    alpha = torch.zeros(1, 1, 64, 64)
    alpha[..., 32:] = 1
    logits = (alpha - 0.5) * 40
    in_band, outside = logits.clone(), logits.clone()
    assert edge_mask(alpha)[0, 0, 5, 31] == 1
    assert edge_mask(alpha)[0, 0, 5, 3] == 0
    in_band[0, 0, 5, 31] = 0
    outside[0, 0, 5, 3] = 0
    for edge_weight in (1.0, 5.0, 9.0):
        loss = BoundaryRMSE(edge_weight=edge_weight)
        ratio = loss(in_band, alpha) / loss(outside, alpha)
        assert ratio.item() == pytest.approx(math.sqrt(edge_weight), rel=1e-3)


@pytest.mark.parametrize("width", [0.05, 0.4])
@pytest.mark.parametrize("alpha", [torch.zeros(1, 1, 40, 40), torch.ones(1, 1, 40, 40), disc(40).round()])
def test_constant_error_does_not_depend_on_the_band(width, alpha):
    """Normalised by its weights: an error of 0.5 everywhere costs 0.5 with no band, a narrow one, a wide one."""
    loss = BoundaryRMSE(width=width)(torch.zeros_like(alpha), alpha)
    assert loss.item() == pytest.approx(0.5, abs=1e-6)


def test_each_image_and_map_on_its_own():
    alpha = disc(batch=4)
    logits = torch.randn(4, 7, 32, 32, generator=torch.Generator().manual_seed(0))
    criterion = BoundaryRMSE()
    together = criterion(logits, alpha)
    assert together.shape == (4, 7)
    for image in range(4):
        for index in range(7):
            alone = criterion(logits[image : image + 1, index : index + 1], alpha[image : image + 1])
            torch.testing.assert_close(alone[0, 0], together[image, index])


def test_decreases_towards_the_truth():
    alpha = disc()
    losses = [BoundaryRMSE()((alpha - 0.5) * gain, alpha).item() for gain in (-8.0, 0.0, 1.0, 2.0, 4.0)]
    assert losses == sorted(losses, reverse=True)
    assert BoundaryRMSE()(alpha.logit(), alpha).item() == pytest.approx(1e-6, abs=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("alpha", [torch.zeros(1, 1, 9, 9), torch.ones(1, 1, 9, 9), torch.full((1, 1, 9, 9), 0.5)])
@pytest.mark.parametrize("logit", [-65504.0, -30.0, 0.0, 30.0, 65504.0])
def test_value_and_gradient_are_finite(dtype, alpha, logit):
    logits = torch.full((1, 2, 9, 9), logit).to(dtype).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        loss = BoundaryRMSE()(logits, alpha)
    loss.sum().backward()
    assert loss.dtype == torch.float32
    error = abs(torch.sigmoid(torch.tensor(logit)).item() - alpha[0, 0, 0, 0].item())
    assert loss.tolist() == [[pytest.approx(error, abs=2e-6)] * 2]
    assert logits.grad.isfinite().all()


def test_small_errors_survive_half_precision():
    """An error of 1e-4 has a square of 1e-8, which float16 rounds to 0."""
    alpha = torch.full((1, 1, 8, 8), 0.5001)
    with torch.autocast("cpu", torch.float16):
        loss = BoundaryRMSE()(torch.zeros(1, 1, 8, 8, dtype=torch.float16), alpha)
    assert loss.item() == pytest.approx(1e-4, rel=1e-3)


@pytest.mark.parametrize("dtype", DTYPES)
def test_half_precision_logits_are_widened_first(dtype):
    logits = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)).to(dtype)
    assert torch.equal(BoundaryRMSE()(logits, disc(batch=2)), BoundaryRMSE()(logits.float(), disc(batch=2)))


def test_gradient_is_that_of_finite_differences():
    alpha = disc(8).double()
    logits = torch.randn(1, 2, 8, 8, generator=torch.Generator().manual_seed(0)).requires_grad_()
    loss = BoundaryRMSE(width=0.3)
    loss(logits, alpha)[0, 1].backward()
    step = torch.zeros_like(logits)
    step[0, 1, 3, 4] = 0.05
    with torch.no_grad():
        slope = (loss(logits + step, alpha) - loss(logits - step, alpha))[0, 1] / 0.1
    assert logits.grad[0, 1, 3, 4].item() == pytest.approx(slope.item(), rel=0.02)
    assert logits.grad[0, 0].abs().max() == 0


@pytest.mark.parametrize(
    "options", [{"width": 0}, {"width": 2.0}, {"tolerance": 0.7}, {"edge_weight": 0}, {"edge_weight": float("inf")}]
)
def test_options_out_of_range(options):
    with pytest.raises(InputError, match=str(next(iter(options.values())))):
        BoundaryRMSE(**options)


def test_the_module_is_not_shadowed_by_its_function():
    """`_target_: portrait_matting.losses.boundary_rmse.BoundaryRMSE` is what a reader of the tree writes."""
    loss = instantiate({"_target_": "portrait_matting.losses.boundary_rmse.BoundaryRMSE", "edge_weight": 3.0})
    assert isinstance(loss, BoundaryRMSE)
    assert loss.edge_weight == 3


def test_the_recipes_band_is_that_of_the_metrics():
    """0.00392 is below 1/255: an alpha of 1 or 254 was in the band of the loss and not in that of the metrics."""
    alpha = torch.tensor([0, 1, 254, 255]).repeat(12, 3).view(1, 1, 12, 12) / 255
    for name in ("boundary_rmse", "bce", "boundary_rmse_bce"):
        criterion = compose([f"loss={name}"]).loss.criterion
        assert criterion.tolerance == TOLERANCE
        assert edge_mask(alpha[..., :2], criterion.width, criterion.tolerance).max() == 0
        assert edge_mask(alpha[..., 2:4], criterion.width, criterion.tolerance).max() == 0
