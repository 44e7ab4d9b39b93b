"""A metric over a data set: what is measured of each image, averaged over the images, and turned into a score.

Every image counts once, at its own size, whatever its neighbours in a batch. The means are rounded once, from the exact
sum (`math.fsum`), so that neither the batches, nor their order, nor the number of processes changes a bit of them.
"""

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from portrait_matting.errors import InputError
from portrait_matting.images.transition_band import TOLERANCE, WIDTH, check_band, edge_mask

Alphas = Tensor | Sequence[Tensor]


class ImageMetric(Metric):
    """The base of all metrics here. A subclass names its metrics and overrides `measure`, and `finish` where the metric
    is not a mean.

    `update(prediction, alpha)` takes two tensors (B, 1, H, W), or two lists of (1, H, W) whose sizes differ from image
    to image, float in [0, 1]. `compute()` returns {name: float64 scalar} for every name in `names`.

    Args:
        width: of the transition band as a share of the shorter side (`losses.edge_mask`).

    Raises:
        InputError: a width outside (0, 1]; in `update`, shapes that differ.
    """

    names: tuple[str, ...]
    columns: int
    banded = False  # whether `measure` looks at the band

    is_differentiable = False
    higher_is_better = False
    full_state_update = False

    measured: list[Tensor] | Tensor

    def __init__(self, width: float = WIDTH, **kwargs) -> None:
        super().__init__(**kwargs)
        check_band(width, TOLERANCE)
        self.width = width
        self.add_state(
            "measured", [], dist_reduce_fx="cat"
        )  # flat, as torchmetrics takes it of a process without an image

    @property
    def dtype(self) -> torch.dtype:
        """float64. torchmetrics says float32 once the metric was moved to a device, whatever was set before: a process
        without an image would send that to the others, and gloo end them all.
        """
        return torch.float64

    def measure(self, prediction: Tensor, alpha: Tensor, band: Tensor | None) -> Tensor:
        """What is measured of one image.

        Args:
            prediction, alpha: float32 (1, H, W) in [0, 1].
            band: bool (1, H, W), the transition band of the alpha; None unless `banded`.

        Returns:
            float64 (columns,). NaN where this image has nothing to measure: it is left out of that column's mean.
        """
        raise NotImplementedError

    def finish(self, means: Tensor) -> dict[str, Tensor]:
        """Makes the metrics, each (...), from the columns' means over the images, float64 (..., columns)."""
        return dict(zip(self.names, means.unbind(-1), strict=True))

    def update(self, prediction: Alphas, alpha: Alphas) -> None:
        rows = []
        for predicted, true in image_pairs(prediction, alpha):
            band = transition_band(true, self.width) if self.banded else None
            rows.append(self.measure(predicted.float(), true.float(), band))
        if rows:
            self.measured.append(torch.stack(rows).flatten().to(self.device))

    def rows(self) -> Tensor:
        """What was measured of each image so far, float64 (N, columns)."""
        flat = dim_zero_cat(self.measured) if len(self.measured) else torch.empty(0, dtype=self.dtype)
        return flat.reshape(-1, self.columns)

    def compute(self) -> dict[str, Tensor]:
        return self.finish(exact_means(self.rows()))


def transition_band(alpha: Tensor, width: float = WIDTH) -> Tensor:
    """The transition band of an alpha (..., H, W), bool of the same shape: where `losses.edge_mask` is 1."""
    return edge_mask(alpha, width) > 0


def exact_means(measured: Tensor) -> Tensor:
    """The mean of each column of float64 (N, columns), over the rows that are no NaN; 0 where there is none."""
    means = []
    for column in measured.cpu().T.tolist():
        known = [value for value in column if not math.isnan(value)]
        means.append(math.fsum(known) / max(len(known), 1))
    return torch.tensor(means, dtype=torch.float64, device=measured.device)


def image_pairs(prediction: Alphas, alpha: Alphas) -> Iterator[tuple[Tensor, Tensor]]:
    """Yields each image's (1, H, W) of both, of batches (B, 1, H, W) or of lists.

    Raises:
        InputError: not as many predictions as alphas, or other shapes.
    """
    if len(prediction) != len(alpha):
        raise InputError(f"{len(prediction)} predictions for {len(alpha)} alphas; give one prediction per alpha")
    for predicted, true in zip(prediction, alpha, strict=True):
        if predicted.shape != true.shape or true.ndim != 3 or true.shape[0] != 1:
            raise InputError(
                f"prediction {tuple(predicted.shape)} and alpha {tuple(true.shape)} must have one shape, (1, H, W) "
                "each; resize the prediction to the size of the alpha"
            )
        yield predicted, true
