"""A photo as people bring it, from its path; whatever is wrong with it is one line."""

import stat
from pathlib import Path
from typing import BinaryIO

from PIL import UnidentifiedImageError

from portrait_matting.disk.file_kind import file_kind
from portrait_matting.errors import InputError
from portrait_matting.images.photo import MOST_PIXELS, Photo, decode_photo
from portrait_matting.prediction.names import shown

_READ = "give JPEG, PNG, WebP, AVIF, TIFF, BMP or GIF"
_KINDS = {f"a {name} picture" for name in ("JPEG", "PNG", "WebP", "TIFF", "BMP", "GIF")} | {"an AVIF picture"}
_MOST_BYTES = 2**31  # what the largest picture takes with 16 bits in each of four channels is 1.4 GB


def read_photo(path: Path, most_pixels: int = MOST_PIXELS) -> Photo:
    """Reads the first picture of a JPEG, PNG, WebP, AVIF, TIFF, BMP or GIF as `decode_photo` decodes it.

    Args:
        path: the file.
        most_pixels: a picture whose header says more is refused before it is decoded; at most `MOST_PIXELS`.

    Raises:
        InputError: one line that names the file and says why it cannot be read.
    """
    name = shown(path)
    try:
        with _open(path, name) as file:
            return decode_photo(file, name, most_pixels)
    except InputError:
        raise
    except UnidentifiedImageError as error:
        kind = _kind(path)
        what = (
            f"is not an image that can be read, but {kind}"
            if kind
            else "is not an image, or its first bytes are damaged"
        )
        raise InputError(f"{name} {what}: {_READ}") from error
    except MemoryError as error:
        raise InputError(f"{name} needs more memory than there is: make it smaller") from error
    except Exception as error:  # what the decoders raise over damaged bytes is no closed list
        if isinstance(error, OSError) and error.errno is not None:
            raise InputError(f"{name} cannot be read ({error.strerror}): check the path and its permissions") from error
        raise InputError(f"{name} cannot be decoded, it is truncated or damaged: get a whole copy") from error


def _kind(path: Path) -> str | None:
    """What a file is that no decoder knows; None where that is not known, or where its type is one that is read."""
    try:
        kind = file_kind(path)
    except OSError:
        return None
    return None if kind in _KINDS else kind


def _open(path: Path, name: str) -> BinaryIO:
    try:
        status = path.stat()
    except FileNotFoundError as error:
        what = "is a link to nothing" if path.is_symlink() else "does not exist"
        raise InputError(f"{name} {what}: check the path") from error
    if stat.S_ISDIR(status.st_mode):
        raise InputError(f"{name} is a folder: name a photo")
    if not stat.S_ISREG(status.st_mode):  # a pipe may never end, nor even open
        raise InputError(f"{name} is not a regular file: name a photo")
    if status.st_size == 0:
        raise InputError(f"{name} is empty: get a whole copy")
    if status.st_size > _MOST_BYTES:
        raise InputError(f"{name} has {status.st_size / 1e9:.1f} GB, more than any photo that is read: name a photo")
    return path.open("rb")
