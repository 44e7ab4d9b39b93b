"""A label's file: an alpha as a PNG of 8-bit grey, and in it what it was made of, so that both are there or neither."""

import os
import re
import struct
import zlib
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import cv2
import numpy as np

_PNG = (
    *(cv2.IMWRITE_PNG_COMPRESSION, 4),
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_DEFAULT),
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP),
)
_SIGNATURE, _END = b"\x89PNG\r\n\x1a\n", b"\0\0\0\0IEND\xaeB`\x82"  # PNG specification, 5.2 and 11.2.5
_HEADER = 33  # bytes up to the end of the chunk IHDR, which comes first
_TEXT = re.compile(
    rb"tEXtComment\0portrait_matting label "
    rb"made_of=(\w{32}) confidence=(none|\d\.\d{6}) coverage=(\d\.\d{6})"
)
_SEARCHED = 512  # bytes at the beginning


@dataclass(frozen=True)
class Mark:
    """What a label's file says of itself.

    Attributes:
        made_of: digest of the photo, and of the matte that was given for it.
        confidence: to six digits; None where none is known.
        coverage: mean of the alpha, likewise.
        height, width: in pixels.
    """

    made_of: str
    confidence: float | None
    coverage: float
    height: int
    width: int


def digest(*contents: bytes) -> str:
    """BLAKE2b of 128 bits of some files' bytes, in hexadecimal."""
    state = blake2b(digest_size=16)
    for content in contents:
        state.update(struct.pack("<q", len(content)))
        state.update(content)
    return state.hexdigest()


def encode(alpha: np.ndarray, made_of: str, confidence: float | None) -> tuple[bytes, Mark]:
    """A label's file and its mark, of an alpha, float32 (H, W) in [0, 1]."""
    levels = np.rint(255 * np.clip(alpha, 0, 1)).astype(np.uint8)
    mark = Mark(
        made_of,
        None if confidence is None else round(confidence, 6),
        round(float(levels.mean(dtype=np.float64)) / 255, 6),
        *levels.shape,
    )
    sure = "none" if mark.confidence is None else f"{mark.confidence:.6f}"
    text = f"portrait_matting label made_of={made_of} confidence={sure} coverage={mark.coverage:.6f}"
    chunk = b"tEXtComment\0" + text.encode()
    encoded = cv2.imencode(".png", levels, _PNG)[1].tobytes()
    whole = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return encoded[:_HEADER] + whole + encoded[_HEADER:], mark


def read_mark(path: Path) -> Mark | None:
    """The mark of a label; None where there is no file, or none of ours that is there to its end."""
    try:
        with path.open("rb") as file:
            start = file.read(_SEARCHED)
            file.seek(-len(_END), os.SEEK_END)
            whole = start.startswith(_SIGNATURE) and file.read() == _END
    except OSError:  # not there, or shorter than that
        return None
    found = _TEXT.search(start) if whole else None
    if found is None:
        return None
    width, height = struct.unpack(">II", start[16:24])
    confidence = None if found[2] == b"none" else float(found[2])
    return Mark(found[1].decode(), confidence, float(found[3]), height, width)
