"""The metrics of each source of a mixed set, from what was measured of its images anyway."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torchmetrics import MetricCollection

from portrait_matting.metrics.image_metric import ImageMetric, exact_means


class Origins(ImageMetric):
    """Which source each image is from, by its number: no metric, but kept and gathered from all processes as one.

    `update(numbers)` goes with every `update` of the metrics, image by image.
    """

    names, columns = ("source",), 1

    def update(self, numbers: Sequence[int]) -> None:
        if numbers:
            self.measured.append(torch.tensor(numbers, dtype=self.dtype, device=self.device))


def by_source(metrics: MetricCollection, origins: Origins, sources: Sequence[str]) -> dict[str, Tensor]:
    """The metrics of each source, PREFIX + SOURCE/METRIC, such as "val/drawn/mad"; none of a source without an image.

    Args:
        metrics: of all images; what they measured is gathered from all processes.
        origins: of the same images.
        sources: their names, by number.
    """
    with origins.sync_context():
        numbers = origins.rows()[:, 0]
    found: dict[str, Tensor] = {}
    for metric in metrics.values():
        with metric.sync_context():
            rows = metric.rows()
        for number, source in enumerate(sources):
            if (own := numbers == number).any():
                means = metric.finish(exact_means(rows[own]))
                found |= {f"{metrics.prefix or ''}{source}/{name}": value for name, value in means.items()}
    return found
