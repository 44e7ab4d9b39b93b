"""What a TIFF holds whose pixels no decoder here takes: floats or long integers in colour, as HDR programs write."""

import struct
from typing import BinaryIO

from PIL import TiffImagePlugin

# TIFF 6.0, sections 8 and 19, and Adobe's technical note 3 on floats of 16 and 24 bits.
_WIDTH, _BITS, _CHANNELS, _SAMPLE_FORMAT = 256, 258, 277, 339
_UNSIGNED, _PLAIN = 1, (8, 16)
_FORMATS = {1: "-bit integers", 2: "-bit signed integers", 3: "-bit floats", 5: "-bit complex integers"}
_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def pixel_type(file: BinaryIO) -> str | None:
    """The pixel type of a TIFF, such as "3 channels of 32-bit floats".

    None of one with whole numbers of 8 or 16 bits, of a truncated one, and of what is no TIFF.

    Args:
        file: at its beginning, where it is again afterwards.
    """
    header = file.read(8)
    try:
        if header[:4] not in _MAGIC:
            return None
        if header[2] == 43 or header[3] == 43:  # BigTIFF: eight bytes more, the offset in them
            header += file.read(8)
        directory = TiffImagePlugin.ImageFileDirectory_v2(header)
        file.seek(directory.next)
        directory.load(file)
        bits, channels = directory.get(_BITS, (1,)), directory.get(_CHANNELS, 1)
        kind = directory.get(_SAMPLE_FORMAT, (1,))[0]
    except (OSError, SyntaxError, struct.error, LookupError, TypeError, ValueError):
        return None
    finally:
        file.seek(0)
    if _WIDTH not in directory or (kind == _UNSIGNED and max(bits) in _PLAIN):
        return None
    return f"{channels} channel{'s' if channels > 1 else ''} of {max(bits)}{_FORMATS.get(kind, ' bits')}"
