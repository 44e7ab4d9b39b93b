"""EasyPortrait (Kvanchiani et al. 2023, arXiv 2304.13509) in the folder layout that it is downloaded in."""

from pathlib import Path

import numpy as np
from torch.utils.data import Dataset

from portrait_matting.data.datamodule import SPLITS, PortraitDataModule
from portrait_matting.data.image_io import check_sizes, pair_files, read_image, read_mask
from portrait_matting.errors import InputError

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
    """Pairs of `images/SPLIT/STEM.jpg` and `annotations/SPLIT/STEM.png` below `root`.

    Raises:
        InputError: on construction, when a folder is missing or empty or an image has no mask (or the reverse); on
            reading, when a file is broken, sizes differ or a class id is unknown.
    """

    def __init__(self, root: Path, split: str) -> None:
        images, masks = root / "images" / split, root / "annotations" / split
        for folder in (images, masks):
            if not folder.is_dir():
                raise InputError(
                    f"data.root={root} has no folder {folder.relative_to(root)}: EasyPortrait is images/train/*.jpg "
                    "and annotations/train/*.png, likewise val and test"
                )
        self.pairs = pair_files(images, masks, {".jpg"}, {".png"})

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        image_path, mask_path = self.pairs[index]
        image, mask = read_image(image_path), read_mask(mask_path)
        check_sizes(image, mask, image_path, mask_path)
        try:
            return image, person_alpha(mask)
        except InputError as error:
            raise InputError(f"{mask_path}: {error}") from None


class EasyPortraitDataModule(PortraitDataModule):
    """Train, val and test of EasyPortrait, which are split by person.

    Args:
        root: the folder that holds `images` and `annotations`.
    """

    def __init__(self, root: str, **loading) -> None:
        super().__init__(**loading)
        self.root = Path(root).expanduser()
        if not self.root.is_dir():
            raise InputError(f"data.root={root} is not a folder: give the one that holds images/ and annotations/")
        for split in SPLITS:  # before any work: an image without its mask is found now, not at the end of the run
            self._portraits[split] = EasyPortraitDataset(self.root, split)

    def portraits(self, split: str) -> EasyPortraitDataset:
        return self._portraits[split]
