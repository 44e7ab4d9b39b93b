"""The same portraits through every model: what the galleries of the runs have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from portrait_matting.comparison.result import Arm
from portrait_matting.runs.gallery import FOLDER, read_gallery


@dataclass(frozen=True)
class ComparedPortrait:
    """A test portrait that every arm has cut out.

    Args:
        name: of the portrait.
        image: uint8 RGB (H, W, 3), reduced as galleries are.
        truth: float32 (H, W) in [0, 1], of the first arm.
        mattes: likewise, of the first seed of each arm, in the order of the arms.
    """

    name: str
    image: np.ndarray
    truth: np.ndarray
    mattes: list[np.ndarray]

    @property
    def errors(self) -> list[float]:
        """The MAD of each matte, at the size of these pictures."""
        return [float(np.abs(matte - self.truth).mean()) for matte in self.mattes]


def shared_portraits(arms: Sequence[Arm], count: int) -> list[ComparedPortrait]:
    """At most so many portraits that the galleries of all arms show; none where an arm has no gallery.

    Of a name alone one cannot tell: synthetic portraits are numbered in every data set. So the pictures must be equal.
    """
    if not count:
        return []
    galleries = [{one.name: one for one in read_gallery(arm.runs[0].folder / FOLDER)} for arm in arms]
    first, *others = galleries
    shared = []
    for name, shown in first.items():
        same = [gallery.get(name) for gallery in others]
        if all(one is not None and np.array_equal(one.image, shown.image) for one in same):
            shared.append(ComparedPortrait(name, shown.image, shown.truth, [shown.matte, *(one.matte for one in same)]))
    return shared[:count]
