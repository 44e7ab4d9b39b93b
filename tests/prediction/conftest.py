"""Files as the world hands them in: whole, cut short, bit-flipped, lying about their size or their type."""

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "tif": "TIFF", "bmp": "BMP", "gif": "GIF"}
MODES = {
    "jpg": ("RGB", "L", "CMYK"),
    "png": ("RGB", "RGBA", "L", "LA", "P", "1", "I;16"),
    "webp": ("RGB", "RGBA"),
    "tif": ("RGB", "RGBA", "L", "CMYK", "I;16", "F"),
    "bmp": ("RGB", "L", "P"),
    "gif": ("P",),
}
# What stands in a name behind its number and its kind.
ODDITIES = ("", " with spaces", ".v2.final", " Größe", " 写真", " 🙂", ", = [1]", "'\"$(x)", " \n", " \udcff", "*?")
TEXTS = {
    "text": b"This is no picture.\n" * 20,
    "html": b"<!doctype html><html><body>404 Not Found</body></html>",
    "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n",
    "pdf": b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n",
    "zip": b"PK\3\4" + bytes(100),
    "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100),
    "zeros": bytes(1000),
    "empty": b"",
}


def encoded(picture: Image.Image, suffix: str, **options: object) -> bytes:
    """A file's content."""
    file = io.BytesIO()
    picture.save(file, FORMATS[suffix], **options)
    return file.getvalue()


def random_picture(mode: str, height: int, width: int, random: np.random.Generator) -> Image.Image:
    """Noise of one of Pillow's modes."""
    noise = random.integers(0, 256, (height, width, 4), dtype=np.uint8)
    if mode == "F":
        return Image.fromarray(noise[..., 0].astype(np.float32) / 255)
    if mode == "I;16":
        return Image.fromarray(noise[..., 0].astype(np.uint16) * 257)
    return Image.fromarray(noise).convert(mode)


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def huge(suffix: str) -> bytes:
    """A few bytes whose header announces a picture of more than four gigapixels, or of what the type can say."""
    if suffix == "png":
        header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
        data = png_chunk(b"IDAT", zlib.compress(bytes(1000))) + png_chunk(b"IEND", b"")
        return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + data
    whole = bytearray(encoded(Image.new("RGB", (16, 16)), suffix))
    if suffix == "jpg":
        at = whole.index(b"\xff\xc0") + 5
        whole[at : at + 4] = struct.pack(">HH", 65_500, 65_500)
    elif suffix == "bmp":
        whole[18:26] = struct.pack("<ii", 100_000, 100_000)
    elif suffix == "gif":
        whole[6:10] = struct.pack("<HH", 65_535, 65_535)
    else:
        directory = struct.unpack_from("<I", whole, 4)[0]
        for entry in range(directory + 2, directory + 2 + 12 * struct.unpack_from("<H", whole, directory)[0], 12):
            if struct.unpack_from("<H", whole, entry)[0] in (256, 257):  # width, height
                whole[entry + 2 : entry + 12] = struct.pack("<HII", 4, 1, 100_000)
    return bytes(whole)


def cut(whole: bytes, suffix: str, random: np.random.Generator) -> bytes:
    """The beginning of a file, without its last 40 bytes and more: what follows the last row, nobody misses."""
    return whole[: int(random.integers(1, max(2, min(int(0.95 * len(whole)), len(whole) - 40))))]


def flipped(whole: bytes, suffix: str, random: np.random.Generator) -> bytes:
    bits = bytearray(whole)
    for at in random.integers(0, len(bits), random.integers(1, 12)):
        bits[at] ^= 1 << random.integers(8)
    return bytes(bits)


def write_hostile(folder: Path, count: int, seed: int) -> list[Path]:
    random = np.random.default_rng(seed)
    suffixes = list(FORMATS)
    kinds = ["good"] * 3 + ["cut"] * 2 + ["flipped"] * 3 + ["huge", "text", "thin", "renamed", "odd"]
    good = []
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        suffix = suffixes[random.integers(len(suffixes))]
        mode = MODES[suffix][random.integers(len(MODES[suffix]))]
        height, width = (int(side) for side in random.integers(8, 64, 2))
        if kind == "thin":
            height, width = ((1, 1), (1, 9000), (9000, 1), (1, 7), (1, 20_000), (20_000, 1))[number // len(kinds) % 6]
            suffix, mode = ("png", "RGB") if max(height, width) > 16_000 else (suffix, mode)
        whole = encoded(random_picture(mode, height, width, random), suffix)
        if kind == "cut":
            whole = cut(whole, suffix, random)
        elif kind == "flipped":
            whole = flipped(whole, suffix, random)
        elif kind == "huge":
            suffix = ("png", "jpg", "bmp", "gif", "tif")[number // len(kinds) % 5]
            whole = huge(suffix)
        elif kind == "text":
            what = list(TEXTS)[number // len(kinds) % len(TEXTS)]
            kind, whole, suffix = what, TEXTS[what], "jpg"
        elif kind == "renamed":
            suffix = suffixes[random.integers(len(suffixes))]
        oddity = ODDITIES[random.integers(len(ODDITIES))]
        if kind == "odd":
            kind = ("folder", "dangling", "pipe", "forbidden", "loop")[number // len(kinds) % 5]
        path = folder / f"{number:04d}-{kind}{oddity}.{suffix}"
        if kind == "folder":
            path.mkdir()
        elif kind == "dangling":
            path.symlink_to(folder / "nowhere")
        elif kind == "loop":
            path.symlink_to(path)
        elif kind == "pipe":
            os.mkfifo(path)
        else:
            path.write_bytes(whole)
            if kind == "forbidden":
                path.chmod(0)  # root reads it all the same
            elif kind in ("good", "thin", "renamed"):
                good.append(path)
    return good


@pytest.fixture(scope="session")
def hostile() -> Callable[[Path, int, int], list[Path]]:
    """`hostile(folder, count, seed)` writes so many entries and returns the paths that have to be read.

    An entry is called `NUMBER-KIND….SUFFIX`. Those of the kinds `flipped` and `forbidden` may be read or refused, all
    others are to be refused. Small pictures: 1,000 take 2 MB and about a second.
    """
    return write_hostile
