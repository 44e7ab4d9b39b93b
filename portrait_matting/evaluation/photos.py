"""The portraits of an evaluation, read with what a report says of them."""

from typing import NamedTuple

import cv2
import numpy as np
from torch.utils.data import Dataset

from portrait_matting.data.samples import Portraits
from portrait_matting.errors import InputError
from portrait_matting.evaluation.result import ScoredPortrait


class LoadedPortrait(NamedTuple):
    """A portrait as it is read; its pixels are dropped when it has been scored."""

    portrait: ScoredPortrait
    hard: bool = True
    image: np.ndarray | None = None
    alpha: np.ndarray | None = None
    bad: str = ""  # why it cannot be read


class Photos(Dataset):
    """The `scored` ones of the portraits; one that cannot be read says so in `bad`."""

    def __init__(self, portraits: Portraits, names: list[str], scored: list[int]) -> None:
        self.portraits, self.names, self.scored = portraits, names, scored

    def __len__(self) -> int:
        return len(self.scored)

    def __getitem__(self, at: int) -> LoadedPortrait:
        index = self.scored[at]
        try:
            image, alpha = self.portraits[index]
        except InputError as error:
            return LoadedPortrait(ScoredPortrait(self.names[index], 0, 0, 0.0, 0.0), bad=str(error))
        brightness = float(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).mean()) / 255
        coverage = float(alpha.mean(dtype=np.float64))
        hard = bool(((alpha == 0) | (alpha == 1)).all())
        return LoadedPortrait(ScoredPortrait(self.names[index], *alpha.shape, brightness, coverage), hard, image, alpha)


def as_it_is(photo: LoadedPortrait) -> LoadedPortrait:
    """A loader's way to hand a photo on without making tensors of it."""
    return photo
