"""The sheet of a folder's first drawings: what one looks at first."""

from collections.abc import Sequence

import cv2
import numpy as np

from portrait_matting.drawing.files import paths
from portrait_matting.drawing.folder import DrawingFolder
from portrait_matting.drawing.recipe import Recipe
from portrait_matting.matte.composite import over

NAME = "sheet.jpg"
SHOWN = 60
_ACROSS = 10  # at most
_HEIGHT = 256  # pixels of a picture, at most: sixty are 2,322 x 1,602, which fill a screen
_GAP, _PAPER = 8, (250, 249, 246)
_QUALITY = 92
_LIGHT, _DARK = (236, 239, 242), (206, 212, 219)  # behind cut-outs, from above to below


def write_sheet(folder: DrawingFolder, recipe: Recipe, indices: Sequence[int]) -> None:
    """Writes `NAME`, some drawings in rows, as the files have them.

    Raises:
        OSError: it cannot be written, or a drawing cannot be read.
    """
    shown = [_picture(folder, recipe, index) for index in indices]
    encoded = cv2.imencode(".jpg", arranged(shown)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
    folder.write(NAME, encoded.tobytes())


def arranged(pictures: list[np.ndarray]) -> np.ndarray:
    """Pictures of one size, uint8 RGB (h, w, 3), in as few rows of as equal length as there can be: uint8 RGB."""
    rows = -(-len(pictures) // _ACROSS)
    across = -(-len(pictures) // rows)
    height, width = pictures[0].shape[:2]
    size = (_GAP + rows * (height + _GAP), _GAP + across * (width + _GAP), 3)
    sheet = np.full(size, _PAPER, np.uint8)
    for number, picture in enumerate(pictures):
        top, left = (
            _GAP + place * (side + _GAP) for place, side in zip(divmod(number, across), (height, width), strict=True)
        )
        sheet[top : top + height, left : left + width] = picture
    return sheet


def _picture(folder: DrawingFolder, recipe: Recipe, index: int) -> np.ndarray:
    path = folder.root / paths(recipe, index)[-1]
    picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    if recipe.cut_outs:
        rgba = cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA)
        picture = over(rgba[..., :3], rgba[..., 3] / np.float32(255), _backdrop(*rgba.shape[:2]))
    else:
        picture = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    height, width = picture.shape[:2]
    scale = min(1.0, _HEIGHT / height)
    size = max(1, round(scale * width)), max(1, round(scale * height))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _backdrop(height: int, width: int) -> np.ndarray:
    down = np.linspace(0, 1, height)[:, None, None]
    column = np.float64(_LIGHT) + down * (np.float64(_DARK) - _LIGHT)
    return np.repeat(np.rint(column).astype(np.uint8), width, axis=1)
