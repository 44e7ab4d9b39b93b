"""Figures of one predicted alpha, or of a batch of equal size, against the truth.

`prediction` and `alpha` are float (1, H, W) or (B, 1, H, W) in [0, 1] of equal shape; a figure is a scalar or (B,).
All are taken over the whole image, as MODNet does, without a trimap. Sums run in float64, since float32 has moved the
fourth digit (mmagic, metrics_utils.py); on a device without it, such as Apple's MPS, move the tensors to the CPU first.
Nothing is stretched to the range first: that would hide an alpha that is too faint.
"""

import torch
from torch import Tensor

from portrait_matting.losses.edge_mask import WIDTH, edge_mask

IMAGE = (-3, -2, -1)  # the dimensions of one (1, H, W)


def mad(prediction: Tensor, alpha: Tensor) -> Tensor:
    """Return the mean absolute difference, float64 in [0, 1]; saliency papers call it MAE."""
    return (prediction.float() - alpha.float()).abs().mean(IMAGE, dtype=torch.float64)


def mse(prediction: Tensor, alpha: Tensor) -> Tensor:
    """Return the mean squared error, float64 in [0, 1]. Some tables print it times 1,000."""
    return (prediction.float() - alpha.float()).square().mean(IMAGE, dtype=torch.float64)


def sad(prediction: Tensor, alpha: Tensor) -> Tensor:
    """Return the sum of absolute differences in thousands of pixels, float64; it grows with the area of the image."""
    return (prediction.float() - alpha.float()).abs().sum(IMAGE, dtype=torch.float64) / 1000


def iou_counts(prediction: Tensor, alpha: Tensor, threshold: float = 0.5) -> tuple[Tensor, Tensor]:
    """Return the pixels, int64, in the intersection and the union of prediction > threshold and alpha > threshold."""
    predicted, true = prediction > threshold, alpha > threshold
    return (predicted & true).sum(IMAGE), (predicted | true).sum(IMAGE)


def iou(prediction: Tensor, alpha: Tensor, threshold: float = 0.5) -> Tensor:
    """Return intersection over union at `threshold`, float64 in [0, 1]; 1 when both are empty."""
    return iou_ratio(*iou_counts(prediction, alpha, threshold))


def iou_ratio(intersection: Tensor, union: Tensor) -> Tensor:
    """Return intersection / union of pixel counts, float64 in [0, 1]; 1 where the union is empty."""
    return torch.where(union > 0, intersection.double() / union.clamp(min=1), 1.0)


def band_error(prediction: Tensor, alpha: Tensor, width: float = WIDTH) -> tuple[Tensor, Tensor]:
    """Return the sum of absolute differences, float64, in the transition band of `alpha`, and its pixels, int64.

    The band is `edge_mask(alpha, width)`; a picture that is all background or all foreground has none.
    """
    band = edge_mask(alpha, width)
    error = (prediction.float() - alpha.float()).abs() * band
    return error.sum(IMAGE, dtype=torch.float64), band.sum(IMAGE, dtype=torch.int64)


def band_mad(prediction: Tensor, alpha: Tensor, width: float = WIDTH) -> Tensor:
    """Return the mean absolute difference in the transition band of `alpha`, float64 in [0, 1]; 0 without a band.

    Portraits differ by a percent in IoU and MAD; what is left to tell them apart lies here.
    """
    error, pixels = band_error(prediction, alpha, width)
    return error / pixels.clamp(min=1)
