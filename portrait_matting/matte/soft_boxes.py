"""Where alpha is soft: most of a photo is not, and need not be computed."""

from collections.abc import Iterator

import cv2
import numpy as np

_ROWS, _COLUMNS = 128, 512  # of a box, at most: its arrays stay in the processor's cache
_NEAR = 8  # pixels, even: how far from soft ones boxes reach; a finer level of a pyramid looks further than its own

Box = tuple[slice, slice]


def soft_boxes(alpha: np.ndarray, hard: float = 0) -> Iterator[Box]:
    """Boxes of a few pixels to 128 x 512 that do not overlap and hold all edges of alpha (H, W) and what is near them.

    Between `hard` and 1 - `hard` alpha is soft. Boxes begin at even rows and columns.
    """
    height, width = alpha.shape
    if max(height, width) <= _ROWS:  # the search would cost more than it saves
        yield slice(0, height), slice(0, width)
        return
    near = np.ones((1, 2 * _NEAR + 1), np.uint8)
    for top in range(0, height, _ROWS):
        strip = alpha[max(top - _NEAR, 0) : top + _ROWS + _NEAR]
        highest, lowest = cv2.reduce(strip, 0, cv2.REDUCE_MAX), cv2.reduce(strip, 0, cv2.REDUCE_MIN)
        soft = (cv2.dilate(highest, near)[0] > hard) & (cv2.erode(lowest, near)[0] < 1 - hard)
        edges = np.flatnonzero(np.diff(soft, prepend=False, append=False))
        for start, stop in edges.reshape(-1, 2).tolist():
            for left in range(start // 2 * 2, stop, _COLUMNS):
                yield slice(top, min(top + _ROWS, height)), slice(left, min(left + _COLUMNS, stop))
