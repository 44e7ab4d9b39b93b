"""Metrics of one predicted alpha, or of a batch of equal size, against the truth, pixel by pixel.

`prediction` and `alpha` are float (1, H, W) or (B, 1, H, W) in [0, 1] of equal shape; a metric is a scalar or (B,),
float64. `region`, bool of the same shape, restricts a metric to its pixels, such as the transition band; None takes the
whole image, as MODNet does, without a trimap. Sums run in float64, since float32 has moved the fourth digit (mmagic,
metrics_utils.py); on a device without it, such as Apple's MPS, move the tensors to the CPU first. Nothing is stretched
to the range first: that would hide an alpha that is too faint.
"""

import torch
from torch import Tensor

IMAGE = (-3, -2, -1)  # the dimensions of one (1, H, W)


def mad(prediction: Tensor, alpha: Tensor, region: Tensor | None = None) -> Tensor:
    """The mean absolute difference, in [0, 1], lower is better; 0 for an empty region.

    >>> mad(torch.tensor([[[0.75, 0.0]]]), torch.tensor([[[1.0, 0.0]]])).item()
    0.125
    """
    return _mean((prediction.float() - alpha.float()).abs(), region)


def mse(prediction: Tensor, alpha: Tensor, region: Tensor | None = None) -> Tensor:
    """The mean squared error, in [0, 1], lower is better; 0 for an empty region. Some tables print it times 1,000.

    >>> mse(torch.tensor([[[0.75, 0.0]]]), torch.tensor([[[1.0, 0.0]]])).item()
    0.03125
    """
    return _mean((prediction.float() - alpha.float()).square(), region)


def sad(prediction: Tensor, alpha: Tensor, region: Tensor | None = None) -> Tensor:
    """The sum of absolute differences in thousands of pixels, lower is better; it grows with the area of the image.

    >>> sad(torch.tensor([[[0.75, 0.0]]]), torch.tensor([[[1.0, 0.0]]])).item()
    0.00025
    """
    error = (prediction.float() - alpha.float()).abs()
    return (error if region is None else error * region).sum(IMAGE, dtype=torch.float64) / 1000


def iou(prediction: Tensor, alpha: Tensor, threshold: float = 0.5) -> Tensor:
    """Intersection over union of prediction > threshold and alpha > threshold, in [0, 1], higher is better (Jaccard).

    1 when both are empty, 0 when one of them is.

    >>> iou(torch.tensor([[[0.9, 0.9, 0.0]]]), torch.tensor([[[1.0, 0.0, 0.0]]])).item()
    0.5
    """
    predicted, true = prediction > threshold, alpha > threshold
    return _ratio((predicted & true).sum(IMAGE), (predicted | true).sum(IMAGE))


def dice(prediction: Tensor, alpha: Tensor, threshold: float = 0.5) -> Tensor:
    """Twice the intersection over the sum of both areas, in [0, 1], higher is better (Dice 1945; F1 of the mask).

    1 when both are empty, 0 when one of them is.

    >>> round(dice(torch.tensor([[[0.9, 0.9, 0.0]]]), torch.tensor([[[1.0, 0.0, 0.0]]])).item(), 6)
    0.666667
    """
    predicted, true = prediction > threshold, alpha > threshold
    return _ratio(2 * (predicted & true).sum(IMAGE), predicted.sum(IMAGE) + true.sum(IMAGE))


def mae(prediction: Tensor, alpha: Tensor) -> Tensor:
    """The mean absolute difference from the truth as a mask, alpha > 0.5: what saliency papers call MAE; in [0, 1].

    Equal to `mad` where the truth is a mask. Lower is better (Perazzi et al., CVPR 2012, eq. 9).

    >>> mae(torch.tensor([[[0.75, 0.0]]]), torch.tensor([[[0.75, 0.0]]])).item()
    0.125
    """
    return mad(prediction, (alpha > 0.5).float())


def _mean(error: Tensor, region: Tensor | None) -> Tensor:
    if region is None:
        return error.mean(IMAGE, dtype=torch.float64)
    return (error * region).sum(IMAGE, dtype=torch.float64) / region.sum(IMAGE).clamp(min=1)


def _ratio(part: Tensor, whole: Tensor) -> Tensor:
    return torch.where(whole > 0, part.double() / whole.clamp(min=1), 1.0)
