"""What a result is called: by where its file was found, apart from all others, and never outside the output folder."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

from portrait_matting.errors import InputError


@dataclass(frozen=True)
class Input:
    """A file to cut out.

    Args:
        path: the file.
        name: of its result, relative to the output folder, without a suffix. `target` makes a path of it.
    """

    path: Path
    name: Path


def target(output: Path, name: Path, suffix: str) -> Path:
    """The result's path, `output/NAME.suffix`.

    Raises:
        InputError: the name would lead out of the output folder.
    """
    if name.is_absolute() or name.drive or not name.name or ".." in name.parts or "\0" in os.fspath(name):
        raise InputError(f"{shown(name)} would lead out of {shown(output)}: a result is named below the output folder")
    return output / name.parent / f"{name.name}{suffix}"


def shown(path: str | Path) -> str:
    """A path as one line of text that any terminal prints: what is no printable character is escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in os.fspath(path))


def named_apart(files: list[Input]) -> list[Input]:
    """The same files; a name that an earlier one has becomes another one, which no file has."""
    taken: set[str] = set()
    clashes = []
    for at, file in enumerate(files):
        if _key(file.name) in taken:
            clashes.append(at)
        taken.add(_key(file.name))
    counts: Counter[str] = Counter()
    for at in clashes:
        file = files[at]
        ending = file.path.suffix[1:]
        base = f"{file.name.name}_{ending}" if ending else file.name.name
        name, first = file.name.with_name(base), _key(file.name.with_name(base))
        while _key(name) in taken:
            counts[first] += 1
            name = file.name.with_name(f"{base}_{counts[first] + 1}")
        taken.add(_key(name))
        files[at] = Input(file.path, name)
    return files


def _key(name: Path) -> str:
    """Equal for names that some file system cannot tell apart: APFS and NTFS compare without capitals."""
    return normalize("NFC", os.fspath(name)).casefold()
