"""The photos to label: those below a folder, and what there is that is not read."""

from dataclasses import dataclass
from pathlib import Path

from portrait_matting.data.picture_files import find_pictures
from portrait_matting.errors import InputError
from portrait_matting.labelling.record import Rejection


@dataclass(frozen=True)
class FoundPhotos:
    """Photos by name, which is the path below the folder without suffix, and pictures that cannot be labelled."""

    files: dict[str, Path]
    rejections: list[Rejection]


def find_photos(folder: Path) -> FoundPhotos:
    """Finds photos at any depth, as `data=folder` does.

    Raises:
        InputError: there is none, two have one stem, or a folder cannot be opened.
    """
    found = find_pictures(folder)
    rejections = [Rejection(path.relative_to(folder).as_posix(), _why(path)) for path in found.unread.values()]
    if not found.files:
        others = f", only {left_out}, which are not read: save them as JPEG" if (left_out := found.left_out()) else ""
        raise InputError(f"PHOTOS {folder} holds no photo{others or ': give a folder of JPEGs or other pictures'}")
    return FoundPhotos(found.files, rejections)


def _why(path: Path) -> str:
    if path.is_file():
        return f"{path.suffix.lower()} is not read: save it as JPEG"
    return "is a link to nothing: check where it leads"
