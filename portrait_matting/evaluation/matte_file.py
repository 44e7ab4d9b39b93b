"""Reading a matte that some tool wrote: what is scored, as opposed to the truth, which `data.image_io` reads."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from portrait_matting.errors import InputError
from portrait_matting.images.io import read_alpha


def read_matte(path: Path) -> np.ndarray:
    """Reads a predicted matte as float32 (H, W) in [0, 1], upright: its alpha channel if it has one, else the grey.

    An opaque alpha channel is a matte of ones: the colours of a cut-out say nothing of it. (`read_alpha`, which reads
    the truth, takes the grey there.)

    Raises:
        InputError: the file is missing or truncated, holds NaN or values outside [0, 1], is a colour picture without an
            alpha channel, or is grey under an opaque one, so that either may be the matte.
    """
    try:
        with Image.open(path) as picture:
            transparent = "A" in picture.getbands() or (picture.mode == "P" and "transparency" in picture.info)
            pixels = None
            if transparent or picture.mode == "F":
                pixels = np.asarray(ImageOps.exif_transpose(picture.convert("RGBA") if transparent else picture))
    except Exception:  # what Pillow raises on damaged bytes is no closed list; `read_alpha` says what is wrong
        return read_alpha(path)
    if transparent:
        return _alpha_channel(pixels, path)
    if pixels is not None and not np.isfinite(pixels).all():
        raise InputError(f"{path} holds NaN or infinite values: save the matte as 8- or 16-bit grey")
    return read_alpha(path)


def _alpha_channel(rgba: np.ndarray, path: Path) -> np.ndarray:
    red, green, blue, alpha = np.moveaxis(rgba, -1, 0)
    if alpha.min() == 255 and red.min() < 255 and np.array_equal(red, green) and np.array_equal(green, blue):
        raise InputError(
            f"{path} is grey under an alpha channel that is opaque everywhere, so that either may be the matte: save "
            "the matte as grey without an alpha channel"
        )
    return alpha.astype(np.float32) / 255
