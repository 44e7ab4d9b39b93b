"""Where results go: into a folder, or, of one input, into the very file that is named."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from portrait_matting.disk.atomic_write import write_bytes
from portrait_matting.disk.home import expand
from portrait_matting.errors import InputError
from portrait_matting.prediction.cutout_file import Format
from portrait_matting.prediction.inputs import is_video
from portrait_matting.prediction.names import Input, shown

_FORMATS = {f".{name}": name for name in get_args(Format)} | {".jpeg": "jpg"}
_OF_VIDEOS = (".webm", ".mp4")
_CURE = "give --output DIR"
# Of pictures and videos, so that a folder is not made by that name.
_OTHERS = frozenset([".avif", ".bmp", ".gif", ".heic", ".jfif", ".jpe", ".mov", ".tif", ".tiff", ".tga"])


@dataclass(frozen=True)
class Destination:
    """What `--output` names.

    Args:
        folder: that results are written into.
        file: the one result, in that folder; None where results have names of their own.
    """

    folder: Path
    file: Path | None = None

    @classmethod
    def named(cls, text: str) -> "Destination":
        """What a person means: a folder, unless the name has a picture's or video's suffix and is no folder's.

        A name that ends in a slash is that of a folder.

        Raises:
            InputError: the suffix is that of a picture that is not written.
        """
        path = expand(text)
        suffix, separators = path.suffix.lower(), (os.sep, os.altsep or os.sep)
        if path.is_dir() or text.endswith(separators):
            return cls(path)
        if suffix in _FORMATS or suffix in _OF_VIDEOS:
            return cls(path.parent, path)
        if suffix in _OTHERS:
            raise InputError(
                f"--output {text}: {suffix} is not written: give a name in .png, .webp or .jpg, or a folder ({text}/)"
            )
        return cls(path)

    def format(self, given: Format | None) -> Format:
        """The format of photos: that of the file's name, if there is one, else what is given, else PNG.

        Raises:
            InputError: both are there, and differ.
        """
        named = _FORMATS.get(self.file.suffix.lower()) if self.file else None
        if named and given and named != given:
            raise InputError(f"--output {self.file} is a name for {named}, not --format {given}: leave one of them out")
        return named or given or "png"

    def check(self, inputs: list[Input], video: str) -> None:
        """Finds out whether the inputs can go there.

        Args:
            inputs: what was found.
            video: the suffix that a video would get.

        Raises:
            InputError: several inputs for one file, a video for a picture's name, or a photo for a video's.
        """
        if self.file is None:
            return
        if len(inputs) > 1:
            raise InputError(
                f"--output {shown(self.file)} is one file, but there are {len(inputs):,} inputs: give a folder"
            )
        suffix = self.file.suffix.lower()
        if is_video(inputs[0].path) and suffix != video:
            raise InputError(f"--output {shown(self.file)}: a video is written as {video} with these options")
        if not is_video(inputs[0].path) and suffix in _OF_VIDEOS:
            raise InputError(f"--output {shown(self.file)} is a name for a video, but the input is a photo: give .png")


def check_writable(output: Path, named: bool = True) -> None:
    """Makes the folder if need be.

    Args:
        output: the folder.
        named: whether somebody has named it as `--output`.

    Raises:
        InputError: the folder cannot be made, or not be written into.
    """
    if output.exists() and not output.is_dir():
        raise InputError(f"{output} is a file: {'give a folder as --output' if named else _CURE}")
    try:
        output.mkdir(parents=True, exist_ok=True)
        trial = output / f".{os.getpid()}.trial"
        write_bytes(trial, b"")
        trial.unlink()
    except OSError as error:
        raise InputError(
            f"{output} cannot be written ({error.strerror}): {'give another --output' if named else _CURE}"
        ) from error
