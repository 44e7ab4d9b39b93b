"""What a result is called: by where its file was found, apart from all others, and never outside the output folder."""

import os
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from unicodedata import normalize

from portrait_matting.errors import InputError


@dataclass(frozen=True)
class Input:
    """A file to cut out.

    Args:
        path: the file.
        name: of its result, relative to the output folder, without a suffix. `target` makes a path of it.
        alone: the name that it has where no other result has it; None: the same.
    """

    path: Path
    name: Path
    alone: Path | None = None

    @property
    def own_name(self) -> Path:
        """The name where no other result has it."""
        return self.alone or self.name

    @property
    def other_name(self) -> Path:
        """The name where another result has its own: with its suffix behind, as `a_png`; `a_png_2` follows."""
        ending = self.path.suffix[1:]
        return self.own_name.with_name(f"{self.own_name.name}_{ending}") if ending else self.own_name

    def may_be_called(self, stem: str) -> bool:
        """Whether a result of this name, without folder and suffix, may be this file's."""
        if key(stem) == key(self.own_name.name):
            return True
        return re.fullmatch(rf"{re.escape(key(self.other_name.name))}(_\d+)?", key(stem)) is not None


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


def named_apart(
    files: list[Input],
    kept: Mapping[Path, Path] | None = None,
    is_anothers: Callable[[Input, Path], bool] = lambda file, name: False,
) -> list[Input]:
    """The same files; a name that an earlier one has becomes another one, which no file has.

    Args:
        files: each with its own name.
        kept: names of files, by their paths, that their results have already.
        is_anothers: whether a result stands under a name that is not of this file.
    """
    kept = kept or {}
    taken, clashes = {key(name) for name in kept.values()}, []
    named = [replace(file, name=kept.get(file.path, file.own_name), alone=file.own_name) for file in files]
    for at, file in enumerate(named):
        if file.path in kept:
            continue
        if key(file.name) in taken or is_anothers(file, file.name):
            clashes.append(at)
        taken.add(key(file.name))
    counts: Counter[str] = Counter()
    for at in clashes:
        file = named[at]
        name, first = file.other_name, key(file.other_name)
        while key(name) in taken or is_anothers(file, name):
            counts[first] += 1
            name = file.other_name.with_name(f"{file.other_name.name}_{counts[first] + 1}")
        taken.add(key(name))
        named[at] = replace(file, name=name)
    return named


def key(name: str | Path) -> str:
    """Equal for names that some file system cannot tell apart: APFS and NTFS compare without capitals."""
    return normalize("NFC", os.fspath(name)).casefold()
