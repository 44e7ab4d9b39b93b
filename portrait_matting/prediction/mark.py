"""The mark in a result: which file it was made of and how, so that a later call knows what stands there.

It is in the file itself, not beside it: so it is there if and only if the file is, whoever moves, copies or mixes
folders, and however many calls write into one. It is one line of text, in a PNG's tEXt chunk `Software`, a JPEG's
comment, a WebP's EXIF tag Software, and a video's tag `comment`. It names nobody's folders: it holds digests alone.
"""

import os
import re
import struct
import zlib
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b, file_digest
from pathlib import Path

from portrait_matting.prediction.ffmpeg import load_av
from portrait_matting.prediction.inputs import is_video

_BYTES = 16  # of a digest
_UNSEALED = "0" * 2 * _BYTES
_TEXT = re.compile(rb"portrait_matting 1 file=(\w{32}) content=(\w{32}) settings=(\w{32}) seal=(\w{32})")
_SEARCHED = (
    2048  # bytes at either end: `cutout_file.encode` puts it behind a PNG's or JPEG's header, or at a WebP's end
)
_CRC = 4  # bytes behind the text in a PNG: the checksum of its chunk


@dataclass(frozen=True)
class Mark:
    """What a result was made of.

    Args:
        file: digest of the input's path, links resolved.
        content: digest of the input's bytes.
        settings: digest of the network and of every option that changes the result: see `Settings`.
        seal: digest of the result's other bytes, by which it is known that nobody has changed it since; zeros where
            there is none, as in a video.
    """

    file: str
    content: str
    settings: str
    seal: str = _UNSEALED

    def text(self) -> str:
        """The line that stands in the result."""
        return f"portrait_matting 1 file={self.file} content={self.content} settings={self.settings} seal={self.seal}"

    def of_same(self, other: "Mark") -> bool:
        """Whether another mark is of the same content and settings: the result would be the same."""
        return (self.content, self.settings) == (other.content, other.settings)


def digest(content: bytes) -> str:
    """BLAKE2b of 128 bits, in hexadecimal: 1 GB takes about a second."""
    return blake2b(content, digest_size=_BYTES).hexdigest()


def digest_of_path(path: Path) -> str:
    """The digest of where a file is, wherever it is called from; a link to a file is a file of its own."""
    return digest(os.fsencode(os.path.join(os.path.realpath(path.parent), path.name)))


def digest_of_content(path: Path) -> str:
    """The digest of a file's bytes.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return file_digest(file, lambda: blake2b(digest_size=_BYTES)).hexdigest()


def mark_of(source: Path, settings: str | None) -> Mark | None:
    """The mark of a file's result; None where it gets none, or the file cannot be read: whoever reads it says why."""
    if settings is None:
        return None
    with suppress(OSError, ValueError):
        if source.is_file():  # a pipe may never end
            return Mark(digest_of_path(source), digest_of_content(source), settings)
    return None


def sealed(encoded: bytes) -> bytes:
    """A result that holds the text of a mark, with the seal in it; one without is as it was."""
    if (found := _TEXT.search(encoded)) is None:
        return encoded
    seal = _digest_of_others(encoded, found)
    whole = bytearray(encoded)
    whole[found.start(4) : found.end(4)] = seal.encode()
    if encoded.startswith(b"\x89PNG"):
        chunk = encoded.rfind(b"tEXt", 0, found.start())
        whole[found.end() : found.end() + _CRC] = struct.pack(">I", zlib.crc32(whole[chunk : found.end()]))
    return bytes(whole)


def read_mark(path: Path) -> Mark | None:
    """The mark of a result; None where there is none or the file cannot be read."""
    try:
        found = _TEXT.search(_tag(path) if is_video(path) else _ends(path))
    except Exception:  # what FFmpeg and disks raise is no closed list
        return None
    return found and Mark(*(part.decode() for part in found.groups()))


def is_untouched(path: Path) -> bool:
    """Whether a result with a mark is as it was written. Of a video, which has no seal, it is taken to be so."""
    try:
        if is_video(path):
            return True
        encoded = path.read_bytes()
    except OSError:
        return False
    found = _TEXT.search(encoded)
    return found is not None and found[4].decode() == _digest_of_others(encoded, found)


def _digest_of_others(encoded: bytes, found: re.Match[bytes]) -> str:
    return digest(encoded[: found.start()] + encoded[found.end() + _CRC :])


def _ends(path: Path) -> bytes:
    with path.open("rb") as file:
        start = file.read(_SEARCHED)
        file.seek(max(len(start), os.fstat(file.fileno()).st_size - _SEARCHED))
        return start + file.read(_SEARCHED)


def _tag(path: Path) -> bytes:
    with load_av().open(str(path.absolute()), metadata_errors="replace") as container:
        tags = {key.lower(): value for key, value in container.metadata.items()}
    return tags.get("comment", "").encode()
