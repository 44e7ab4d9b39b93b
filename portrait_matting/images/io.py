"""Reading images, class masks and alphas, and saying clearly what is wrong with a bad file."""

from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from portrait_matting.errors import InputError
from portrait_matting.images.photo import decode_photo
from portrait_matting.images.pixels import TURNED, orientation_of, stored_size
from portrait_matting.images.tiff import pixel_type

IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".avif", ".bmp", ".tif", ".tiff", ".gif"}
)
"""Of the kinds that `decode_photo` reads."""

_DEPTH = {"1": 1.0, "L": 255.0, "I;16": 65535.0, "I;16B": 65535.0, "I": 65535.0, "F": 1.0}
_PNG, _GREY_8_BIT = b"\x89PNG\r\n\x1a\n", b"\x08\x00"  # its first bytes; bit depth and colour type, bytes 24 and 25


def read_image(path: Path, least_side: int = 0) -> np.ndarray:
    """Reads a photo as `decode_image` decodes it.

    Raises:
        InputError: the file is missing, empty, truncated or no image.
    """
    return decode_image(read_file(path), path, least_side)


def decode_image(encoded: bytes, name: object, least_side: int = 0) -> np.ndarray:
    """Decodes a photo to uint8 RGB (H, W, 3), turned upright by its EXIF orientation, as predict and the app see it.

    Args:
        encoded: the file's content.
        name: what an error calls it.
        least_side: a grey or RGB JPEG may come at a half, a quarter or an eighth of its size, as far as its shorter
            side keeps so many pixels; it covers the whole photo. 0: at its full size.

    Raises:
        InputError: empty, truncated or no image. A JPEG that lacks only its end marker counts as truncated.
    """
    try:
        return decode_photo(BytesIO(encoded), name, least_side=least_side).image
    except InputError:
        raise
    except Exception as error:  # what Pillow's decoders raise on damaged bytes is no closed list
        raise _broken(name, encoded) from error


def image_size(encoded: bytes, name: object) -> tuple[int, int]:
    """Height and width of a picture as it is when upright, from its header alone.

    Raises:
        InputError: no image.
    """
    try:
        picture = Image.open(BytesIO(encoded))
        width, height = stored_size(picture)
        turned = orientation_of(picture, encoded) in TURNED
    except Exception as error:  # what Pillow's readers raise on damaged bytes is no closed list
        raise _broken(name, encoded) from error
    return (width, height) if turned else (height, width)


def read_mask(path: Path) -> np.ndarray:
    """Reads a class mask as `decode_mask` decodes it.

    Raises:
        InputError: the file is missing or broken, is a colour picture, or holds ids that are no integers up to 255.
    """
    return decode_mask(read_file(path), path)


def decode_mask(encoded: bytes, name: object) -> np.ndarray:
    """Decodes a class mask to uint8 (H, W), one class id per pixel; of a palette file the indices, not the colours.

    Grey that was saved as a colour picture is grey.

    Raises:
        InputError: empty, truncated or no image, a colour picture, or ids that are no integers up to 255.
    """
    if encoded[:8] == _PNG and encoded[24:26] == _GREY_8_BIT and b"eXIf" not in encoded:  # no need of Pillow's care
        ids = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_UNCHANGED)
        if ids is None:
            raise _broken(name, encoded)
        if ids.ndim == 2:
            return ids
    picture = _open(encoded, name)
    if picture.mode in ("RGB", "RGBA"):
        picture = _grey(picture, f"{name} is a colour picture: a class mask is grey, holding class ids")
    mask = np.asarray(picture)
    if mask.ndim != 2:
        raise InputError(f"{name} has the pixel type {picture.mode}: a class mask is grey, holding class ids")
    ids = mask.astype(np.uint8)
    if not np.array_equal(ids, mask):  # a 16-bit id of 256 would wrap around to the background's 0
        raise InputError(
            f"{name} holds values up to {mask.max()}: a class mask holds class ids, integers from 0 to 255"
        )
    return ids


def read_alpha(path: Path) -> np.ndarray:
    """Reads a matte as float32 (H, W) in [0, 1]: grey of 1, 8 or 16 bits, or the alpha channel of a picture with one.

    The value is divided by what its type can hold, never by its own maximum, so a faint matte stays faint. An alpha
    channel that is opaque everywhere says nothing: then the grey below it is the matte.

    Raises:
        InputError: the file is missing or broken, or is a colour picture without an alpha channel.
    """
    picture = _open(read_file(path), path)
    palette = picture.mode == "P"
    if palette:  # it may hold an alpha for each of its colours
        picture = picture.convert("RGBA")
    if "A" in picture.getbands():
        channel = picture.getchannel("A")
        opaque = channel.getextrema() == (255, 255)
        picture = picture.convert("RGB") if opaque else channel
    if picture.mode == "RGB":
        what = "is a colour picture with a palette, as class masks are:" if palette else "is a colour picture:"
        picture = _grey(picture, f"{path} {what} an alpha is grey, or the alpha channel of an RGBA file")
    if picture.mode not in _DEPTH:
        raise InputError(f"{path} has the pixel type {picture.mode}: save the alpha as 8- or 16-bit grey, or as RGBA")
    alpha = np.asarray(picture, dtype=np.float32) / _DEPTH[picture.mode]
    if not (np.isfinite(alpha).all() and alpha.min() >= 0 and alpha.max() <= 1):
        raise InputError(f"{path} holds values outside [0, 1]: save the alpha as 8- or 16-bit grey")
    return alpha


def _open(encoded: bytes, name: object) -> Image.Image:
    try:
        picture = Image.open(BytesIO(encoded))
        picture.load()
        return ImageOps.exif_transpose(picture)  # the rule that OpenCV applies to the photo
    except Exception as error:  # what Pillow's decoders raise on damaged bytes is no closed list
        raise _broken(name, encoded) from error


def read_file(path: Path) -> bytes:
    """The content of a file.

    Raises:
        InputError: there is no such file.
    """
    if not path.is_file():
        raise InputError(f"{path} does not exist: check the path")
    return path.read_bytes()


def _broken(name: object, encoded: bytes) -> InputError:
    if kind := pixel_type(BytesIO(encoded)):
        return InputError(f"{name} is a TIFF of {kind}, which is not read: save it with 8 or 16 bits")
    return InputError(
        f"{name} cannot be decoded as an image (empty, truncated or of another type): replace or remove it"
    )


def _grey(picture: Image.Image, complaint: str) -> Image.Image:
    red, green, blue = (np.asarray(band) for band in picture.split()[:3])
    if np.array_equal(red, green) and np.array_equal(green, blue):
        return picture.getchannel("R")
    raise InputError(complaint)
