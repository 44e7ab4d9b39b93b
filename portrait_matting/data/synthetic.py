"""Drawn portraits as training data: no download, no disk, an exactly known alpha."""

from typing import Any

import numpy as np
from torch.utils.data import Dataset

from portrait_matting.data.datamodule import PortraitDataModule
from portrait_matting.data.drawn_size import check_drawn
from portrait_matting.data.named import NamedPortraits
from portrait_matting.data.splits import Split
from portrait_matting.errors import InputError
from portrait_matting.synthetic import draw_portrait
from portrait_matting.synthetic.edition import EDITION


class SyntheticPortraits(Dataset):
    """The first `length` drawn portraits of a split; portrait i depends on (split, seed, i) alone."""

    def __init__(self, split: str, length: int, seed: int, height: int, width: int) -> None:
        self.split, self.length, self.seed, self.height, self.width = split, length, seed, height, width
        self.drawn_by = [f"drawings of edition {EDITION}"]

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        if not 0 <= index < self.length:
            raise IndexError(index)
        return draw_portrait(self.split, self.seed, index, self.height, self.width)


class SyntheticDataModule(PortraitDataModule):
    """Drawn portraits; no person and no background of one split occurs in another.

    Args:
        train, val, test: how many portraits each split has.
        height, width: of a portrait in pixels.
        draw_seed: of the portraits. Apart from `seed`, so that runs of several seeds are scored on the same people.
    """

    def __init__(self, train: int, val: int, test: int, height: int, width: int, draw_seed: int = 0, **loading) -> None:
        super().__init__(**loading)
        self.lengths = {"train": train, "val": val, "test": test}
        check_drawn(height, width, draw_seed, self.lengths)
        self.height, self.width, self.draw_seed = height, width, draw_seed

    @classmethod
    def scored(cls, split: Split, trained_on: bool = False, **choice: Any) -> NamedPortraits:
        if split == "all":
            raise InputError("split=all: drawn portraits are scored one split at a time: give train, val or test")
        chosen = "test" if split == "auto" else split
        size = (choice[name] for name in (chosen, "draw_seed", "height", "width"))
        portraits = SyntheticPortraits(chosen, *size)
        return NamedPortraits(portraits, [f"{chosen}_{index:05d}" for index in range(len(portraits))], chosen)

    def portraits(self, split: str) -> SyntheticPortraits:
        return SyntheticPortraits(split, self.lengths[split], self.draw_seed, self.height, self.width)
