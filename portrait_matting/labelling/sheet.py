"""The sheet of the labels that the network is least sure of: what one looks at to choose --min-confidence."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from portrait_matting.images.io import read_alpha, read_image
from portrait_matting.images.network_input import resize
from portrait_matting.labelling.folder import LabelFolder
from portrait_matting.labelling.record import Record
from portrait_matting.matte.composite import over

NAME = "least_confident.jpg"
SHOWN = 20
_ACROSS = 5
_HEIGHT = _WIDTH = 200  # pixels of a picture, at most
_LINE = 20  # for the words below
_GAP, _PAPER, _INK = 8, (250, 249, 246), (40, 40, 40)
_BEHIND = (60, 190, 90)  # a green that no person is
_QUALITY = 92


def write_sheet(folder: LabelFolder, records: Sequence[Record], photos: Mapping[str, Path]) -> int:
    """Writes `NAME`: photo and cut-out of the labels of least confidence, left out or not; how many these are.

    Args:
        folder: of the labels.
        records: all labels.
        photos: the files, by name.

    Raises:
        OSError: it cannot be written.
        InputError: a picture cannot be read any more.
    """
    listed = [record for record in records if record.confidence is not None and record.name in photos]
    chosen = sorted(listed, key=lambda record: (record.confidence, record.name))[:SHOWN]
    if not chosen:
        return 0
    tiles = [_tile(folder, record, photos[record.name]) for record in chosen]
    rows = -(-len(tiles) // _ACROSS)
    height, width = tiles[0].shape[:2]
    size = (_GAP + rows * (height + _GAP), _GAP + min(_ACROSS, len(tiles)) * (width + _GAP), 3)
    sheet = np.full(size, _PAPER, np.uint8)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, _ACROSS)
        top, left = _GAP + row * (height + _GAP), _GAP + column * (width + _GAP)
        sheet[top : top + height, left : left + width] = tile
    encoded = cv2.imencode(".jpg", sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
    folder.write(NAME, encoded.tobytes())
    return len(chosen)


def _tile(folder: LabelFolder, record: Record, photo: Path) -> np.ndarray:
    """Photo and cut-out side by side, uint8 RGB, with the confidence and the name below."""
    image = read_image(photo, 2 * _HEIGHT)
    alpha = read_alpha(folder.alpha(record.name) if record.kept else folder.left_out(record.name))
    scale = min(_HEIGHT / image.shape[0], _WIDTH / image.shape[1])
    height, width = (max(1, round(scale * side)) for side in image.shape[:2])
    image, alpha = resize(image, height, width), np.clip(resize(alpha, height, width), 0, 1)
    tile = np.full((_HEIGHT + _LINE, 2 * _WIDTH, 3), _PAPER, np.uint8)
    tile[:height, :width] = image
    tile[:height, _WIDTH : _WIDTH + width] = over(image, alpha, _BEHIND)
    words = f"{record.confidence:.3f} {'' if record.kept else 'left out '}{record.name}"
    words = words.encode("ascii", "replace").decode()[:46]
    cv2.putText(tile, words, (2, _HEIGHT + 15), cv2.FONT_HERSHEY_SIMPLEX, 0.42, _INK, 1, cv2.LINE_AA)
    return tile
