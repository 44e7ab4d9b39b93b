"""EasyPortrait (Kvanchiani et al. 2023, arXiv 2304.13509) in the folder layout that it is downloaded in."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
from torch.utils.data import ConcatDataset, Dataset

from portrait_matting.data.datamodule import PortraitDataModule
from portrait_matting.data.meta import read_users
from portrait_matting.data.named import NamedPortraits
from portrait_matting.data.pairs import named_pairs, read_pair
from portrait_matting.data.splits import SPLITS, Split
from portrait_matting.disk.home import expand
from portrait_matting.errors import InputError
from portrait_matting.images.io import read_alpha, read_mask

CLASSES = 9  # 0 background, 1 person, 2 skin, 3-8 brows, eyes, lips and teeth


def person_alpha(mask: np.ndarray) -> np.ndarray:
    """A hard alpha, float32 (H, W) of 0 and 1, from class ids (H, W): all classes but the background are the person.

    Class 1 alone would leave holes where the face is.

    Raises:
        InputError: an id outside 0 to 8.
    """
    if mask.max(initial=0) >= CLASSES:
        raise InputError(f"class id {mask.max()}, where EasyPortrait has 0 to {CLASSES - 1}: is this mask 0 and 255?")
    return (mask > 0).astype(np.float32)


class EasyPortraitDataset(Dataset):
    """Pairs of `images/SPLIT/STEM.jpg` and `annotations/SPLIT/STEM.png`, or soft `alphas/SPLIT/STEM.png`, below `root`.

    Args:
        soft: read the alphas that `prepare --targets soft` writes instead of the masks.
        least_side: to which a photo may be reduced when it is read, 0: not at all; the alpha comes whole.

    Raises:
        InputError: on construction, when a folder is missing or empty or an image has no mask (or the reverse); on
            reading, when a file is broken, sizes differ or a class id is unknown.
    """

    def __init__(self, root: Path, split: str, soft: bool = False, least_side: int = 0) -> None:
        images, truth = root / "images" / split, root / ("alphas" if soft else "annotations") / split
        for folder in (images, truth):
            if not folder.is_dir():
                raise InputError(
                    f"data.root={root} has no folder {folder.relative_to(root)}: EasyPortrait is images/train/*.jpg "
                    "and annotations/train/*.png, likewise val and test"
                    + (", and `prepare --targets soft` adds alphas/" if soft else "")
                )
        found = named_pairs(images, truth, {".jpg"}, {".png"})
        self.names, self.pairs = list(found), list(found.values())
        self.read, self.least_side = read_alpha if soft else _read_person, least_side

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        return read_pair(*self.pairs[index], self.read, self.least_side)


class EasyPortraitDataModule(PortraitDataModule):
    """Train, val and test of EasyPortrait, or of the copy that `prepare` makes of it, which are split by person.

    Args:
        root: the folder that holds `images` and `annotations`.
        targets: what is learnt: the hard masks, the soft alphas estimated from them, or auto: the soft ones where there
            are any. Validation and test are scored against the masks always: an estimate is no truth.
    """

    def __init__(self, root: str, targets: Literal["auto", "hard", "soft"] = "auto", **loading) -> None:
        super().__init__(**loading)
        self.root = expand(root)
        if not self.root.is_dir():
            raise InputError(f"data.root={root} is not a folder: give the one that holds images/ and annotations/")
        soft = targets == "soft" or (targets == "auto" and (self.root / "alphas").is_dir())
        for split in SPLITS:  # before any work: an image without its mask is found now, not at the end of the run
            self._portraits[split] = EasyPortraitDataset(
                self.root, split, soft and split == "train", self.least_side(split)
            )

    @classmethod
    def scored(cls, split: Split, trained_on: bool = False, **choice: Any) -> NamedPortraits:
        root = expand(choice["root"])
        there = [name for name in SPLITS if (root / "images" / name).is_dir()]
        chosen = there if split == "all" else ["test" if split == "auto" else split]
        parts = [EasyPortraitDataset(root, name) for name in chosen or ["test"]]
        names = [name for part in parts for name in part.names]
        return NamedPortraits(ConcatDataset(parts), names, split if split == "all" else chosen[0])

    def portraits(self, split: str) -> EasyPortraitDataset:
        return self._portraits[split]

    def names(self, split: str) -> list[tuple[str, str]]:
        users = read_users(self.root)
        return [(users.get(name.rpartition("/")[2], name), name) for name in self._portraits[split].names]


def _read_person(path: Path) -> np.ndarray:
    try:
        return person_alpha(read_mask(path))
    except InputError as error:
        raise error if str(path) in str(error) else InputError(f"{path}: {error}") from None
