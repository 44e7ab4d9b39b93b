"""One portrait: the bytes of image and mask in, the files of the copy and its record out, or why it is refused."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from portrait_matting.errors import InputError
from portrait_matting.images.io import decode_image, decode_mask, image_size
from portrait_matting.preparation.pairing import Pair
from portrait_matting.preparation.record import Record, Rejection
from portrait_matting.preparation.settings import Settings
from portrait_matting.preparation.source import Entry, location

CLASSES = 9  # as data.easyportrait has it, whose import brings torch

# Without chroma subsampling. Halved colours bleed across the person's edge: at the tenth of the pixels with the
# strongest gradients, in photos of 1,000 pixels and more shrunk to 512 and read at 320, 4:4:4 at quality 90 (1.7 bits a
# pixel) is off by 1.2 of 255, 4:2:0 at quality 95 (2.0 bits) by 1.5; 4:4:4 at 95 (2.6 bits) by 0.8.
_SAMPLING = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
# Read in every epoch: so packed, a mask takes a quarter of the time to decode that fewer bytes by run lengths take.
_UNFILTERED = (cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE)
_FAST = (cv2.IMWRITE_PNG_COMPRESSION, 1)


@dataclass(frozen=True)
class PreparedPortrait:
    """A prepared portrait: its record, and the content of each file by its path within the copy."""

    record: Record
    files: dict[str, bytes]


def paths(split: str, name: str, targets: str) -> list[str]:
    """Where the files of a portrait lie within a copy: image, mask and, for soft targets, alpha."""
    kinds = [("images", "jpg"), ("annotations", "png"), *([("alphas", "png")] if targets == "soft" else [])]
    return [f"{folder}/{split}/{name}.{suffix}" for folder, suffix in kinds]


def copy_size(height: int, width: int, size: int) -> tuple[int, int]:
    """Height and width of the copy: the shorter side is `size`, the other one in proportion, never larger than it was.

    >>> copy_size(1920, 1080, 512)
    (910, 512)
    """
    scale = min(1.0, size / min(height, width))
    return round(height * scale), round(width * scale)


def prepare_portrait(
    pair: Pair, read: Callable[[Entry], bytes], settings: Settings
) -> PreparedPortrait | list[Rejection]:
    """Reads, checks and shrinks one portrait. The same bytes give the same bytes.

    The image is shrunk by area, which is what a camera of fewer pixels would see, the mask by nearest neighbour, since
    class ids have no mean. Where it is refused, image and mask have a row each, and the one that is not at fault names
    the other.
    """
    try:
        encoded_image, encoded_mask = _read(pair.image, read), _read(pair.mask, read)
        image, mask, (height, width) = _decode(pair, encoded_image, encoded_mask, settings.size)
    except _RefusedError as refused:
        return [
            Rejection(
                pair.split,
                location(entry),
                refused.reason
                if entry == refused.entry
                else f"its {refused.entry.kind} {location(refused.entry)}: {refused.reason}",
            )
            for entry in (pair.image, pair.mask)
        ]
    copy_height, copy_width = copy_size(height, width, settings.size)
    image = _resize(image, copy_height, copy_width, cv2.INTER_AREA)
    mask = _resize(mask, copy_height, copy_width, cv2.INTER_NEAREST_EXACT)  # INTER_NEAREST is half a pixel off
    contents = [_jpeg(image, settings.quality), _png(mask, _UNFILTERED)]
    if settings.targets == "soft":
        from portrait_matting.preparation.soft_target import soft_alpha  # heavy, and hard targets need none of it

        alpha = soft_alpha(image, mask > 0, settings.band)
        contents.append(_png(np.rint(alpha * 255).astype(np.uint8), _FAST))
    mean, spread = (channel.ravel() for channel in cv2.meanStdDev(image))
    record = Record(
        *(pair.split, pair.name, pair.user, height, width, copy_height, copy_width),
        round(cv2.countNonZero(mask) / mask.size, 6),
        *(round(float(value), 4) for value in (*mean, *(spread**2 + mean**2))),
        source_bytes=len(encoded_image) + len(encoded_mask),
        copy_bytes=sum(map(len, contents)),
    )
    return PreparedPortrait(record, dict(zip(paths(pair.split, pair.name, settings.targets), contents, strict=True)))


class _RefusedError(Exception):
    def __init__(self, entry: Entry, reason: str) -> None:
        self.entry, self.reason = entry, reason


def _read(entry: Entry, read: Callable[[Entry], bytes]) -> bytes:
    try:
        encoded = read(entry)
    except OSError as error:  # one bad sector is no reason to stop; what is refused is looked at again by the next call
        raise _RefusedError(entry, f"cannot be read: {error.strerror or error}") from error
    except InputError as error:
        raise _RefusedError(entry, _without_name(str(error), location(entry))) from error
    if not encoded:
        raise _RefusedError(entry, "empty file")
    return encoded


def _decode(pair: Pair, encoded_image: bytes, encoded_mask: bytes, size: int):
    """Image (H, W, 3), perhaps reduced by a power of two, mask (H, W), and the upright original's height and width."""
    height, width = _tell(pair.image, image_size, encoded_image)
    mask = _tell(pair.mask, decode_mask, encoded_mask)
    if mask.shape != (height, width):
        raise _RefusedError(
            pair.mask, f"is {mask.shape[1]}x{mask.shape[0]}, its image {width}x{height}, both turned upright"
        )
    if mask.max() >= CLASSES:
        raise _RefusedError(pair.mask, f"holds the class id {mask.max()}: EasyPortrait has 0 to {CLASSES - 1}")
    return _tell(pair.image, decode_image, encoded_image, size), mask, (height, width)


def _tell(entry: Entry, decode: Callable, encoded: bytes, *more):
    try:
        return decode(encoded, location(entry), *more)
    except InputError as error:
        raise _RefusedError(entry, _without_name(str(error), location(entry))) from error


def _without_name(message: str, name: str) -> str:
    return message.removeprefix(name).lstrip(" :,")


def _resize(picture: np.ndarray, height: int, width: int, interpolation: int) -> np.ndarray:
    if picture.shape[:2] == (height, width):
        return picture
    return cv2.resize(picture, (width, height), interpolation=interpolation)


def _jpeg(image: np.ndarray, quality: int) -> bytes:
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, quality, *_SAMPLING))[1].tobytes()


def _png(grey: np.ndarray, options: tuple[int, ...]) -> bytes:
    return cv2.imencode(".png", grey, options)[1].tobytes()
