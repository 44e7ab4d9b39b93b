"""Rows of pictures of a run, image | truth | matte | cut-out, and the sheet that they stand on."""

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import cv2
import numpy as np

from portrait_matting.disk.atomic_write import write_bytes
from portrait_matting.images.network_input import resize
from portrait_matting.matte.composite import over_colour

COLOUR = (46, 160, 120)  # a green that neither skin nor hair has, so that what was left standing shows
TITLES = ("image", "truth", "matte", "cut-out")
_BAR = 22  # height of the title bar, pixels


def panel(image: np.ndarray, truth: np.ndarray, matte: np.ndarray, height: int = 224) -> np.ndarray:
    """One row: image | truth | matte | cut-out over a colour.

    Args:
        image: uint8 RGB (H, W, 3).
        truth, matte: float32 (H, W) in [0, 1].
        height: of the row in pixels; the width follows from the portrait's own shape, at most 4/3 of it a picture.

    Returns:
        uint8 RGB (height, W', 3).
    """
    grey = [np.repeat(np.rint(alpha * 255).astype(np.uint8)[..., None], 3, axis=2) for alpha in (truth, matte)]
    pictures = [image, *grey, over_colour(image, matte, COLOUR)]
    width = min(max(round(image.shape[1] * height / image.shape[0]), 1), height * 4 // 3)
    return np.concatenate([resize(picture, height, width) for picture in pictures], axis=1)


def sheet(rows: list[np.ndarray], labels: Sequence[str] = ()) -> np.ndarray:
    """Stacks panels under a title bar, padding the narrower ones with white: uint8 RGB (H, W, 3).

    Args:
        rows: the panels.
        labels: of the rows, such as the sources that their portraits are from; written in their first picture.
    """
    rows = [_labelled(row, label) for row, label in zip_longest(rows, labels, fillvalue="")]
    width = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((2, 2), (0, width - row.shape[1]), (0, 0)), constant_values=255) for row in rows]
    bar = np.full((_BAR, width, 3), 255, np.uint8)
    for column, title in enumerate(TITLES):
        at = (column * rows[0].shape[1] // len(TITLES) + 6, _BAR - 7)
        cv2.putText(bar, title, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (40, 40, 40), 1, cv2.LINE_AA)
    return np.concatenate([bar, *padded])


def _labelled(row: np.ndarray, label: str) -> np.ndarray:
    if not label:
        return row
    row, font, size = row.copy(), cv2.FONT_HERSHEY_SIMPLEX, 0.45
    (width, height), below = cv2.getTextSize(label, font, size, 1)
    row[: height + below + 6, : width + 10] = 255
    cv2.putText(row, label, (5, height + 3), font, size, (40, 40, 40), 1, cv2.LINE_AA)
    return row


def write_picture(path: Path, picture: np.ndarray) -> None:
    """Writes a picture in the format that the suffix names; a reader never sees half a file.

    Args:
        path: of the file; its folder exists.
        picture: uint8, RGB (H, W, 3) or grey (H, W).

    Raises:
        OSError: it cannot be written.
    """
    ordered = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR) if picture.ndim == 3 else picture
    write_bytes(path, cv2.imencode(path.suffix, ordered)[1].tobytes())  # imwrite says nothing when the disk is full
