"""Any folder of images and alphas with equal stems."""

from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from portrait_matting.data.datamodule import PortraitDataModule
from portrait_matting.data.folder_splits import check_all_splits, check_shares, split_by_name, split_folders
from portrait_matting.data.named import NamedPortraits
from portrait_matting.data.pairs import named_pairs, read_pair
from portrait_matting.data.splits import SPLITS, Split
from portrait_matting.disk.home import expand
from portrait_matting.errors import InputError
from portrait_matting.images.io import read_alpha

Pair = tuple[Path, Path]


class FolderDataset(Dataset):
    """Pairs of image and alpha files. Photos may be reduced to `least_side` when read (0: not at all), alphas not.

    Args:
        pairs: of files.
        least_side: of a photo, in pixels.
        names: of the pairs; their images' stems where none are given.

    Raises:
        InputError: on reading, when a file is broken or the sizes differ.
    """

    read = staticmethod(read_alpha)

    def __init__(self, pairs: list[Pair], least_side: int = 0, names: list[str] | None = None) -> None:
        self.pairs, self.least_side = pairs, least_side
        self.names = [image.stem for image, _ in pairs] if names is None else names

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        return read_pair(*self.pairs[index], self.read, self.least_side)


class FolderDataModule(PortraitDataModule):
    """`images/` and `alphas/` below `root`, with or without the folders train, val and test in each.

    Pictures in folders below these count too, by their paths: `images/anna/1.jpg` goes with `alphas/anna/1.png`.

    Without splits, the files are split by a hash of their names: the split depends on the names alone, not on the order
    or the machine.

    Args:
        root: the folder that holds `images` and `alphas`.
        val_share, test_share: of the pairs, where the folder is not split already; at least one pair each.
    """

    def __init__(self, root: str, val_share: float = 0.1, test_share: float = 0.1, **loading) -> None:
        super().__init__(**loading)
        self.root = expand(root)
        check_shares(val_share, test_share)
        images, alphas = halves = _halves(self.root)
        if split_folders(self.root, halves):
            check_all_splits(halves)
            pairs = {split: named_pairs(images / split, alphas / split) for split in SPLITS}
        else:
            pairs = split_by_name(named_pairs(images, alphas), val_share, test_share, "pair(s)")
        self._portraits = {split: _dataset(pairs[split], self.least_side(split)) for split in SPLITS}

    @classmethod
    def scored(cls, split: Split, trained_on: bool = False, **choice: Any) -> NamedPortraits:
        images, alphas = halves = _halves(expand(choice["root"]))
        there = split_folders(images.parent, halves)
        if split == "auto":
            split = "test" if trained_on or "test" in there else "all"
        if there and split != "all" and split not in there:
            raise InputError(
                f"data.root={choice['root']} has no split {split}: it has {', '.join(there)}, or split=all"
            )
        if there:
            chosen = there if split == "all" else [split]
            parts = [named_pairs(images / name, alphas / name) for name in chosen]
        elif split == "all":
            parts = [named_pairs(images, alphas)]
        else:
            shares = choice["val_share"], choice["test_share"]
            parts = [split_by_name(named_pairs(images, alphas), *shares, "pair(s)")[split]]
        names = [name for part in parts for name in part]
        pairs = [pair for part in parts for pair in part.values()]
        return NamedPortraits(FolderDataset(pairs, names=names), names, split)

    def portraits(self, split: str) -> FolderDataset:
        return self._portraits[split]

    def names(self, split: str) -> list[tuple[str, str]]:
        return [(name, name) for name in self._portraits[split].names]


def _halves(root: Path) -> tuple[Path, Path]:
    images, alphas = root / "images", root / "alphas"
    for folder in (images, alphas):
        if not folder.is_dir():
            raise InputError(f"data.root={root} has no folder {folder.name}: put images/ and alphas/ below it")
    return images, alphas


def _dataset(pairs: dict[str, Pair], least_side: int) -> FolderDataset:
    return FolderDataset(list(pairs.values()), least_side, list(pairs))
