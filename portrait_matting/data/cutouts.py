"""Any folder of people who were cut out, put before another background each time: how matting networks are trained."""

import logging
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from portrait_matting.data.composition import BoxedCutOut, boxed, compose, reduced
from portrait_matting.data.cutout_file import read_cut_out, read_cut_out_alpha
from portrait_matting.data.datamodule import PortraitDataModule
from portrait_matting.data.drawn_size import check_drawn
from portrait_matting.data.folder_splits import check_all_splits, check_shares, split_by_name, split_folders
from portrait_matting.data.named import NamedPortraits
from portrait_matting.data.picture_files import find_pictures
from portrait_matting.data.splits import SPLITS, Split
from portrait_matting.disk.home import expand
from portrait_matting.errors import InputError
from portrait_matting.matte.cutout_colours import own_colours
from portrait_matting.synthetic.backgrounds import DrawnBackgrounds, FolderBackgrounds
from portrait_matting.synthetic.edition import EDITION

log = logging.getLogger(__name__)

SUFFIXES = frozenset({".png", ".webp", ".avif", ".tif", ".tiff", ".gif"})
"""Of pictures that can be transparent."""
_SHEET = "sheet"  # what `draw --cut-outs` leaves beside them


class CutOutPortraits(Dataset):
    """People of some files before backgrounds: item i is always the same, `anew` another one for each seed.

    Args:
        files: of the people.
        names: of the portraits, one a file.
        height, width: of a portrait in pixels.
        draw_seed: of items; with their names it decides all about them.
        backgrounds: a folder of pictures without people, None draws them. A fifth or so of a large folder is for items
            alone, the rest for those made anew.
        held: the share of the backgrounds that is for items.
    """

    read = staticmethod(read_cut_out_alpha)

    def __init__(
        self,
        files: Sequence[Path],
        names: Sequence[str],
        height: int,
        width: int,
        draw_seed: int,
        backgrounds: str | None,
        held: float,
    ) -> None:
        self.files, self.names = list(files), list(names)
        self.height, self.width, self.draw_seed = height, width, draw_seed
        whole = DrawnBackgrounds() if backgrounds is None else FolderBackgrounds(backgrounds, "data.backgrounds")
        self._anew, self._fixed = (whole, whole) if backgrounds is None else whole.part(held)
        self._clean: set[int] = set()  # files whose colours are known to be the person's own

    @property
    def pairs(self) -> list[tuple[Path, Path]]:
        """Each file twice, as it holds both colours and alpha."""
        return [(path, path) for path in self.files]

    @property
    def drawn_by(self) -> list[str | int]:
        """What a portrait depends on besides its file."""
        drawn = [f"drawings of edition {EDITION}"]
        pictures = self._fixed.files() if isinstance(self._fixed, FolderBackgrounds) else drawn
        return [self.height, self.width, self.draw_seed, *pictures]

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        key = blake2b(f"{self.draw_seed}/{self.names[index]}".encode(errors="surrogateescape"), digest_size=16)
        rng = np.random.default_rng(int.from_bytes(key.digest(), "big"))
        return compose(self._cut_out(index), self._fixed, rng, self.height, self.width)

    def anew(self, index: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Person `index` elsewhere, in another size and before another background, by the generator alone.

        Raises:
            InputError: the file, or that of a background, cannot be used.
        """
        return compose(self._cut_out(index), self._anew, rng, self.height, self.width)

    def _cut_out(self, index: int) -> BoxedCutOut:
        person = reduced(boxed(*read_cut_out(self.files[index])), self.height, self.width)
        if index in self._clean:
            return person
        own = own_colours(person.colours, person.alpha)
        if own is person.colours:
            self._clean.add(index)
        return person._replace(colours=own)


class CutOutsDataModule(PortraitDataModule):
    """RGBA people below `root`, with or without the folders train, val and test, before any backgrounds.

    Each training sample shows a person before another background, elsewhere, in another size or mirrored, by `seed`,
    epoch and number alone. What is scored is composed once for all, whatever the `seed`.

    Args:
        root: the folder of cut-outs: PNG, WebP, AVIF, TIFF or GIF with an alpha channel.
        backgrounds: a folder of pictures without people; None draws them.
        height, width: of a portrait in pixels.
        val_share, test_share: of the cut-outs, where the folder is not split already; at least one each.
        draw_seed: of the portraits that are scored. Apart from `seed`, so that runs of several seeds are scored on the
            same ones.
    """

    def __init__(
        self,
        root: str,
        backgrounds: str | None = None,
        height: int = 384,
        width: int = 336,
        val_share: float = 0.1,
        test_share: float = 0.1,
        draw_seed: int = 0,
        **loading,
    ) -> None:
        super().__init__(**loading)
        self.root = expand(root)
        check_shares(val_share, test_share)
        check_drawn(height, width, draw_seed)
        if split_folders(self.root, [_folder(self.root)]):
            check_all_splits([self.root])
            files = {split: _find(self.root / split) for split in SPLITS}
        else:
            files = split_by_name(_find(self.root), val_share, test_share, "cut-out(s)")
        drawn = (height, width, draw_seed, backgrounds, val_share + test_share)
        self._portraits = {split: CutOutPortraits([*of.values()], [*of], *drawn) for split, of in files.items()}

    @classmethod
    def scored(cls, split: Split, trained_on: bool = False, **choice: Any) -> NamedPortraits:
        root = _folder(expand(choice["root"]))
        shares = choice["val_share"], choice["test_share"]
        check_drawn(choice["height"], choice["width"], choice["draw_seed"])
        there = split_folders(root, [root])
        if split == "auto":
            split = "test" if trained_on or "test" in there else "all"
        if there and split != "all" and split not in there:
            raise InputError(
                f"data.root={choice['root']} has no split {split}: it has {', '.join(there)}, or split=all"
            )
        if there:
            parts = [_find(root / name) for name in (there if split == "all" else [split])]
        else:
            parts = [_find(root) if split == "all" else split_by_name(_find(root), *shares, "cut-out(s)")[split]]
        names = [name for part in parts for name in part]
        files = [path for part in parts for path in part.values()]
        drawn = (choice[name] for name in ("height", "width", "draw_seed", "backgrounds"))
        portraits = CutOutPortraits(files, names, *drawn, sum(shares))
        return NamedPortraits(portraits, names, split)

    def portraits(self, split: str) -> CutOutPortraits:
        return self._portraits[split]

    def names(self, split: str) -> list[tuple[str, str]]:
        return [(name, name) for name in self._portraits[split].names]


def _folder(root: Path) -> Path:
    if not root.is_dir():
        raise InputError(f"data.root={root} is not a folder: give one of RGBA pictures of people")
    if all((root / name).is_dir() for name in ("images", "alphas")):
        raise InputError(f"data.root={root} has images/ and alphas/, which data=folder reads: cut-outs are RGBA files")
    return root


def _find(folder: Path) -> dict[str, Path]:
    found = find_pictures(folder, SUFFIXES)
    found.unread.pop(_SHEET, None)
    if not found.files:
        others = f", only {left_out}, which are not transparent" if (left_out := found.left_out()) else ""
        raise InputError(
            f"{folder} holds no cut-out{others}: give a folder with files in {', '.join(sorted(SUFFIXES))}"
        )
    if found.unread:
        log.warning("%s: left out %s, which cannot be transparent, or are not read", folder, found.left_out())
    return {name: found.files[name] for name in sorted(found.files)}
