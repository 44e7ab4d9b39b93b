import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from portrait_matting.errors import InputError
from portrait_matting.images.transition_band import edge_mask


def as_alpha(rows):
    return torch.tensor(rows, dtype=torch.float32)[None, None]


@pytest.mark.parametrize("height, width", [(41, 57), (64, 64), (3, 500), (500, 3), (1, 1), (1, 9)])
@pytest.mark.parametrize("share", [0.01, 0.05, 0.2, 0.5, 1.0])
def test_hard_masks_equal_opencv(height, width, share):
    # Few seeds, so that large empty and large full regions remain at every radius; some touch the border.
    noise = np.random.default_rng(height).random((4, height, width)).astype(np.float32)
    masks = np.stack([cv2.GaussianBlur(n, (0, 0), 1 + i) > n.mean() for i, n in enumerate(noise)]).astype(np.float32)
    radius = max(1, round(share * min(height, width) / 2))
    square = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    expected = np.stack([cv2.dilate(mask, square) - cv2.erode(mask, square) for mask in masks])
    band = edge_mask(torch.from_numpy(masks)[:, None], share)
    assert band.dtype == torch.float32
    np.testing.assert_array_equal(band[:, 0].numpy(), expected)


def test_half_plane_by_hand():
    alpha = as_alpha([[0, 0, 0, 0, 1, 1, 1, 1]] * 8)
    assert edge_mask(alpha, 0.25).tolist() == as_alpha([[0, 0, 0, 1, 1, 0, 0, 0]] * 8).tolist()
    assert edge_mask(alpha, 0.5).tolist() == as_alpha([[0, 0, 1, 1, 1, 1, 0, 0]] * 8).tolist()


def test_ramp_by_hand():
    alpha = as_alpha([[0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1]] * 9)
    assert edge_mask(alpha, 0.2).tolist() == as_alpha([[0, 0, 1, 1, 1, 1, 1, 0, 0]] * 9).tolist()


def test_veil_is_in_the_band():
    assert edge_mask(torch.full((1, 1, 6, 7), 0.5)).min() == 1


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_empty_and_full_pictures_have_no_band(value):
    assert edge_mask(torch.full((2, 1, 9, 7), value), 1.0).max() == 0


@pytest.mark.parametrize("near_zero, near_one", [(1e-4, 0.9999), (1 / 255, 254 / 255)])
def test_resampling_noise_makes_no_band(near_zero, near_one):
    hard = as_alpha([[0.0] * 5 + [1.0] * 5] * 10)
    noise = torch.rand(hard.shape, generator=torch.Generator().manual_seed(0)).round()
    noisy = hard + noise * torch.where(hard > 0, near_one - 1, near_zero)
    assert not torch.equal(noisy, hard)
    assert torch.equal(edge_mask(noisy), edge_mask(hard))
    assert edge_mask(noisy, tolerance=0.0).sum() > edge_mask(hard).sum()


def test_two_8_bit_steps_are_in_the_band():
    assert edge_mask(torch.full((1, 1, 4, 4), 2 / 255)).min() == 1
    assert edge_mask(torch.full((1, 1, 4, 4), 253 / 255)).min() == 1


def test_width_is_a_share_of_the_shorter_side():
    alpha = torch.zeros(1, 1, 64, 80)
    alpha[..., 30:] = 1
    doubled = F.interpolate(alpha, scale_factor=2)
    assert edge_mask(alpha, 0.125).mean() == edge_mask(doubled, 0.125).mean() == 8 / 80


def test_any_leading_dimensions_and_half_precision():
    alpha = (torch.rand(3, 1, 20, 20, generator=torch.Generator().manual_seed(0)) > 0.98).float()
    band = edge_mask(alpha)
    assert 0 < band.mean() < 1
    assert torch.equal(edge_mask(alpha[1, 0]), band[1, 0])
    with torch.autocast("cpu", torch.bfloat16):
        half = edge_mask(alpha.bfloat16())
    assert half.dtype == torch.float32
    assert torch.equal(half, band)


def test_no_gradient():
    assert not edge_mask(torch.rand(1, 1, 4, 4, requires_grad=True)).requires_grad


@pytest.mark.parametrize("width", [0.0, -0.1, 1.01, float("nan")])
def test_width_out_of_range(width):
    with pytest.raises(InputError, match=str(width)):
        edge_mask(torch.zeros(1, 1, 4, 4), width)


@pytest.mark.parametrize("tolerance", [-0.1, 0.5, float("nan")])
def test_tolerance_out_of_range(tolerance):
    with pytest.raises(InputError, match=str(tolerance)):
        edge_mask(torch.zeros(1, 1, 4, 4), tolerance=tolerance)
