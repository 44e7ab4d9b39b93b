"""What a JPEG's markers say without decoding it."""

_START_OF_SCAN, _END_OF_IMAGE = 0xDA, b"\xff\xd9"


def has_end(jpeg: bytes) -> bool:
    """Whether the end marker is behind the first scan, where a whole file has it.

    The search begins there: a thumbnail in the header has one too, and phones append films.

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
