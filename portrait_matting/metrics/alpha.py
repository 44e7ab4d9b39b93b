"""Figures of predicted alphas over a whole data set: torchmetrics classes around `functional`.

`update(prediction, alpha)` takes two tensors (B, 1, H, W), or two lists of (1, H, W) whose sizes differ from image to
image, float in [0, 1]. However the images are batched, the result is the same. Sums are float64, which MPS lacks: keep
these metrics and their input on the CPU there.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torchmetrics import Metric, MetricCollection

from portrait_matting.errors import InputError
from portrait_matting.losses.edge_mask import TOLERANCE, WIDTH, check_band
from portrait_matting.metrics import functional

Alphas = Tensor | Sequence[Tensor]


def pairs(prediction: Alphas, alpha: Alphas) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield pairs of equal shape: the batch in one go, or list items one by one. Raises InputError for other shapes."""
    if isinstance(prediction, Tensor) and isinstance(alpha, Tensor):
        prediction, alpha = [prediction], [alpha]
    if len(prediction) != len(alpha):
        raise InputError(f"{len(prediction)} predictions for {len(alpha)} alphas; give one prediction per alpha")
    for predicted, true in zip(prediction, alpha, strict=True):
        if predicted.shape != true.shape or true.ndim not in (3, 4) or true.shape[-3] != 1:
            raise InputError(
                f"prediction {tuple(predicted.shape)} and alpha {tuple(true.shape)} must have one shape, (1, H, W) or "
                "(B, 1, H, W); resize the prediction to the size of the alpha"
            )
        yield predicted, true


class AlphaMetric(Metric):
    """Mean over images of one figure each; the subclasses say which. Without an image it is 0."""

    is_differentiable = False
    higher_is_better = False
    full_state_update = False

    total: Tensor
    images: Tensor

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        self.add_state("total", torch.tensor(0.0, dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("images", torch.tensor(0), dist_reduce_fx="sum")

    def figure(self, prediction: Tensor, alpha: Tensor) -> Tensor:
        """Return the figure of each image, float64: (B,) or a scalar."""
        raise NotImplementedError

    def update(self, prediction: Alphas, alpha: Alphas) -> None:
        for predicted, true in pairs(prediction, alpha):
            figures = self.figure(predicted, true)
            self.total += figures.sum()
            self.images += figures.numel()

    def compute(self) -> Tensor:
        return self.total / self.images.clamp(min=1)


class MAD(AlphaMetric):
    """Mean absolute difference, in [0, 1]."""

    def figure(self, prediction: Tensor, alpha: Tensor) -> Tensor:
        return functional.mad(prediction, alpha)


class MSE(AlphaMetric):
    """Mean squared error, in [0, 1]."""

    def figure(self, prediction: Tensor, alpha: Tensor) -> Tensor:
        return functional.mse(prediction, alpha)


class SAD(AlphaMetric):
    """Sum of absolute differences, divided by 1,000."""

    def figure(self, prediction: Tensor, alpha: Tensor) -> Tensor:
        return functional.sad(prediction, alpha)


class BandMAD(AlphaMetric):
    """Mean absolute difference in the transition band of the truth, in [0, 1].

    Images without a band are left out of the mean; when no image has one the result is 0. `width` is that of
    `edge_mask`; raises InputError when it is out of range.
    """

    def __init__(self, width: float = WIDTH, **kwargs) -> None:
        super().__init__(**kwargs)
        check_band(width, TOLERANCE)
        self.width = width

    def figure(self, prediction: Tensor, alpha: Tensor) -> Tensor:
        error, pixels = functional.band_error(prediction, alpha, self.width)
        return error[pixels > 0] / pixels[pixels > 0]


class IoU(Metric):
    """Intersection over union of prediction > threshold and alpha > threshold, in [0, 1].

    Pixels are summed over the data set before the division, so that a small person counts by its area. When no pixel
    of either is above the threshold the result is 1.
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = False

    intersection: Tensor
    union: Tensor

    def __init__(self, threshold: float = 0.5, **kwargs) -> None:
        super().__init__(**kwargs)
        self.threshold = threshold
        self.add_state("intersection", torch.tensor(0), dist_reduce_fx="sum")
        self.add_state("union", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, prediction: Alphas, alpha: Alphas) -> None:
        for predicted, true in pairs(prediction, alpha):
            intersection, union = functional.iou_counts(predicted, true, self.threshold)
            self.intersection += intersection.sum()
            self.union += union.sum()

    def compute(self) -> Tensor:
        return functional.iou_ratio(self.intersection, self.union)


def alpha_metrics() -> MetricCollection:
    """Return the metrics of a validation or test set: mad, mse, sad, iou and band_mad.

    One copy per set: `alpha_metrics().clone(prefix="val/")`.
    """
    metrics = {"mad": MAD(), "mse": MSE(), "sad": SAD(), "iou": IoU(), "band_mad": BandMAD()}
    # A compute group shares the state of metrics whose sums agree after the first batch. For hard masks |error| equals
    # error², so that MAD and MSE would be merged there and MSE be wrong ever after.
    return MetricCollection(metrics, compute_groups=False)
