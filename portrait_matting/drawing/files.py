"""The files of a portrait: what they are called, what is in them, and whether one on disk is whole."""

from pathlib import Path

import cv2
import numpy as np

from portrait_matting.drawing.cutout import cut_out
from portrait_matting.drawing.recipe import Recipe
from portrait_matting.drawing.style import Style

# 4:4:4: with colours at half the size, as encoders have them by default, those of a hair of one pixel are spread over
# two, and the picture no longer is what the alpha says. Bad JPEGs are made of it in training (augment=strong).
_JPEG = (
    *(cv2.IMWRITE_JPEG_QUALITY, 95),
    *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
)
_PNG = (
    *(cv2.IMWRITE_PNG_COMPRESSION, 4),
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_DEFAULT),
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP),
)
_ENDS = {  # how a file begins and ends: ITU-T T.81, B.1.1.3 (SOI, EOI); PNG specification, 5.2 and 11.2.5 (IEND)
    ".jpg": (b"\xff\xd8", b"\xff\xd9"),
    ".png": (b"\x89PNG\r\n\x1a\n", b"\0\0\0\0IEND\xaeB`\x82"),
}


def paths(recipe: Recipe, index: int) -> tuple[str, ...]:
    """The paths of portrait `index` in its folder. They hold style and seed: several folders can become one."""
    stem = f"{recipe.style}_{recipe.seed}_{index:06d}"
    return (f"{stem}.png",) if recipe.cut_outs else (f"alphas/{stem}.png", f"images/{stem}.jpg")


def contents(style: Style, index: int) -> dict[str, bytes]:
    """The files of portrait `index`, by their paths, in the order in which they are to be written.

    The image comes last: where it is, its alpha is.

    Raises:
        InputError: as `Style.portrait`.
    """
    names = paths(style.recipe, index)
    if style.recipe.cut_outs:
        return {names[0]: _encoded(".png", cv2.cvtColor(cut_out(style.somebody(index)), cv2.COLOR_RGBA2BGRA), _PNG)}
    image, alpha = style.portrait(index)
    matte = np.rint(255 * np.clip(alpha, 0, 1)).astype(np.uint8)
    pictures = matte, cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    return {
        name: _encoded(name[-4:], picture, options)
        for name, picture, options in zip(names, pictures, (_PNG, _JPEG), strict=True)
    }


def is_whole(path: Path) -> bool:
    """Whether a file of ours is there to its end, by its first and last bytes: neither cut off nor full of zeros."""
    begin, end = _ENDS[path.suffix]
    try:
        with path.open("rb") as file:
            if file.read(len(begin)) != begin:
                return False
            file.seek(-len(end), 2)
            return file.read() == end
    except OSError:  # not there, or shorter than that
        return False


def _encoded(suffix: str, picture: np.ndarray, options: tuple[int, ...]) -> bytes:
    return cv2.imencode(suffix, picture, options)[1].tobytes()
