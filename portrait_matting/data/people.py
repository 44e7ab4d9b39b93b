"""Portraits of bodies in three dimensions as training data: nobody's pictures, an exactly known alpha."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from portrait_matting.data.datamodule import PortraitDataModule
from portrait_matting.data.drawn_size import check_drawn
from portrait_matting.data.named import NamedPortraits
from portrait_matting.data.people_extra import choose_pieces, load_people
from portrait_matting.data.splits import Split
from portrait_matting.errors import InputError
from portrait_matting.synthetic.backgrounds import FolderBackgrounds
from portrait_matting.synthetic.edition import EDITION

_HELD = 0.2  # of a folder of backgrounds, for val and test


class PeoplePortraits(Dataset):
    """The first `length` people of a split; portrait i depends on (split, seed, i) and on what is switched on.

    A fifth of a large folder of backgrounds is for val and test, the rest for train.

    Raises:
        InputError: the extra `people` is not installed, there is no such piece or it is switched neither on nor off, or
            a folder of backgrounds is none.
    """

    def __init__(
        self,
        split: str,
        length: int,
        seed: int,
        height: int,
        width: int,
        backgrounds: str | None = None,
        pieces: Mapping[str, bool] | None = None,
    ) -> None:
        self.split, self.length, self.seed, self.height, self.width = split, length, seed, height, width
        named = dict(pieces or {})
        choose_pieces(named, "data.pieces.{}")  # a name that is misspelt, also of one that is on
        for name, on in named.items():
            if not isinstance(on, bool):
                raise InputError(f"data.pieces.{name}={on} is neither true nor false: give one of them")
        self.pieces = choose_pieces((name for name, on in named.items() if not on), "data.pieces.{}")
        found = None if backgrounds is None else FolderBackgrounds(backgrounds, "data.backgrounds").part(_HELD)
        self.backgrounds = found and found[split != "train"]
        self.drawn_by = [load_people().edition(), f"drawings of edition {EDITION}", sorted(self.pieces)]
        self.drawn_by += self.backgrounds.files() if self.backgrounds else []

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        if not 0 <= index < self.length:
            raise IndexError(index)
        return load_people().draw_person_portrait(
            self.split,
            self.seed,
            index,
            self.height,
            self.width,
            pieces=self.pieces,
            backgrounds=self.backgrounds,
        )


class PeopleDataModule(PortraitDataModule):
    """People in three dimensions; nobody and no drawn background of one split occurs in another.

    Nor does a photo of a folder that train has occur in val or test, where there are enough of them to be parted.

    Args:
        train, val, test: how many portraits each split has.
        height, width: of a portrait in pixels.
        draw_seed: of the portraits. Apart from `seed`, so that runs of several seeds are scored on the same people.
        backgrounds: a folder of pictures without people to put them before; None draws scenery.
        pieces: what people are made of, by name, such as hair: false switches it off in every split. What is not named
            is on.

    Raises:
        InputError: the extra `people` is not installed; a split is empty, a side too small, a piece unknown.
    """

    def __init__(
        self,
        train: int,
        val: int,
        test: int,
        height: int,
        width: int,
        draw_seed: int = 0,
        backgrounds: str | None = None,
        pieces: dict[str, bool] | None = None,
        **loading,
    ) -> None:
        least = load_people().MIN_SIZE  # before any work
        super().__init__(**loading)
        self.lengths = {"train": train, "val": val, "test": test}
        check_drawn(height, width, draw_seed, self.lengths, least)
        choice = (draw_seed, height, width, backgrounds, pieces)
        self._portraits = {split: PeoplePortraits(split, length, *choice) for split, length in self.lengths.items()}

    @classmethod
    def scored(cls, split: Split, trained_on: bool = False, **choice: Any) -> NamedPortraits:
        if split == "all":
            raise InputError("split=all: people are scored one split at a time: give train, val or test")
        chosen = "test" if split == "auto" else split
        length = {chosen: choice[chosen]}
        check_drawn(choice["height"], choice["width"], choice["draw_seed"], length, load_people().MIN_SIZE)
        drawn = (choice[name] for name in (chosen, "draw_seed", "height", "width", "backgrounds", "pieces"))
        portraits = PeoplePortraits(chosen, *drawn)
        return NamedPortraits(portraits, [f"{chosen}_{index:05d}" for index in range(len(portraits))], chosen)

    def portraits(self, split: str) -> PeoplePortraits:
        return self._portraits[split]
