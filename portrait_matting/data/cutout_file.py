"""One file of somebody who was cut out: colours and an alpha that cuts somebody out."""

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from portrait_matting.errors import InputError
from portrait_matting.images.io import decode_image, read_file
from portrait_matting.images.photo import decode_photo

_LEAST, _MOST = 0.1, 0.9  # alpha: one that stays below the one, or above the other, cuts nobody out


def read_cut_out(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Colours, uint8 RGB (H, W, 3), as the file has them, and alpha, float32 (H, W) in [0, 1].

    Raises:
        InputError: the file is broken, has no alpha channel, or is opaque or transparent all over.
    """
    encoded = read_file(path)
    try:
        photo = decode_photo(BytesIO(encoded), path)
    except InputError:
        raise
    except Exception:  # what Pillow's decoders raise on damaged bytes is no closed list
        decode_image(encoded, path)  # says it in our words
        raise
    if photo.alpha is None and not _has_alpha(encoded):
        raise InputError(f"{path} has no alpha channel: a cut-out is RGBA, as predict and draw --cut-outs write it")
    if photo.alpha is None or photo.alpha.min() > _MOST:
        raise InputError(f"{path} is opaque all over: nobody is cut out of it. Cut them out (predict), or remove it")
    if photo.alpha.max() < _LEAST:
        raise InputError(f"{path} is transparent all over: nobody is to be seen in it. Remove it")
    return photo.image, photo.alpha


def read_cut_out_alpha(path: Path) -> np.ndarray:
    """The alpha of `read_cut_out`, and what that raises."""
    return read_cut_out(path)[1]


def _has_alpha(encoded: bytes) -> bool:
    picture = Image.open(BytesIO(encoded))
    return "transparency" in picture.info or picture.getbands()[-1] in "Aa"
