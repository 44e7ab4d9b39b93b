"""What the reader and the writer of videos share: PyAV, its errors as one line, and how frames say what they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from portrait_matting.errors import InputError

UNREADABLE = "cannot be read as a video", "choose a whole video"
UNWRITABLE = "cannot be written", "look at the folder, the room on the disk and the video"
# Matrices between RGB and YUV: FFmpeg's numbers, AVCOL_SPC_*, to PyAV's for what is written. BT.601 has two of FFmpeg's
# (5, 6), and so has BT.2020 (9, 10).
_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
_BT709, _BT601 = 1, 5


def load_av() -> ModuleType:
    """PyAV, or InputError with what installs it."""
    try:
        import av
    except ImportError as error:
        raise InputError('videos need PyAV: pip install "portrait-matting[video]"') from error
    return av


@contextmanager
def naming(path: Path, trouble: str, cure: str) -> Iterator[None]:
    """Errors of FFmpeg and of the disk as one line."""
    try:
        yield
    except (load_av().FFmpegError, OSError) as error:
        raise InputError(f"{path} {trouble} ({error.strerror}): {cure}") from error


def turn(frame: Any) -> tuple[bool, bool, bool]:
    """How a frame is made upright: rows and columns change places, then it is mirrored left-right and top-bottom.

    By its display matrix [a b; c d], x' = a x + c y and y' = b x + d y (ISO/IEC 14496-12, 6.2.2).
    """
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return False, False, False
    a, b, _, c, d = np.frombuffer(matrix, np.int32)[:5].tolist()
    if abs(b) > abs(a):
        return True, c < 0, b < 0
    return False, a < 0, d < 0


def matrix(frame: Any) -> int:
    """The matrix between a frame's YUV and RGB, by PyAV's number; by its height where the frame does not say."""
    return _MATRICES.get(frame.colorspace, _BT709 if frame.height >= 720 else _BT601)
