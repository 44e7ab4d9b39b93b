"""What is known of a prepared portrait, and of a refused one: a row of `prepared.csv` or of `rejected.csv`."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Record:
    """A portrait of the copy.

    Attributes:
        split: train, val or test.
        name: the stem that image and mask share.
        user: who is in it, by the meta table; empty where there is none.
        height, width: of the upright original in pixels.
        copy_height, copy_width: of the copy.
        coverage: share of the copy's pixels that are the person, in [0, 1].
        red, green, blue: means of the copy's channels, 0-255.
        red_square, green_square, blue_square: means of their squares, so that spreads over many portraits are exact.
        source_bytes: of image and mask together as they were read: another number means that the source has changed.
        copy_bytes: of all files written.
    """

    split: str
    name: str
    user: str
    height: int
    width: int
    copy_height: int
    copy_width: int
    coverage: float
    red: float
    green: float
    blue: float
    red_square: float
    green_square: float
    blue_square: float
    source_bytes: int
    copy_bytes: int


@dataclass(frozen=True, order=True)
class Rejection:
    """A file of the source that is not in the copy, and why.

    Attributes:
        split: train, val or test; empty where the file's place does not say.
        file: its path in the source; for one inside an archive `ARCHIVE/PATH`.
        reason: one line.
    """

    split: str
    file: str
    reason: str
