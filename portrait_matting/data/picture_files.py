"""The pictures below a folder, by their paths in it; what is passed over is counted."""

import os
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from portrait_matting.errors import InputError
from portrait_matting.images.io import IMAGE_SUFFIXES
from portrait_matting.images.unread import UNREAD_SUFFIXES

_PICTURES = IMAGE_SUFFIXES | UNREAD_SUFFIXES | {".heic", ".heif"}


@dataclass
class PictureFiles:
    """What a folder holds, at any depth.

    Attributes:
        folder: that was searched.
        files: by the path below `folder` without its suffix, with slashes: `a.png` is "a", `anna/a.png` is "anna/a".
        unread: pictures of other kinds, such as HEIC, and links to nothing, likewise by name; not those of a name that
            `files` has too, as phones write both.
    """

    folder: Path
    files: dict[str, Path] = field(default_factory=dict)
    unread: dict[str, Path] = field(default_factory=dict)

    def left_out(self) -> str:
        """The pictures that are not read, in words: "2 .heic, 1 .tga"; empty for none."""
        counts = Counter(path.suffix.lower() for path in self.unread.values())
        return ", ".join(f"{count} {suffix}" for suffix, count in sorted(counts.items()))


def find_pictures(folder: Path, suffixes: Collection[str] = IMAGE_SUFFIXES) -> PictureFiles:
    """Finds the pictures in a folder and in those below it.

    Suffixes count in upper and lower case. Hidden files and folders do not, nor `__MACOSX`: macOS leaves `._NAME`
    beside NAME on foreign disks. Links to other folders are followed, each folder once, so that a loop ends; not those
    to a folder within this one, whose files are met anyway, nor to one that holds it.

    Raises:
        InputError: two pictures of one name, or a folder that cannot be opened.
    """
    found = PictureFiles(folder)
    start = len(os.path.join(folder, ""))
    for path, is_file in _walk(folder):
        stem, suffix = os.path.splitext(path[start:])
        suffix = suffix.lower()
        if suffix not in suffixes and suffix not in _PICTURES:
            continue
        name = stem.replace(os.sep, "/")
        if suffix not in suffixes or not is_file:
            found.unread[name] = Path(path)
        elif other := found.files.get(name):
            raise InputError(f"{path} and {other.name} have one stem: rename or remove one of them")
        else:
            found.files[name] = Path(path)
    found.unread = {name: path for name, path in found.unread.items() if name not in found.files}
    return found


def _walk(top: Path) -> Iterator[tuple[str, bool]]:
    """Files and links to nothing, at any depth, that are not hidden, and whether it is a file; in no order.

    Of plain files nothing is asked but the listing: on a network disk each question takes a millisecond.
    """
    root = os.path.realpath(top)
    folders, met = [os.fspath(top)], {root}
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            raise InputError(f"{folder} cannot be opened ({error.strerror}): check its permissions") from error
        for entry in listed:
            if entry.name.startswith(".") or entry.name == "__MACOSX":
                continue
            if entry.is_file():
                yield entry.path, True
                continue
            if not entry.is_dir():
                if entry.is_symlink():
                    yield entry.path, False
                continue
            real = os.path.realpath(entry.path)
            if real not in met and not (entry.is_symlink() and (_within(real, root) or _within(root, real))):
                met.add(real)
                folders.append(entry.path)


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
