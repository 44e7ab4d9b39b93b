"""Finding and reading images, class masks and alphas, and saying clearly what is wrong with a bad file."""

import os
from collections.abc import Collection
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from portrait_matting.errors import InputError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})

_DEPTH = {"1": 1.0, "L": 255.0, "I;16": 65535.0, "I;16B": 65535.0, "I": 65535.0, "F": 1.0}
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, b"\xff\xd9"


def pair_files(
    images: Path,
    alphas: Path,
    image_suffixes: Collection[str] = IMAGE_SUFFIXES,
    alpha_suffixes: Collection[str] = IMAGE_SUFFIXES,
) -> list[tuple[Path, Path]]:
    """Pairs the files of two folders by their stems, in the order of the stems.

    Suffixes count in upper and lower case. Hidden files do not: macOS leaves `._NAME` beside NAME on foreign disks.

    Raises:
        InputError: no image, two files with one stem, or a file without its counterpart.
    """
    image_of, alpha_of = _by_stem(images, image_suffixes), _by_stem(alphas, alpha_suffixes)
    if not image_of:
        raise InputError(f"{images} holds no image: give a folder with files in {', '.join(sorted(image_suffixes))}")
    if lonely := sorted(image_of.keys() ^ alpha_of.keys()):
        there = image_of.get(lonely[0]) or alpha_of[lonely[0]]
        lacking = alphas if lonely[0] in image_of else images
        raise InputError(
            f"{there} has no counterpart {lonely[0]}.* in {lacking} ({len(lonely)} such): add or remove them"
        )
    return [(image_of[stem], alpha_of[stem]) for stem in sorted(image_of)]


def read_image(path: Path) -> np.ndarray:
    """Reads a photo as uint8 RGB (H, W, 3), turned upright by its EXIF orientation.

    Raises:
        InputError: the file is missing, empty, truncated or no image. A JPEG that lacks only its end marker counts as
            truncated.
    """
    encoded = _bytes(path)
    # imdecode of OpenCV 5 refuses a cut JPEG, imread fills the missing part with grey, and imdecode of 4.10 with what
    # was in memory, such as an earlier picture (opencv issue 26488): so it is found here.
    cut = encoded[:2] == b"\xff\xd8" and not _has_end(encoded)
    try:
        image = None if cut else cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR_RGB)
    except cv2.error:  # larger than OpenCV's limit, or empty
        image = None
    if image is None:
        raise _broken(path)
    return image


def read_mask(path: Path) -> np.ndarray:
    """Reads a class mask as uint8 (H, W), one class id per pixel; of a palette file the indices, not the colours.

    Raises:
        InputError: the file is missing or broken, has several channels, or holds ids that are no integers up to 255.
    """
    mask = np.asarray(_open(path))
    if mask.ndim != 2:
        raise InputError(f"{path} has {mask.shape[2]} channels: a class mask needs one, holding class ids")
    ids = mask.astype(np.uint8)
    if not np.array_equal(ids, mask):  # a 16-bit id of 256 would wrap around to the background's 0
        raise InputError(
            f"{path} holds values up to {mask.max()}: a class mask holds class ids, integers from 0 to 255"
        )
    return ids


def read_alpha(path: Path) -> np.ndarray:
    """Reads a matte as float32 (H, W) in [0, 1]: grey of 1, 8 or 16 bits, or the alpha channel of a picture with one.

    The value is divided by what its type can hold, never by its own maximum, so a faint matte stays faint. An alpha
    channel that is opaque everywhere says nothing: then the grey below it is the matte.

    Raises:
        InputError: the file is missing or broken, or is a colour picture without an alpha channel.
    """
    picture = _open(path)
    if picture.mode == "P":  # a palette may hold an alpha for each of its colours
        picture = picture.convert("RGBA")
    if "A" in picture.getbands():
        channel = picture.getchannel("A")
        opaque = channel.getextrema() == (255, 255)
        picture = picture.convert("RGB") if opaque else channel
    if picture.mode == "RGB":
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


def _by_stem(folder: Path, suffixes: Collection[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        if path.suffix.lower() not in suffixes or path.name.startswith(".") or not entry.is_file():
            continue
        if path.stem in found:
            raise InputError(f"{path} and {found[path.stem].name} have one stem: rename or remove one of them")
        found[path.stem] = path
    return found


def _open(path: Path) -> Image.Image:
    encoded = BytesIO(_bytes(path))
    try:
        picture = Image.open(encoded)
        picture.load()
        return ImageOps.exif_transpose(picture)  # the rule that OpenCV applies to the photo
    except Exception as error:  # what Pillow's decoders raise on damaged bytes is no closed list
        raise _broken(path) from error


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise InputError(f"{path} does not exist: check the path")
    return path.read_bytes()


def _broken(path: Path) -> InputError:
    return InputError(
        f"{path} cannot be decoded as an image (empty, truncated or of another type): replace or remove it"
    )


def _has_end(jpeg: bytes) -> bool:
    """Looks for the end marker behind the first scan: a thumbnail in the header has one too, and phones append films.

    ITU-T T.81, B.1.1: a marker is 0xFF and a code; segments before the scan give their length; 0xFFD9 cannot occur
    within a scan, whose 0xFF bytes are followed by 0.
    """
    at = 2
    while (at := jpeg.find(b"\xff", at)) >= 0 and at + 4 <= len(jpeg):
        code = jpeg[at + 1]
        if code == _START_OF_SCAN:
            return jpeg.find(_END_OF_IMAGE, at) >= 0
        at += 1 if code in (0x00, 0xFF) else 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return False


def _grey(picture: Image.Image, path: Path) -> Image.Image:
    red, green, blue = (np.asarray(band) for band in picture.split())
    if np.array_equal(red, green) and np.array_equal(green, blue):
        return picture.getchannel("R")
    raise InputError(f"{path} is a colour picture: an alpha is grey, or the alpha channel of an RGBA file")
