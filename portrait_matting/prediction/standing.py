"""What stands in the output folder already: which photo each result is of, and whether it is what would be made now."""

import os
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from enum import Enum, auto
from functools import cache
from pathlib import Path

from PIL import Image

from portrait_matting.errors import InputError
from portrait_matting.images.io import image_size, read_file
from portrait_matting.prediction.cutout_file import Style
from portrait_matting.prediction.inputs import is_video
from portrait_matting.prediction.mark import Mark, digest_of_content, digest_of_path, is_untouched, read_mark
from portrait_matting.prediction.names import Input, key


class State(Enum):
    """What a result that stands there is to the photo that would get its name."""

    DONE = auto()
    """Made of this photo, with these settings."""
    CHANGED = auto()
    """Made of this file, when it had another content."""
    OTHERWISE = auto()
    """Made of this photo, with another network or other options."""
    EDITED = auto()
    """Of this photo, but not up to date, and somebody has worked on it since."""
    UNKNOWN = auto()
    """Without a mark, as earlier versions wrote it; it could be of this photo."""
    OLDER = auto()
    """The same, but older than the photo."""
    ANOTHERS = auto()
    """Of another photo, or no picture of this kind and size at all."""


class Standing:
    """The files in an output folder, by names as no file system tells them apart, each with its mark.

    Args:
        output: the folder, which need not be there.
        style: what is written of a photo.
    """

    def __init__(self, output: Path, style: Style) -> None:
        self.output, self.style = output, style
        self.read_mark = cache(read_mark)
        self._names, self._content, self._owned = cache(_names), cache(_content), cache(self._look_through)

    def find(self, target: Path) -> Path | None:
        """The file or folder that stands at a path, or would on a disk that knows no capitals."""
        found = self.output
        for part in target.relative_to(self.output).parts:
            alike = self._names(found).get(key(part))
            if not alike:
                return None
            found /= part if part in alike else alike[0]
        return found

    def kept(self, inputs: Iterable[tuple[Input, str]]) -> dict[Path, Path]:
        """The names that results of these inputs have already, by the inputs' paths.

        Args:
            inputs: each with the suffix of its result.
        """
        inputs = list(inputs)
        kept: dict[Path, Path] = {}
        taken: set[tuple[Path, str]] = set()
        for digest in (self._file, self._content_if_needed):  # a photo's own result goes before one of equal content
            for file, suffix in inputs:
                if file.path in kept:
                    continue
                for stem in self._stems(file, suffix, digest(file, suffix)):
                    name = file.own_name.with_name(stem)
                    if (name, suffix) not in taken and file.may_be_called(stem):
                        kept[file.path] = name
                        taken.add((name, suffix))
                        break
        return kept

    def read_ahead(self, sources: Iterable[Path]) -> None:
        """Computes the digests of several files at once, which `state` asks for."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(self._content, sources))

    def state(self, source: Path, there: Path, settings: str) -> State:
        """What the file `there` is to a photo or video that is to be cut out with `settings`."""
        if not there.is_file():
            return State.ANOTHERS
        mark = self.read_mark(there)
        if mark is None:
            if not (is_video(source) or _fits(source, there, self.style)):
                return State.ANOTHERS
            return State.OLDER if source.stat().st_mtime_ns > there.stat().st_mtime_ns else State.UNKNOWN
        content = self._content(source)
        if mark.content != content and mark.file != digest_of_path(source):
            return State.ANOTHERS
        if (mark.content, mark.settings) == (content, settings):
            return State.DONE
        if not is_untouched(there):
            return State.EDITED
        return State.OTHERWISE if mark.content == content else State.CHANGED

    def _file(self, file: Input, suffix: str) -> str:
        return digest_of_path(file.path)

    def _content_if_needed(self, file: Input, suffix: str) -> str | None:
        """To read all photos for their digests is only worth while where something stands in their place."""
        own = self.find(self.output / file.own_name.parent / f"{file.own_name.name}{suffix}")
        return None if own is None or self._mark(own) is None else self._content(file.path)

    def _stems(self, file: Input, suffix: str, digest: str | None) -> list[str]:
        folder = self.find(self.output / file.own_name.parent)
        return self._owned(folder, suffix).get(digest, []) if folder and digest else []

    def _look_through(self, folder: Path, suffix: str) -> dict[str, list[str]]:
        """The stems of results in a folder, by what their marks say of the file and of its content."""
        owned = defaultdict(list)
        for names in self._names(folder).values():
            for path in (folder / name for name in names):
                if path.suffix.lower() == suffix and (mark := self._mark(path)) is not None:
                    owned[mark.file].append(path.stem)
                    owned[mark.content].append(path.stem)
        return {digest: sorted(stems, key=lambda stem: (len(stem), stem)) for digest, stems in owned.items()}

    def _mark(self, path: Path) -> Mark | None:
        return self.read_mark(path) if path.is_file() else None


def _names(folder: Path) -> dict[str, list[str]]:
    """The names in a folder, hidden ones too, by what they are on a disk that knows no capitals."""
    names = defaultdict(list)
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                names[key(entry.name)].append(entry.name)
    except OSError:  # it is not there, or may not be looked into
        return {}
    return {alike: sorted(several) for alike, several in names.items()}


def _content(source: Path) -> str:
    """The digest of a file's content; an empty text where it cannot be read: whoever decodes it will say why."""
    try:
        return digest_of_content(source)
    except OSError:
        return ""


def _fits(source: Path, there: Path, style: Style) -> bool:
    """Whether a picture without a mark could be a photo's result, by its header: of its size, with the right channels.

    Where the photo cannot be read, that cannot be told.
    """
    try:
        with Image.open(there) as picture:
            size, mode, kind = picture.size, picture.mode, picture.format
    except Exception:  # what Pillow raises on damaged bytes is no closed list
        return False
    if kind == "PNG" and mode != ("L" if style.matte else "RGBA" if style.background is None else "RGB"):
        return False
    try:
        return image_size(read_file(source), source)[::-1] == size
    except (InputError, OSError):
        return True
