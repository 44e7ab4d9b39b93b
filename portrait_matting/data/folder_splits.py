"""The splits of a folder: those that it has folders for, or shares of it by a hash of the names."""

import logging
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from portrait_matting.data.picture_files import find_pictures
from portrait_matting.data.splits import SPLITS
from portrait_matting.errors import InputError

log = logging.getLogger(__name__)

T = TypeVar("T")

_LIKE_SPLITS = {*SPLITS, "valid", "validation", "dev", "training", "testing"}


def check_shares(val_share: float, test_share: float) -> None:
    """Refuses shares that are none, or that leave nothing to train on.

    Raises:
        InputError: names both.
    """
    if not (0 < val_share < 1 and 0 < test_share < 1 and val_share + test_share < 1):
        raise InputError(f"data.val_share={val_share} and data.test_share={test_share} must leave a share to train on")


def split_folders(root: Path, parts: Sequence[Path]) -> list[str]:
    """The splits that any of some folders has a folder for; none where they are to be split by name.

    Args:
        root: what a message calls them.
        parts: the folders, such as `images` and `alphas` below the root.

    Raises:
        InputError: a folder is called like a split, but otherwise.
    """
    below = {entry.name for part in parts for entry in part.iterdir() if entry.is_dir()}
    there = [split for split in SPLITS if split in below]
    for name in sorted(below - set(SPLITS)):
        if name.lower() in _LIKE_SPLITS:  # taken for any other folder, it would be mixed with the rest
            raise InputError(f"{root} has folders {name}: call the splits train, val and test")
    for part in parts if there else ():
        beside = find_pictures(part).files.keys()
        if count := sum(name.partition("/")[0] not in SPLITS or "/" not in name for name in beside):
            log.warning(
                "%s: left out %d pictures that lie in none of %s: move them into one", part, count, ", ".join(SPLITS)
            )
    return there


def check_all_splits(parts: Sequence[Path]) -> None:
    """Refuses folders that are split, but not into train, val and test.

    Raises:
        InputError: names the folder that is missing.
    """
    for folder in (part / split for split in SPLITS for part in parts):
        if not folder.is_dir():
            raise InputError(f"{folder} is missing: a folder split into train, val and test needs all three")


def split_by_name(found: dict[str, T], val_share: float, test_share: float, what: str) -> dict[str, dict[str, T]]:
    """Splits what is called by names; `what` it is, in a message, such as "pair(s)".

    The split depends on the names alone, not on their order nor on the machine.

    Raises:
        InputError: nothing is left to train on.
    """
    ranked = sorted(found, key=lambda name: blake2b(name.encode(errors="surrogateescape")).digest())
    val, test = (max(1, round(share * len(found))) for share in (val_share, test_share))
    if val + test >= len(found):
        raise InputError(
            f"{len(found)} {what} less {val} for val and {test} for test leave none to train on: add images, or lower "
            f"data.val_share={val_share} and data.test_share={test_share}"
        )
    parts = {"val": ranked[:val], "test": ranked[val : val + test], "train": ranked[val + test :]}
    return {split: {name: found[name] for name in names} for split, names in parts.items()}
