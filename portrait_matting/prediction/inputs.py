"""Which files to cut out, and what each result is called, from the paths, folders and globs that a person names."""

import glob
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NoReturn

from portrait_matting.errors import InputError
from portrait_matting.images.io import IMAGE_SUFFIXES
from portrait_matting.images.unread import UNREAD_SUFFIXES
from portrait_matting.prediction.names import Input, named_apart, shown

# HEIC is not read: it is taken so that it is reported instead of being passed over.
PICTURE_SUFFIXES = IMAGE_SUFFIXES | {".jpe", ".jfif", ".gif", ".avif", ".heic", ".heif"}
VIDEO_SUFFIXES = frozenset(
    [".3gp", ".asf", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv", ".ts"]
    + [".webm", ".wmv"]
)

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://|data:image/", re.IGNORECASE)  # a drive on Windows has one letter


def is_video(path: Path) -> bool:
    """Whether a file's name is that of a video."""
    return path.suffix.lower() in VIDEO_SUFFIXES


@dataclass
class FoundInputs:
    """The files that inputs name, and what was passed over.

    Args:
        inputs: by path, each file once.
        skipped: a path or glob that gives nothing, and why. Inside folders: pictures that are no regular files, and
            links to other folders, which are not followed.
        others: files in folders, and those that a glob fits, of another type, by their suffix.
        unread: how many of the others are pictures of a type that is not read, by their suffixes.
    """

    inputs: list[Input] = field(default_factory=list)
    skipped: list[tuple[str | Path, str]] = field(default_factory=list)
    others: int = 0
    unread: Counter[str] = field(default_factory=Counter)

    def add(self, other: "FoundInputs") -> None:
        """Takes in what was found elsewhere."""
        self.inputs += other.inputs
        self.skipped += other.skipped
        self.others += other.others
        self.unread += other.unread


def find_inputs(inputs: Sequence[str], videos: bool = False, exclude: Path | None = None) -> FoundInputs:
    """Finds the files that people name.

    A file is taken whatever its suffix and named by its stem; so is one whose name reads like a glob. Of a folder the
    pictures at any depth are taken, named by their path below it; of a glob, with ** too, the pictures and folders
    that fit, named by their path below its first parts, those without *, ? and [. Hidden files and folders, and
    __MACOSX, are passed over unless they are named.

    Where two results would have one name, in capitals or not, the first by path keeps it and the others are called
    `a_png`, `a_png_2`, …, the next that is free.

    Args:
        inputs: paths and globs.
        videos: take films from folders and globs too.
        exclude: the output folder, where a folder or glob that holds it is not searched: earlier results lie there.

    Raises:
        InputError: nothing was found at all.
    """
    found = look_for(inputs, videos, exclude)
    if not found.inputs:
        nothing_found(found)
    return found


def look_for(inputs: Sequence[str], videos: bool = False, exclude: Path | None = None) -> FoundInputs:
    """As `find_inputs`, and it may be that nothing is found."""
    found = FoundInputs()
    suffixes = PICTURE_SUFFIXES | VIDEO_SUFFIXES if videos else PICTURE_SUFFIXES
    search = _Search(found, suffixes, None if exclude is None else os.path.realpath(exclude))
    for text in inputs:
        search.take(text)
    found.inputs = named_apart(sorted(search.files.values(), key=lambda file: os.fspath(file.path)))
    return found


def nothing_found(found: FoundInputs, results: Sequence[Path] = ()) -> NoReturn:
    """Says why there is nothing to cut out, of `results` since predict made them itself.

    Raises:
        InputError: always.
    """
    reasons = [f"{shown(path)} {reason}" for path, reason in found.skipped]
    if results:
        are = f"and {len(results) - 1:,} more are results" if len(results) > 1 else "is a result"
        reasons.insert(0, f"{shown(results[0])} {are} of predict: name one alone, or give --output DIR")
    more = f"; and {len(reasons) - 3} more" if len(reasons) > 3 else ""
    raise InputError(f"nothing to cut out: {'; '.join(reasons[:3]) or 'name a photo'}{more}")


class _Search:
    """Collects files by folder and name, each once; a link to a file is a file of its own."""

    def __init__(self, found: FoundInputs, suffixes: frozenset[str], exclude: str | None) -> None:
        self.found, self.suffixes, self.exclude = found, suffixes, exclude
        self.files: dict[tuple[str, str], Input] = {}
        self._real = cache(os.path.realpath)

    def take(self, text: str) -> None:
        path = Path(text)
        if os.path.isfile(text):
            self._add(path, Path(path.name))
        elif text and os.path.isdir(text):
            self._take_all(path, path, self._walk(path))
        elif os.path.lexists(text):
            self._skip(path, _no_file(path))
        elif _ADDRESS.match(text):
            self._skip(text, "is an address, not a file: download it, and name the file")
        elif glob.has_magic(text):
            fixed, pattern = _parts(path)
            self._take_all(path, fixed, self._fitting(fixed, pattern))
        else:
            self._skip(path, "does not exist: check the path" if text else "is empty: name a photo")

    def _take_all(self, given: Path, top: Path, paths: Iterator[Path]) -> None:
        if self._real(top) == self.exclude:
            return self._skip(given, "is where the results go: choose another output folder")
        taken, others, skipped = 0, self.found.others, len(self.found.skipped)
        for path in paths:
            if path.suffix.lower() not in self.suffixes:
                self.found.others += 1
                if path.suffix.lower() in UNREAD_SUFFIXES:
                    self.found.unread[path.suffix.lower()] += 1
            elif os.path.isfile(path):
                self._add(path, path.relative_to(top))
                taken += 1
            else:
                self._skip(path, _no_file(path))
        if not taken and len(self.found.skipped) == skipped:
            what = f"holds no picture ({self.found.others - others} other files)"
            self._skip(given, what if given == top else "fits no picture: check the pattern")

    def _walk(self, top: Path) -> Iterator[Path]:
        """The files at any depth that are not hidden, in no order."""
        folders = [os.fspath(top)]
        while folders:
            folder = folders.pop()
            try:
                with os.scandir(folder) as entries:
                    listed = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self._skip(Path(folder), f"cannot be opened ({error.strerror}): check its permissions")
                continue
            for entry in listed:
                if _hidden(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if self._real(entry.path) != self.exclude:
                        folders.append(entry.path)
                elif entry.is_symlink() and os.path.isdir(entry.path):
                    if not _within(self._real(entry.path), self._real(top)):  # else its files are met anyway
                        self._skip(Path(entry.path), "is a link to another folder: name that folder")
                else:
                    yield Path(entry.path)

    def _fitting(self, fixed: Path, pattern: Path) -> Iterator[Path]:
        """The files that fit a pattern below a folder, and those in the folders that fit, in no order."""
        hidden = any(part.startswith(".") for part in pattern.parts)
        within = self.exclude is not None and _within(self.exclude, self._real(fixed))
        try:
            for path in fixed.glob(os.fspath(pattern)):  # its ** does not follow links, so it ends
                parts = path.relative_to(fixed).parts
                if not hidden and any(map(_hidden, parts)):
                    continue
                if within and (_within(self._real(path.parent), self.exclude) or self._real(path) == self.exclude):
                    continue
                if path.is_dir():
                    yield from self._walk(path) if parts else ()
                else:
                    yield path
        except (OSError, ValueError) as error:
            self._skip(fixed / pattern, f"is not understood as a pattern ({error}): put it otherwise")

    def _add(self, path: Path, relative: Path) -> None:
        parent = relative.parent if ".." not in relative.parts else Path()
        stem = path.name if path.stem.strip(".") == "" else path.stem  # of "..jpg" it is a dot
        self.files.setdefault((self._real(path.parent), path.name), Input(path, parent / stem))

    def _skip(self, path: str | Path, reason: str) -> None:
        self.found.skipped.append((path, reason))


def _parts(given: Path) -> tuple[Path, Path]:
    """The folder that a glob begins at and the pattern below it; a folder's own name may hold brackets."""
    fixed, parts = Path(), list(given.parts)
    while len(parts) > 1 and (not glob.has_magic(parts[0]) or (fixed / parts[0]).is_dir()):
        fixed /= parts.pop(0)
    return fixed, Path(*parts)


def _hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _no_file(path: Path) -> str:
    return "is a link to nothing: check where it leads" if path.is_symlink() else "is not a regular file: name a photo"
