"""The one reader of photos: what training, evaluate, predict and the app see of a file are the same pixels."""

import warnings
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from portrait_matting.errors import InputError
from portrait_matting.images.jpeg import has_end, has_more_scans
from portrait_matting.images.opencv import decode_rgb
from portrait_matting.images.pixels import arrays, colours, orientation_of, upright
from portrait_matting.images.tiff import pixel_type

MOST_PIXELS = 178_956_970  # half a GiB of RGB: Pillow refuses more, and a camera of 100 megapixels is far below

# Pillow knows more, among them EPS, for which it would start Ghostscript.
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF")
# The pixel types of plain photos: OpenCV takes a third of Pillow's time for a JPEG, two thirds for a PNG or WebP.
_BY_OPENCV = {"JPEG": ("RGB", "L"), "MPO": ("RGB", "L"), "PNG": ("RGB",), "WEBP": ("RGB",)}
# Cameras and encoders write 1 to some 20; each of them takes time for all pixels and may be of a hundred bytes.
_MOST_SCANS = 100
_SUBFILE, _DNG_VERSION = 254, 50706  # TIFF 6.0, section 8; DNG 1.7, chapter 4
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}  # ISO/IEC 23008-12, annex B


@dataclass(frozen=True)
class Photo:
    """A photo as it is to be looked at.

    Args:
        image: uint8 RGB (H, W, 3), upright. 16 bits are brought to 8.
        alpha: float32 (H, W) in [0, 1], the file's own; None if it has none or is opaque everywhere.
        icc_profile: of `image`'s colours; None for sRGB. A grey or CMYK photo has been converted by its own.
    """

    image: np.ndarray
    alpha: np.ndarray | None
    icc_profile: bytes | None


def decode_photo(file: BinaryIO, name: object, most_pixels: int = MOST_PIXELS, least_side: int = 0) -> Photo:
    """Decodes the first picture of a JPEG, PNG, WebP, AVIF, TIFF, BMP or GIF, recognised by its content.

    Values of 32 bits are light in [0, white], white being the least of 1 (floats only), 255, 65535 and 2**31 - 1 that
    the brightest pixel does not exceed.

    Args:
        file: at its beginning.
        name: what an error calls it.
        most_pixels: a picture whose header says more is refused before it is decoded; at most `MOST_PIXELS`.
        least_side: a grey or RGB JPEG may come smaller, as `decode_rgb` says. 0: at its full size.

    Raises:
        InputError: HEIC, a camera's raw file, a TIFF of colours in floats or long integers, too many pixels or scans,
            or a JPEG that is truncated, be it by no more than its end marker.
        Exception: whatever else Pillow raises over a file that is no picture or a broken one.
    """
    # Per call, since tests and notebooks reset the filters; catch_warnings is not safe in threads.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    start = file.read(12)
    file.seek(0)
    try:
        picture = Image.open(file, formats=_FORMATS)  # a handle, not a path: Pillow would map the file into memory
    except UnidentifiedImageError:
        if start[4:8] == b"ftyp" and start[8:] in _HEIF:  # not before: an AVIF may begin like that
            raise InputError(f"{name} is a HEIC photo, which is not read: save it as JPEG") from None
        file.seek(0)
        if kind := pixel_type(file):
            raise InputError(f"{name} is a TIFF of {kind}, which is not read: save it with 8 or 16 bits") from None
        raise
    except Image.DecompressionBombError as error:
        raise InputError(f"{name} has more than {MOST_PIXELS:,} pixels: make it smaller") from error
    width, height = picture.size
    if width * height > most_pixels:
        raise InputError(f"{name} has {width}x{height} pixels, more than {most_pixels:,}: make it smaller")
    if picture.format == "TIFF" and (picture.tag_v2.get(_SUBFILE, 0) & 1 or _DNG_VERSION in picture.tag_v2):
        raise InputError(f"{name} is a camera's raw file, of which only a preview could be read: save it as JPEG")
    profile, convert = colours(picture)
    jpeg = start.startswith(b"\xff\xd8")
    plain = picture.mode in _BY_OPENCV.get(picture.format, ()) and "transparency" not in picture.info and not convert
    if jpeg or plain:
        file.seek(0)
        encoded = file.read()
        if jpeg:
            _check_jpeg(encoded, name)
        image = decode_rgb(encoded, height, width, least_side if jpeg else 0) if plain else None
        if image is not None:
            return Photo(upright(image, orientation_of(picture, encoded)), None, profile)
    picture.load()
    orientation = orientation_of(picture)  # not before: a TIFF is turned while it is loaded
    image, alpha = arrays(picture, convert)
    del picture  # before a turned copy is made
    image = upright(image, orientation)
    if alpha is None or alpha.min() == 255:
        return Photo(image, None, profile)
    return Photo(image, upright(alpha, orientation) / np.float32(255), profile)


def _check_jpeg(encoded: bytes, name: object) -> None:
    if has_more_scans(encoded, _MOST_SCANS):
        raise InputError(f"{name} has more than {_MOST_SCANS} scans, which decode too slowly: save it again")
    # imdecode of OpenCV 5 refuses a cut JPEG, imread fills the missing part with grey, and imdecode of 4.10 with what
    # was in memory, such as an earlier picture (opencv issue 26488): so it is found here.
    if not has_end(encoded):
        raise InputError(f"{name} cannot be decoded, it is a truncated JPEG: get a whole copy")
