"""Reading one image, class mask or alpha from a file, and saying clearly what is wrong with a bad one."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from portrait_matting.errors import InputError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})

_DEPTH = {"1": 1.0, "L": 255.0, "I;16": 65535.0, "I;16B": 65535.0, "I": 65535.0, "F": 1.0}


def read_image(path: Path) -> np.ndarray:
    """Reads a photo as uint8 RGB (H, W, 3), turned upright by its EXIF orientation.

    Raises:
        InputError: the file is missing, empty, truncated or no image.
    """
    image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB) if _has_bytes(path) else None
    if image is None:
        raise InputError(f"{path} cannot be decoded as an image (truncated or of another type): replace or remove it")
    return image


def read_mask(path: Path) -> np.ndarray:
    """Reads a class mask as uint8 (H, W), one class id per pixel; of a palette file the indices, not the colours.

    Raises:
        InputError: the file is missing or broken, or has several channels.
    """
    mask = np.asarray(_open(path))
    if mask.ndim != 2:
        raise InputError(f"{path} has {mask.shape[2]} channels: a class mask needs one, holding class ids")
    return mask.astype(np.uint8)


def read_alpha(path: Path) -> np.ndarray:
    """Reads a matte as float32 (H, W) in [0, 1]: grey of 1, 8 or 16 bits, or the alpha channel of LA, PA and RGBA.

    The value is divided by what its type can hold, never by its own maximum, so a faint matte stays faint.

    Raises:
        InputError: the file is missing or broken, or is a colour picture without an alpha channel.
    """
    picture = _open(path)
    if "A" in picture.getbands():
        picture = picture.getchannel("A")
    elif picture.mode == "P":
        picture = picture.convert("L")
    elif picture.mode == "RGB":
        picture = _grey(picture, path)
    if picture.mode not in _DEPTH:
        raise InputError(f"{path} has the pixel type {picture.mode}: save the alpha as 8- or 16-bit grey, or as RGBA")
    alpha = np.asarray(picture, dtype=np.float32) / _DEPTH[picture.mode]
    if not (np.isfinite(alpha).all() and alpha.min() >= 0 and alpha.max() <= 1):
        raise InputError(f"{path} holds values outside [0, 1]: save the alpha as 8- or 16-bit grey")
    return alpha


def check_sizes(image: np.ndarray, alpha: np.ndarray, image_path: Path, alpha_path: Path) -> None:
    """Raises InputError unless both are of the same height and width."""
    if image.shape[:2] != alpha.shape[:2]:
        (h, w), (ah, aw) = image.shape[:2], alpha.shape[:2]
        raise InputError(
            f"{alpha_path} is {aw}x{ah} but {image_path} is {w}x{h}: make them one size, or remove the pair"
        )


def _open(path: Path) -> Image.Image:
    if _has_bytes(path):
        try:
            picture = Image.open(path)
            picture.load()
            return ImageOps.exif_transpose(picture)  # the rule that cv2.imread applies to the photo
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            pass
    raise InputError(f"{path} cannot be decoded as an image (truncated or of another type): replace or remove it")


def _has_bytes(path: Path) -> bool:
    if not path.is_file():
        raise InputError(f"{path} does not exist: check the path")
    return path.stat().st_size > 0


def _grey(picture: Image.Image, path: Path) -> Image.Image:
    red, green, blue = picture.split()
    if np.array_equal(red, green) and np.array_equal(green, blue):
        return red
    raise InputError(f"{path} is a colour picture: an alpha is grey, or the alpha channel of an RGBA file")
