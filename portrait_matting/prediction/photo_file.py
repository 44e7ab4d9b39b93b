"""A photo as people bring it: sideways, with a colour profile, with an alpha of its own, in any common file type."""

import stat
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from portrait_matting.errors import InputError
from portrait_matting.images.io import decode_image
from portrait_matting.images.jpeg import has_end, has_more_scans
from portrait_matting.images.pixels import arrays, colours, orientation_of, upright
from portrait_matting.prediction.names import shown

MOST_PIXELS = 178_956_970  # half a GiB of RGB: Pillow refuses more, and a camera of 100 megapixels is far below

# Pillow knows more, among them EPS, for which it would start Ghostscript.
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF")
_READ = "give JPEG, PNG, WebP, AVIF, TIFF, BMP or GIF"
_MOST_BYTES = 2**31  # what the largest picture takes with 16 bits in each of four channels is 1.4 GB
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


def read_photo(path: Path, most_pixels: int = MOST_PIXELS) -> Photo:
    """Reads the first picture of a JPEG, PNG, WebP, AVIF, TIFF, BMP or GIF, told by its content and not by its name.

    Values of 32 bits are light in [0, white], white being the least of 1 (floats only), 255, 65535 and 2**31 - 1 that
    the brightest pixel does not exceed.

    Args:
        path: the file.
        most_pixels: a picture whose header says more is refused before it is decoded; at most `MOST_PIXELS`.

    Raises:
        InputError: one line that names the file and says why it cannot be read.
    """
    name = shown(path)
    # Per call, since tests and notebooks reset the filters; catch_warnings is not safe in threads.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    try:
        with _open(path, name) as file:
            return _read(file, name, most_pixels)
    except InputError:
        raise
    except Image.DecompressionBombError as error:
        raise InputError(f"{name} has more than {MOST_PIXELS:,} pixels: make it smaller") from error
    except UnidentifiedImageError as error:
        raise InputError(f"{name} is not an image, or its first bytes are damaged: {_READ}") from error
    except MemoryError as error:
        raise InputError(f"{name} needs more memory than there is: make it smaller") from error
    except Exception as error:  # what the decoders raise over damaged bytes is no closed list
        if isinstance(error, OSError) and error.errno is not None:
            raise InputError(f"{name} cannot be read ({error.strerror}): check the path and its permissions") from error
        raise InputError(f"{name} cannot be decoded, it is truncated or damaged: get a whole copy") from error


def _open(path: Path, name: str) -> BinaryIO:
    try:
        found = path.stat()
    except FileNotFoundError as error:
        what = "is a link to nothing" if path.is_symlink() else "does not exist"
        raise InputError(f"{name} {what}: check the path") from error
    if stat.S_ISDIR(found.st_mode):
        raise InputError(f"{name} is a folder: name a photo")
    if not stat.S_ISREG(found.st_mode):  # a pipe may never end, nor even open
        raise InputError(f"{name} is not a regular file: name a photo")
    if found.st_size == 0:
        raise InputError(f"{name} is empty: get a whole copy")
    if found.st_size > _MOST_BYTES:
        raise InputError(f"{name} has {found.st_size / 1e9:.1f} GB, more than any photo that is read: name a photo")
    return path.open("rb")


def _read(file: BinaryIO, name: str, most_pixels: int) -> Photo:
    start = file.read(12)
    file.seek(0)
    try:
        picture = Image.open(file, formats=_FORMATS)  # a handle, not a path: Pillow would map the file into memory
    except UnidentifiedImageError:
        if start[4:8] == b"ftyp" and start[8:] in _HEIF:  # not before: an AVIF may begin like that
            raise InputError(f"{name} is a HEIC photo, which is not read: save it as JPEG") from None
        raise
    width, height = picture.size
    if width * height > most_pixels:
        raise InputError(f"{name} has {width}x{height} pixels, more than {most_pixels:,}: make it smaller")
    if picture.format == "TIFF" and (picture.tag_v2.get(_SUBFILE, 0) & 1 or _DNG_VERSION in picture.tag_v2):
        raise InputError(f"{name} is a camera's raw file, of which only a preview could be read: save it as JPEG")
    profile, convert = colours(picture)
    if start.startswith(b"\xff\xd8"):
        file.seek(0)
        encoded = file.read()
        if has_more_scans(encoded, _MOST_SCANS):
            raise InputError(f"{name} has more than {_MOST_SCANS} scans, made to be slow: save it anew")
        if convert is None and picture.mode in ("RGB", "L"):  # OpenCV takes a third of Pillow's time
            return Photo(decode_image(encoded, name), None, profile)
        if not has_end(encoded):
            raise InputError(f"{name} is a truncated JPEG: get a whole copy")
    picture.load()
    orientation = orientation_of(picture)  # not before: a TIFF is turned while it is loaded
    image, alpha = arrays(picture, convert)
    del picture  # before a turned copy is made
    image = upright(image, orientation)
    if alpha is None or alpha.min() == 255:
        return Photo(image, None, profile)
    return Photo(image, upright(alpha, orientation) / np.float32(255), profile)
