"""Any folder of images and alphas with equal stems."""

import logging
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from portrait_matting.data.datamodule import PortraitDataModule
from portrait_matting.data.named import NamedPortraits
from portrait_matting.data.pairs import named_pairs, read_pair
from portrait_matting.data.picture_files import find_pictures
from portrait_matting.data.splits import SPLITS, Split
from portrait_matting.disk.home import expand
from portrait_matting.errors import InputError
from portrait_matting.images.io import read_alpha

log = logging.getLogger(__name__)

Pair = tuple[Path, Path]

_LIKE_SPLITS = {*SPLITS, "valid", "validation", "dev", "training", "testing"}


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
        if not (0 < val_share < 1 and 0 < test_share < 1 and val_share + test_share < 1):
            raise InputError(
                f"data.val_share={val_share} and data.test_share={test_share} must leave a share to train on"
            )
        images, alphas = _halves(self.root)
        if _splits(images, alphas):
            for folder in (half / split for split in SPLITS for half in (images, alphas)):
                if not folder.is_dir():
                    raise InputError(f"{folder} is missing: a folder split into train, val and test needs all three")
            pairs = {split: named_pairs(images / split, alphas / split) for split in SPLITS}
        else:
            pairs = _split(named_pairs(images, alphas), val_share, test_share)
        self._portraits = {split: _dataset(pairs[split], self.least_side(split)) for split in SPLITS}

    @classmethod
    def scored(cls, split: Split, trained_on: bool = False, **choice: Any) -> NamedPortraits:
        images, alphas = _halves(expand(choice["root"]))
        there = _splits(images, alphas)
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
            parts = [_split(named_pairs(images, alphas), choice["val_share"], choice["test_share"])[split]]
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


def _splits(images: Path, alphas: Path) -> list[str]:
    """The splits that either folder has a folder for; none where they are to be split by name."""
    below = {entry.name for half in (images, alphas) for entry in half.iterdir() if entry.is_dir()}
    there = [split for split in SPLITS if split in below]
    for name in sorted(below - set(SPLITS)):
        if name.lower() in _LIKE_SPLITS:  # taken for any other folder, it would be mixed with the rest
            raise InputError(f"{images.parent} has folders {name}: call the splits train, val and test")
    for half in (images, alphas) if there else ():
        beside = find_pictures(half).files.keys()
        if count := sum(name.partition("/")[0] not in SPLITS or "/" not in name for name in beside):
            log.warning(
                "%s: left out %d pictures that lie in none of %s: move them into one", half, count, ", ".join(SPLITS)
            )
    return there


def _dataset(pairs: dict[str, Pair], least_side: int) -> FolderDataset:
    return FolderDataset(list(pairs.values()), least_side, list(pairs))


def _split(pairs: dict[str, Pair], val_share: float, test_share: float) -> dict[str, dict[str, Pair]]:
    ranked = sorted(pairs, key=lambda name: blake2b(name.encode(errors="surrogateescape")).digest())
    val, test = (max(1, round(share * len(pairs))) for share in (val_share, test_share))
    if val + test >= len(pairs):
        raise InputError(
            f"{len(pairs)} pair(s) less {val} for val and {test} for test leave none to train on: add images, or lower "
            f"data.val_share={val_share} and data.test_share={test_share}"
        )
    parts = {"val": ranked[:val], "test": ranked[val : val + test], "train": ranked[val + test :]}
    return {split: {name: pairs[name] for name in names} for split, names in parts.items()}
