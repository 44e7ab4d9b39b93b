"""What is known of a label, and of a photo that has none: a row of `labels.csv` or of `rejected.csv`."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Record:
    """A label.

    Attributes:
        name: the path below PHOTOS without its suffix.
        photo: with it.
        confidence: how far the network agrees with itself, 0 to 1; None of mattes that were given.
        kept: whether it is in alphas/, and its photo in images/; else it is in left_out/.
        coverage: mean of the alpha.
        height, width: of the upright photo in pixels.
    """

    name: str
    photo: str
    confidence: float | None
    kept: bool
    coverage: float
    height: int
    width: int


@dataclass(frozen=True, order=True)
class Rejection:
    """A photo without a label, by its path below PHOTOS, and why, in one line."""

    photo: str
    reason: str
