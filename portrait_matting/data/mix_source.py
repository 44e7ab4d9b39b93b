"""A source of a mix: its portraits, what share of the samples they are, and which of them is whose turn."""

import math
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np

from portrait_matting.data.cutouts import CutOutsDataModule
from portrait_matting.data.datamodule import PortraitDataModule
from portrait_matting.data.easyportrait import EasyPortraitDataModule
from portrait_matting.data.folder import FolderDataModule
from portrait_matting.data.people import PeopleDataModule
from portrait_matting.data.samples import ENDLESS, TrainingSamples
from portrait_matting.data.synthetic import SyntheticDataModule
from portrait_matting.errors import InputError

KINDS: dict[str, type[PortraitDataModule]] = {
    "synthetic": SyntheticDataModule,
    "people": PeopleDataModule,
    "easyportrait": EasyPortraitDataModule,
    "folder": FolderDataModule,
    "cutouts": CutOutsDataModule,
}
"""What a source may be: `data` of the recipe."""
PLACED = ("people", "cutouts")
"""Kinds that are put before backgrounds."""
OWN = ("data", "share", "augment", "scored")
"""Keys of a source that are the mix's, not of its kind of data."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_KEY = re.compile(r"\bdata\.(?!sources\b)(?=\w)")
_ORDER = 2  # the third part of a random stream's key, of passes; `_ANEW` of `samples` is 1


class MixSource:
    """One source, built: a kind of data with its own keys.

    Args:
        name: of the source.
        keys: of the source in the recipe: `data`, `share`, `augment` (transforms, None: those of the mix), `scored`,
            and those of its kind of data. `train: null` of drawn portraits draws another one each time.
        loading: what the mix's own loaders are told.

    Raises:
        InputError: its data is missing, empty or not as its kind reads it; names the source.
    """

    def __init__(self, name: str, keys: Mapping[str, Any], loading: Mapping[str, Any]) -> None:
        self.name, self.share, self.scored = name, float(keys["share"]), keys.get("scored", True)
        own = {key: value for key, value in keys.items() if key not in OWN}
        self.root = own.get("root")
        self.endless = "train" in own and own["train"] is None
        if self.endless:
            own["train"] = ENDLESS
        if keys.get("augment") is not None:
            own["augment"] = keys["augment"]
        with naming(name):
            self.data = KINDS[keys["data"]](**dict(loading) | own)
            self.data.setup()
        if self.endless and self.data.subset not in (1, loading.get("subset", 1)):
            raise InputError(
                f"data.sources.{name}.subset={self.data.subset} of portraits without end is none: give "
                f"data.sources.{name}.train=N, how many there are, or leave it out"
            )
        self.seed = zlib.crc32(name.encode())  # of its own, whatever other sources there are

    def samples(self, seed: int) -> TrainingSamples:
        """Its training portraits, or the subset of them, augmented as it says."""
        with naming(self.name):
            portraits = self.data.portraits("train") if self.endless else self.data.training_portraits()
        return TrainingSamples(portraits, self.data.augmentation, seed)

    def order(self, seed: int, length: int) -> "Walk | range":
        """In which order its `length` training portraits have their turn, for as long as it takes."""
        return range(ENDLESS) if self.endless else Walk(length, (seed, self.seed, _ORDER))


class Walk:
    """Goes through `length` portraits again and again, each time in another order; item i is the i-th turn's index."""

    def __init__(self, length: int, key: Sequence[int]) -> None:
        self.length, self.key = length, tuple(key)

    def __getitem__(self, turn: int) -> int:
        again, place = divmod(turn, self.length)
        return int(_shuffled(self.length, (*self.key, again))[place])


@lru_cache(maxsize=32)
def _shuffled(length: int, key: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(key).permutation(length)


def check_sources(sources: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The sources that take part, by name, in the order of the names, so that it is no matter who is named first.

    Raises:
        InputError: there is none, a name or share that is none, two names that are alike, an unknown kind of data.
    """
    found = {name: dict(keys) for name, keys in sources.items() if keys is not None}
    for name, keys in found.items():
        check_name(name)
        if keys.get("data") not in KINDS:
            raise InputError(
                f"data.sources.{name}.data={keys.get('data')} is no kind of source: give one of {', '.join(KINDS)}"
            )
        share = keys.get("share")
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < math.inf:
            raise InputError(
                f"data.sources.{name}.share={share} is no share: choose a number above 0 (they are proportions and "
                f"need not sum to 1), or leave the source out with data.sources.{name}=null"
            )
    lower: dict[str, str] = {}
    for name in found:
        if (other := lower.setdefault(name.lower(), name)) != name:
            raise InputError(
                f"data.sources has {other} and {name}, which are one name to folders of some systems: rename one"
            )
    if not found:
        raise InputError(
            "data.sources has no source that takes part: give one a root, such as data.sources.real.root=DIR, or a "
            "share, such as data.sources.drawn.share=0.5"
        )
    return dict(sorted(found.items()))


def check_name(name: object) -> None:
    """Refuses a name of a source that is no part of the name of a file, of a metric and of a key.

    Raises:
        InputError: says what a name is made of.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InputError(
            f"data.sources has {name!r}, which is no name of a source: use letters of English, digits, - and _, a "
            "letter first"
        )


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Says of which source an error is: its keys are below data.sources.NAME, not below data."""
    try:
        yield
    except InputError as error:
        text = _KEY.sub(f"data.sources.{name}.", str(error))
        raise InputError(text if f"data.sources.{name}" in text else f"data.sources.{name}: {text}") from error
