"""What a JPEG's markers say without decoding it."""

import re
from collections.abc import Iterator

_START_OF_SCAN, _END_OF_IMAGE = 0xDA, b"\xff\xd9"
_SEQUENTIAL = {0xC0, 0xC1}  # frames that are neither progressive, lossless nor arithmetic
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # ITU-T T.81, B.1.1: the others occur within a scan


def has_end(jpeg: bytes) -> bool:
    """Whether the end marker is behind the first scan, where a whole file has it.

    The search begins there: a thumbnail in the header has one too, and phones append films.

    ITU-T T.81, B.1.1: a marker is 0xFF and a code; segments before the scan give their length; 0xFFD9 cannot occur
    within a scan, whose 0xFF bytes are followed by 0.
    """
    return any(code == _START_OF_SCAN and jpeg.find(_END_OF_IMAGE, at) >= 0 for code, at in _header(jpeg))


def has_more_scans(jpeg: bytes, most: int) -> bool:
    """Whether a JPEG has more than `most` scans, each of which costs the decoder time for all pixels.

    Those of thumbnails and of films behind the picture do not count.
    """
    if _one_scan(jpeg) or jpeg.count(b"\xff\xda") <= most:
        return False
    scans, at = 0, 2
    while scans <= most and (marker := _MARKER.search(jpeg, at)) and marker[0] != _END_OF_IMAGE:
        scans += marker[0] == b"\xff\xda"
        at = marker.end() + int.from_bytes(jpeg[marker.end() : marker.end() + 2], "big")
    return scans > most


def _one_scan(jpeg: bytes) -> bool:
    """Whether a decoder reads one scan and no more: that of a sequential frame which holds all its components.

    libjpeg then refuses further ones (jdinput.c). To count them costs a tenth of a decode at a reduced size.
    """
    components = b""
    for code, at in _header(jpeg):
        if code == _START_OF_SCAN:
            return components != b"" and jpeg[at + 4 : at + 5] == components  # T.81, B.2.3
        if code in _SEQUENTIAL:
            components = jpeg[at + 9 : at + 10]  # B.2.2
        elif 0xC2 <= code <= 0xCF and code not in (0xC4, 0xC8, 0xCC):  # other frames; tables have the three codes
            return False
    return False


def _header(jpeg: bytes) -> Iterator[tuple[int, int]]:
    """The codes of the segments and where they begin, up to the first scan's."""
    at = 2
    while (at := jpeg.find(b"\xff", at)) >= 0 and at + 4 <= len(jpeg):
        code = jpeg[at + 1]
        if code in (0x00, 0xFF):
            at += 1
            continue
        yield code, at
        if code == _START_OF_SCAN:
            return
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
