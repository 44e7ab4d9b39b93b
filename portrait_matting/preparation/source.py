"""Where EasyPortrait's files are: in folders, or in the zips as they were downloaded."""

from dataclasses import dataclass
from typing import Literal


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
