"""From a cut-out to the file that a person gets: transparent, before a background, or the matte; whole or none."""

import struct
import zlib
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Literal, get_args

import cv2
import numpy as np
from PIL import ExifTags, Image

from portrait_matting.disk.atomic_write import write_bytes
from portrait_matting.errors import InputError
from portrait_matting.matte.composite import blurred
from portrait_matting.matte.matter import CutOut
from portrait_matting.prediction.photo_file import Photo

Format = Literal["png", "webp", "jpg"]
FORMATS = get_args(Format)
Background = tuple[int, int, int] | np.ndarray | Literal["blur"]
"""A colour, a picture (uint8 RGB, any size), or the photo itself, out of focus."""
LOSSLESS = 100
"""The quality at which WebP keeps every level."""
# Measured on a cut-out of 1080x1920: 65 ms and 929 kB. Pillow at its level 1: 131 ms and 938 kB; at its usual level 6:
# 346 ms and 821 kB. OpenCV's usual filter, Sub: 71 ms and 1,075 kB.
_PNG = (cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_DEFAULT)
_PNG_FILTER = (cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP)
_MOST = {"png": 2**31 - 1, "webp": 16383, "jpg": 65500}  # pixels a side that the format, or its encoder, can hold
_HEADER = 8 + 25  # bytes of a PNG before its second chunk: signature and IHDR
_WEBP_EFFORT = {"quality": 0, "method": 0}  # of lossless compression: twice the bytes, a tenth of the time


@dataclass(frozen=True)
class Style:
    """What is written of a cut-out.

    Args:
        format: png, webp or jpg.
        background: what the person is put before; None leaves it transparent.
        matte: writes the matte alone, as 8-bit grey.
        quality: of JPEG and WebP, 1 to 100; at 100, WebP is without loss.

    Raises:
        InputError: the format cannot hold this.
    """

    format: Format = "png"
    background: Background | None = None
    matte: bool = False
    quality: int = 90

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise InputError(f"format {self.format!r} is unknown: choose one of {', '.join(FORMATS)}")
        if self.matte and self.background is not None:
            raise InputError("a matte alone has no background: choose one of the two")
        if self.matte and self.format != "png":
            raise InputError(f"a matte alone is written as png, not {self.format}, which has no exact grey")
        if self.format == "jpg" and self.background is None:
            raise InputError("a jpg cannot be transparent: choose png or webp, or give a background")

    @property
    def suffix(self) -> str:
        return f".{self.format}"


def encode(cut_out: CutOut, photo: Photo, style: Style, note: str = "") -> bytes:
    """The file's content: colours with the photo's ICC profile, alpha multiplied by the photo's own.

    Args:
        cut_out, photo, style: what is written.
        note: a line of ASCII that goes with it: a PNG's text `Software`, a JPEG's comment, a WebP's EXIF tag Software.

    Raises:
        InputError: the photo has more pixels a side than the format can hold.
    """
    if max(photo.image.shape[:2]) > _MOST[style.format]:
        raise InputError(f"{style.format} holds at most {_MOST[style.format]:,} pixels a side: choose png")
    if photo.alpha is not None:
        cut_out = replace(cut_out, alpha=cut_out.alpha * photo.alpha)
    if style.matte:
        return _png(
            np.rint(cut_out.alpha * 255).astype(np.uint8), None, note
        )  # grey, which a profile of colours is not for
    if style.background is None:
        picture = cut_out.rgba()
    else:
        behind = blurred(photo.image, cut_out.alpha) if isinstance(style.background, str) else style.background
        picture = cut_out.over(behind)
    if style.format == "png":
        return _png(picture, photo.icc_profile, note)
    options = {"quality": style.quality}
    if style.format == "webp" and style.quality == LOSSLESS:
        options = {"lossless": True, **_WEBP_EFFORT}
    if style.format == "webp" and note:
        exif = Image.Exif()
        exif[ExifTags.Base.Software] = note
        options["exif"] = exif.tobytes()
    encoded = BytesIO()
    kind = {"webp": "WEBP", "jpg": "JPEG"}[style.format]
    Image.fromarray(picture).save(encoded, kind, icc_profile=photo.icc_profile, **options)
    return _with_comment(encoded.getvalue(), note) if style.format == "jpg" and note else encoded.getvalue()


def write_cutout(cut_out: CutOut, photo: Photo, target: Path, style: Style) -> None:
    """Writes a cut-out in a style: see `encode` and `atomic_write`."""
    write_bytes(target, encode(cut_out, photo, style))


def _png(picture: np.ndarray, profile: bytes | None, note: str = "") -> bytes:
    if picture.ndim == 3:
        picture = cv2.cvtColor(picture, cv2.COLOR_RGBA2BGRA if picture.shape[2] == 4 else cv2.COLOR_RGB2BGR)
    written, encoded = cv2.imencode(".png", picture, (*_PNG, *_PNG_FILTER))
    if not written:
        raise InputError(f"a picture of {picture.shape[1]}x{picture.shape[0]} cannot be encoded as png")
    png = encoded.tobytes()
    # PNG specification, 11.3.3.2: tEXt is a keyword, a zero, the text.
    more = (_chunk(b"tEXt", b"Software\0" + note.encode()) if note else b"") + (
        _profile_chunk(profile) if profile else b""
    )
    return png[:_HEADER] + more + png[_HEADER:] if more else png


def _with_comment(jpeg: bytes, note: str) -> bytes:
    """ITU-T T.81, B.2.4.5: COM is 0xFFFE, the length with itself, the text; behind the JFIF header, which is first."""
    at = 4 + int.from_bytes(jpeg[4:6], "big") if jpeg[2:4] == b"\xff\xe0" else 2
    return jpeg[:at] + struct.pack(">HH", 0xFFFE, len(note) + 2) + note.encode() + jpeg[at:]


def _profile_chunk(profile: bytes) -> bytes:
    """PNG specification (W3C, third edition), 11.3.2.3: iCCP is a name, a zero, the method 0, the profile deflated."""
    return _chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(profile))  # OpenCV before 4.13 writes none


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
