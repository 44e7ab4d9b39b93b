"""A hash of the data that changes with its files, without reading them."""

import os
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from portrait_matting.data.datamodule import PortraitDataModule
from portrait_matting.data.samples import ENDLESS, Portraits
from portrait_matting.data.splits import SPLITS

_PLAIN = (bool, int, float, str)


def fingerprint(data: PortraitDataModule) -> dict[str, str | int]:
    """By split, the hash of its portraits and, as SPLIT_portraits, how many there are; of a mix by SOURCE/SPLIT too.

    Of files it is the names and sizes that count, not where they lie or when they were written; of drawn portraits,
    what they are drawn by.
    """
    hashes: dict[str, str | int] = {}
    for split in SPLITS:
        parts = data.parts(split)
        own = {name: of_portraits(portraits) for name, portraits in parts.items()}
        counts = {name: len(portraits) for name, portraits in parts.items()}
        if data.is_mixed:
            hashes |= {f"{name}/{split}": own[name] for name in parts}
            hashes |= {f"{name}/{split}_portraits": _count(counts[name]) for name in parts}
        whole = _hash(f"{name}={own[name]}" for name in parts) if data.is_mixed else own[""]
        hashes |= {split: whole, f"{split}_portraits": _count(sum(counts.values()))}
    return hashes


def _count(portraits: int) -> int | str:
    return portraits if portraits < ENDLESS else "without end"


def of_portraits(portraits: Portraits) -> str:
    """12 hexadecimal digits that stay the same as long as the portraits of a split do."""
    pairs: Sequence[tuple[Path, Path]] | None = getattr(portraits, "pairs", None)
    more = getattr(portraits, "drawn_by", [])
    if pairs is not None:
        return _hash([*(_file(path) for pair in pairs for path in pair), *more])
    drawn_by = {name: value for name, value in vars(portraits).items() if isinstance(value, _PLAIN)}
    return _hash([type(portraits).__name__, len(portraits), *sorted(drawn_by.items()), *more])


def _file(path: Path) -> str:
    name = os.fspath(path)
    try:
        size: int | None = os.stat(name).st_size
    except OSError:  # it was there when the folder was listed: its loader will warn of it
        size = None
    # Its folder too, such as images/: the size of a portrait's mask is no size of its photo.
    folder, base = os.path.split(name)
    return f"{os.path.basename(folder)}/{base}:{size}"


def _hash(facts: Iterable[Any]) -> str:
    digest = blake2b(digest_size=6)
    for fact in facts:
        digest.update(f"{fact}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()
