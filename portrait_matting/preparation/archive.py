"""Zips as they come: what is in them, read one by one, and one line for what is wrong with them."""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from portrait_matting.errors import InputError

_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})


def open_zip(file: Path | BytesIO, name: object) -> zipfile.ZipFile:
    """Opens a zip, which errors call `name`.

    Raises:
        InputError: it is no whole zip.
    """
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise InputError(f"{name} is no whole zip ({error}): download it again") from None


def read_member(packed: zipfile.ZipFile, path: str, name: str) -> bytes:
    """The content of a member.

    Raises:
        InputError: its place in the zip is damaged.
    """
    try:
        return packed.read(path)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError) as error:
        raise InputError(f"{name} is damaged inside the zip ({error}): download the zip again") from None


def members(packed: zipfile.ZipFile, name: object) -> Iterator[zipfile.ZipInfo]:
    """The files of a zip, hidden ones left out.

    Raises:
        InputError: one cannot be read: it is locked, or packed by a method that Python does not know.
    """
    for member in packed.infolist():
        if member.is_dir() or any(map(is_hidden, slashed(member.filename).split("/"))):
            continue
        if member.flag_bits & 1:
            raise InputError(f"{name} is locked with a password: unpack it and give the folder")
        if member.compress_type not in _METHODS:
            raise InputError(f"{name} is compressed by method {member.compress_type}: unpack it and give the folder")
        yield member


def slashed(path: str) -> str:
    """The path with its folders parted by slashes."""
    return path.replace("\\", "/")  # some zips made on Windows part folders by a backslash


def is_hidden(name: str) -> bool:
    """Whether a file or folder is no part of the data: of a name that begins with a dot, or what a Mac adds."""
    return name == "__MACOSX" or (name.startswith(".") and name not in (".", ".."))
