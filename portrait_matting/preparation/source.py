"""Where EasyPortrait's files are: in folders, or in the zips as they were downloaded."""

import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from operator import attrgetter
from pathlib import Path
from typing import Literal

from portrait_matting.data.meta import OWN_TABLES, SPLIT_OF, TABLE_SUFFIXES, MetaRow, is_meta, merge_meta, parse_meta
from portrait_matting.disk.home import expand
from portrait_matting.errors import InputError
from portrait_matting.images.io import IMAGE_SUFFIXES
from portrait_matting.preparation.archive import is_hidden, members, open_zip, read_member, slashed

_KIND_OF: dict[str, Literal["image", "mask"]] = {"images": "image", "annotations": "mask"}
_FOLDERS = frozenset({*_KIND_OF, *SPLIT_OF, "meta"})
_LINKS_TO_FOLDERS = 2  # followed so deep below the root: `images` and `images/train` may be elsewhere, a loop ends


@dataclass(frozen=True, order=True)
class Entry:
    """A picture of the source.

    Attributes:
        split: train, val or test; empty where neither its place nor the meta table says.
        stem: the file's name without its suffix.
        kind: image or mask.
        archive: the zip that holds it, relative to the source; empty for a file in a folder.
        path: relative to the source, or the member's name inside the archive.
        size: bytes, unpacked.
    """

    split: str
    stem: str
    kind: Literal["image", "mask"]
    archive: str
    path: str
    size: int


def location(entry: Entry) -> str:
    """How messages and `rejected.csv` call the file: `PATH` or `ARCHIVE/PATH`, what cannot be printed escaped."""
    text = f"{entry.archive}/{entry.path}" if entry.archive else entry.path
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class Source:
    """All pictures of an EasyPortrait, unpacked or zipped or some of each; nothing is unpacked to disk.

    In a folder the following is read: every zip that lies in it, and of its folders `images`, `annotations`, `meta`
    and those named like a split, with all that is below them, zips too. Any other folder is left alone, so a copy that
    was written into the source is not taken for a part of it. Hidden files and `__MACOSX` do not count.

    A file is image or mask by the last `images` or `annotations` in its path, where a zip counts as a folder of its
    name; else what lies in a split's zip is an image, and anywhere else a png is a mask. Its split is the last of
    train, val, valid, validation and test in its path, else what the meta table says.

    A copy for another process (pickled) can only `read`: the lists stay behind. Zips are opened once in each process,
    since a process shares the position in an open file with those that it forks.

    Args:
        root: the folder, or one zip that holds everything.

    Attributes:
        entries: every picture, sorted.
        meta: stem -> row of the meta tables; empty without one.
        ignored: how many files are neither pictures nor meta tables.

    Raises:
        InputError: `root` does not exist or holds no images or no masks; a zip is broken, locked or compressed in a
            way that cannot be read; a meta table is wrong.
    """

    def __init__(self, root: Path) -> None:
        self.root = expand(root)
        self._zips: dict[tuple[int, str], zipfile.ZipFile] = {}
        if not self.root.exists():
            raise InputError(f"{self.root} does not exist: give the folder or the zip that holds EasyPortrait")
        listing = _Listing()
        if self.root.is_dir():
            self._folder = self.root
            self._list_folder(listing, "", 0)
        else:
            self._folder = self.root.parent
            self._list_zip(listing, self.root.name)
        self.meta = merge_meta(listing.tables)
        self.ignored = listing.ignored
        self.entries = sorted(listing.entries(self.meta), key=attrgetter(*Entry.__match_args__))
        for kind, folder in (("image", "images"), ("mask", "annotations")):
            if not any(entry.kind == kind for entry in self.entries):
                zips = f"{folder}.zip" if kind == "mask" else "images.zip, train.zip, val.zip or test.zip"
                raise InputError(
                    f"{self.root} holds no {folder}, neither a folder {folder}/ with pictures nor {zips}: give the "
                    "folder in which they lie"
                )

    def read(self, entry: Entry) -> bytes:
        """The file as it is.

        Raises:
            InputError: its place in the zip is damaged.
            OSError: the disk fails or the file has gone, which is no fault of this one file.
        """
        if not entry.archive:
            return self._read_file(entry.path)
        return read_member(self._zip(entry.archive), entry.path, location(entry))

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_zips": {}, "entries": [], "meta": {}}

    def _read_file(self, path: str) -> bytes:
        return (self._folder / path).read_bytes()

    def _zip(self, archive: str) -> zipfile.ZipFile:
        key = (os.getpid(), archive)
        if key not in self._zips:
            self._zips[key] = open_zip(self._folder / archive, self._folder / archive)
        return self._zips[key]

    def _list_folder(self, listing: "_Listing", folder: str, depth: int) -> None:
        with os.scandir(self._folder / folder) as found:
            for entry in found:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if is_hidden(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=depth < _LINKS_TO_FOLDERS):
                    if depth or entry.name in _FOLDERS:
                        self._list_folder(listing, path, depth + 1)
                elif not entry.is_file() or (not depth and _suffix(entry.name) in IMAGE_SUFFIXES):
                    listing.ignored += 1
                elif _suffix(entry.name) == ".zip":
                    self._list_zip(listing, path)
                else:
                    listing.add("", path, entry.stat().st_size, partial(self._read_file, path))

    def _list_zip(self, listing: "_Listing", archive: str) -> None:
        packed = self._zip(archive)
        for member in members(packed, self._folder / archive):
            path, name = member.filename, f"{archive}/{member.filename}"
            if _suffix(path) != ".zip":
                listing.add(archive, path, member.file_size, partial(read_member, packed, path, name))
            elif _base(slashed(path)) == "meta.zip":  # as version 1 has it in its annotations
                inner = open_zip(BytesIO(read_member(packed, path, name)), name)
                for table in (member.filename for member in members(inner, name)):
                    listing.add_table(f"{name}/{table}", partial(read_member, inner, table, f"{name}/{table}"))
            else:
                listing.ignored += 1


class _Listing:
    """What has been found so far; the splits are known once all tables are."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, MetaRow]] = {}
        self.ignored = 0
        self._found: list[tuple[str, str, str, str, str, int]] = []
        self._place: dict[tuple[str, str, bool], tuple[str, str]] = {}

    def add(self, archive: str, path: str, size: int, read: Callable[[], bytes]) -> None:
        suffix, base = _suffix(path), _base(slashed(path) if archive else path)
        if suffix in IMAGE_SUFFIXES:
            key = (archive, path[: len(path) - len(base)], suffix == ".png")
            if key not in self._place:
                self._place[key] = _place(*key)
            kind, split = self._place[key]
            self._found.append((split, base[: -len(suffix)], kind, archive, path, size))
        else:
            self.add_table(f"{archive}/{path}" if archive else path, read)

    def add_table(self, name: str, read: Callable[[], bytes]) -> None:
        base = _base(slashed(name))
        is_table = _suffix(base) in TABLE_SUFFIXES and base not in OWN_TABLES
        if is_table and (is_meta(text := read()) or base[:-4] == "meta"):
            self.tables[name] = parse_meta(text, name)
        else:
            self.ignored += 1

    def entries(self, meta: dict[str, MetaRow]) -> Iterator[Entry]:
        for split, stem, *rest in self._found:
            yield Entry(split or (meta[stem].split if stem in meta else ""), stem, *rest)


def _place(archive: str, folder: str, is_png: bool) -> tuple[str, str]:
    """Kind and split of the pictures of a folder, itself in an archive or not."""
    inside = archive[:-4]  # without .zip
    parts = [part.lower() for part in f"{inside}/{slashed(folder)}".split("/")]
    split = next((SPLIT_OF[part] for part in reversed(parts) if part in SPLIT_OF), "")
    by_suffix = "mask" if is_png and _base(inside).lower() not in SPLIT_OF else "image"
    return next((_KIND_OF[part] for part in reversed(parts) if part in _KIND_OF), by_suffix), split


def _base(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()
