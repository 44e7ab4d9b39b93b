"""Any folder of images and alphas with equal stems."""

from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from portrait_matting.data.datamodule import PortraitDataModule
from portrait_matting.data.named import NamedPortraits
from portrait_matting.data.pairs import pair_files, read_pair
from portrait_matting.data.splits import SPLITS, Split
from portrait_matting.errors import InputError
from portrait_matting.images.io import read_alpha

Pair = tuple[Path, Path]


class FolderDataset(Dataset):
    """Pairs of image and alpha files. Photos may be reduced to `least_side` when read (0: not at all), alphas not.

    Raises:
        InputError: on reading, when a file is broken or the sizes differ.
    """

    def __init__(self, pairs: list[Pair], least_side: int = 0) -> None:
        self.pairs, self.least_side = pairs, least_side

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        return read_pair(*self.pairs[index], read_alpha, self.least_side)


class FolderDataModule(PortraitDataModule):
    """`images/` and `alphas/` below `root`, with or without the folders train, val and test in each.

    Without them, the files are split by a hash of their stems: the split depends on the names alone, not on the order
    or the machine.

    Args:
        root: the folder that holds `images` and `alphas`.
        val_share, test_share: of the pairs, where the folder is not split already; at least one pair each.
    """

    def __init__(self, root: str, val_share: float = 0.1, test_share: float = 0.1, **loading) -> None:
        super().__init__(**loading)
        self.root = Path(root).expanduser()
        if not (0 < val_share < 1 and 0 < test_share < 1 and val_share + test_share < 1):
            raise InputError(
                f"data.val_share={val_share} and data.test_share={test_share} must leave a share to train on"
            )
        images, alphas = _halves(self.root)
        if (images / "train").is_dir():
            for folder in (half / split for split in SPLITS for half in (images, alphas)):
                if not folder.is_dir():
                    raise InputError(f"{folder} is missing: a folder split into train, val and test needs all three")
            pairs = {split: pair_files(images / split, alphas / split) for split in SPLITS}
        else:
            pairs = _split(pair_files(images, alphas), val_share, test_share)
        self._portraits = {split: FolderDataset(pairs[split], self.least_side(split)) for split in SPLITS}

    @classmethod
    def scored(cls, split: Split, trained_on: bool = False, **choice: Any) -> NamedPortraits:
        images, alphas = _halves(Path(choice["root"]).expanduser())
        there = [name for name in SPLITS if (images / name).is_dir()]
        if split == "auto":
            split = "test" if trained_on or "test" in there else "all"
        if there and split != "all" and split not in there:
            raise InputError(
                f"data.root={choice['root']} has no split {split}: it has {', '.join(there)}, or split=all"
            )
        if there:
            chosen = there if split == "all" else [split]
            pairs = [pair for name in chosen for pair in pair_files(images / name, alphas / name)]
        elif split == "all":
            pairs = pair_files(images, alphas)
        else:
            pairs = _split(pair_files(images, alphas), choice["val_share"], choice["test_share"])[split]
        return NamedPortraits(FolderDataset(pairs), [image.stem for image, _ in pairs], split)

    def portraits(self, split: str) -> FolderDataset:
        return self._portraits[split]

    def names(self, split: str) -> list[tuple[str, str]]:
        return [(image.stem, image.stem) for image, _ in self._portraits[split].pairs]


def _halves(root: Path) -> tuple[Path, Path]:
    images, alphas = root / "images", root / "alphas"
    for folder in (images, alphas):
        if not folder.is_dir():
            raise InputError(f"data.root={root} has no folder {folder.name}: put images/ and alphas/ below it")
    return images, alphas


def _split(pairs: list[Pair], val_share: float, test_share: float) -> dict[str, list[Pair]]:
    ranked = sorted(pairs, key=lambda pair: blake2b(pair[0].stem.encode()).digest())
    val, test = (max(1, round(share * len(pairs))) for share in (val_share, test_share))
    if val + test >= len(pairs):
        raise InputError(
            f"{len(pairs)} pair(s) less {val} for val and {test} for test leave none to train on: add images, or lower "
            f"data.val_share={val_share} and data.test_share={test_share}"
        )
    return {"val": ranked[:val], "test": ranked[val : val + test], "train": ranked[val + test :]}
