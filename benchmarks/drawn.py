"""Drawn portraits to measure on: nothing is downloaded, and the truth is known."""

from collections.abc import Iterator

import numpy as np

from portrait_matting.synthetic import draw_portrait


def drawn(count: int, height: int, width: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Image and alpha of the first `count` portraits of the test split that show somebody."""
    index = 0
    while count:
        image, alpha = draw_portrait("test", 0, index, height, width)
        index += 1
        if alpha.max() > 0.5:
            count -= 1
            yield image, alpha
