"""What a file is by its first bytes, in words for people: a name says nothing, since browsers and people rename."""

import json
import re
import string
from collections.abc import Callable
from pathlib import Path

_READ = 4096  # bytes: more than every signature needs
_TAR = 257  # POSIX.1-1988: where "ustar" stands

# By the publishers' specifications, or where there is none by libmagic (file 5.45, magic/Magdir).
_SIGNATURES = (
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"8BPS", "a Photoshop document"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x76\x2f\x31\x01", "an OpenEXR picture"),
    (b"#?RADIANCE", "a Radiance HDR picture"),
    (b"\0\0\1\0", "a Windows icon"),
    (b"gimp xcf", "a GIMP picture"),
    (b"DDS ", "a DirectDraw texture"),
    (b"qoif", "a QOI picture"),
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"FUJIFILM", "a camera's raw file"),
    (b"IIRO", "a camera's raw file"),
    (b"IIU\0", "a camera's raw file"),
    (b"FOVb", "a camera's raw file"),
    (b"II*\0\x10\0\0\0CR", "a camera's raw file"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes its weights"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"PK\3\4", "a zip archive"),
    (b"PK\5\6", "a zip archive"),
    (b"\x1a\x45\xdf\xa3", "a video"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
    (b"SQLite format 3", "an SQLite database"),
    (b"GGUF", "a GGUF model"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file that it stands for"),
)
_BRANDS = {b"avif": "an AVIF picture", b"avis": "an AVIF picture", b"crx ": "a camera's raw file"}
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}  # ISO/IEC 23008-12, annex B
_PAGE = re.compile(rb"\s*(<!--.*?-->\s*)?<(!doctype html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_SVG = re.compile(rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*|<!doctype svg[^>]*>\s*)*<svg\b", re.IGNORECASE | re.DOTALL)
_ONNX = re.compile(rb"\x08[\x01-\x1f](?:[\x12\x1a][\x01-\x7f][ -~]|\x3a)")  # field 1, ir_version; producer or graph
_TEXT = set(string.printable.encode()) | set(range(0x80, 0x100))


def file_kind(path: Path) -> str | None:
    """What a file is, such as "an HTML page"; None where that is not known.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return kind_of(file.read(_READ))


def kind_of(start: bytes) -> str | None:
    """The same from a file's first bytes, some thousands of them."""
    for signature, kind in _SIGNATURES:
        if start.startswith(signature):
            return kind
    return next((kind for find in _FINDERS if (kind := find(start)) is not None), None)


def _iso_media(start: bytes) -> str | None:
    if start[4:8] != b"ftyp":
        return None
    brand = start[8:12]
    return _BRANDS.get(brand) or ("a HEIC picture" if brand in _HEIF else "a video")


def _riff(start: bytes) -> str | None:
    return {b"WEBP": "a WebP picture", b"AVI ": "a video"}.get(start[8:12]) if start.startswith(b"RIFF") else None


def _model(start: bytes) -> str | None:
    if start[4:8] == b"TFL3":  # FlatBuffers have their file identifier there
        return "a TensorFlow Lite model"
    length = int.from_bytes(start[:8], "little")
    if start[8:9] == b"{" and 2 <= length < 100_000_000:  # safetensors: the header's length, and its JSON
        return "a safetensors file"
    return "an ONNX model" if _ONNX.match(start) else None


def _archive(start: bytes) -> str | None:
    return "a tar archive" if start[_TAR : _TAR + 5] == b"ustar" else None


def _text(start: bytes) -> str | None:
    if _PAGE.match(start):
        return "an HTML page, perhaps of a download that asked for a login or was not found"
    if _SVG.match(start):
        return "an SVG drawing"
    if not start.strip() or not set(start) <= _TEXT:
        return None
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(start) < _READ or error.start < len(start) - 3:  # else a letter was cut in two
            return None
    if start.lstrip()[:1] in (b"{", b"["):
        return "a JSON text" if _is_json(start) else "a text"
    return "an XML text" if start.lstrip().startswith(b"<?xml") else "a text"


def _is_json(start: bytes) -> bool:
    try:
        json.loads(start)
    except ValueError as error:
        return len(start) == _READ or "Unterminated" in str(error)
    return True


_FINDERS: tuple[Callable[[bytes], str | None], ...] = (_iso_media, _riff, _model, _archive, _text)
