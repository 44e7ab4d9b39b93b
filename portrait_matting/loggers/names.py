"""What each metric is called in the dashboards, which make a section of everything before the slash."""

import re
from collections.abc import Mapping
from typing import TypeVar

Value = TypeVar("Value")

_TIDY = (
    (r"train/loss_step", "train/loss"),
    (r"train/loss_(?!step$|epoch$)(\w+)", r"outputs/\1"),
    (r"(lr|momentum)", r"schedule/\1"),
)


def tidy(name: str) -> str:
    """The dashboards' name of a metric that `metrics.csv` calls `name`.

    >>> [tidy(name) for name in ("train/loss_step", "train/loss_side3", "lr", "val/band_mad")]
    ['train/loss', 'outputs/side3', 'schedule/lr', 'val/band_mad']
    """
    for pattern, replacement in _TIDY:
        if matched := re.fullmatch(pattern, name):
            return matched.expand(replacement)
    return name


def tidied(metrics: Mapping[str, Value]) -> dict[str, Value]:
    """Metrics by their names in the dashboards."""
    return {tidy(name): value for name, value in metrics.items()}
