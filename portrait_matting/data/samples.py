"""From portraits to the samples of a batch, augmented for training or as they are scored; bad ones said, not raised."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch.utils.data import Dataset, Subset

from portrait_matting.data.augment import Augmentation
from portrait_matting.errors import InputError
from portrait_matting.images.network_input import DEFAULT, NORMALISATIONS, Normalisation, to_input


class Portraits(Protocol):
    """Portraits of one split: item i is (image uint8 RGB (H, W, 3), alpha float32 (H, W) in [0, 1])."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]: ...


class DrawnAnew(Portraits, Protocol):
    """Portraits of which a training sample is another one each time, by the generator alone; item i is the same."""

    def anew(self, index: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]: ...


ENDLESS = 2**31
"""The number of drawn portraits where nobody has set one: a million steps with batches of 1,000 see each but once."""
_ANEW = 1  # the third part of a random stream's key, of what is composed; the first parts are the sample's
_TRIES = 20  # portraits, one after another bad, until a training sample gives up


class TrainingSamples(Dataset):
    """Augmented samples, asked for by (epoch, index) so that no two epochs and no two workers draw alike.

    Where a portrait's files are bad, another portrait takes its place, and `bad` says why.
    """

    def __init__(self, portraits: Portraits, augmentation: Augmentation, seed: int) -> None:
        self.portraits, self.augmentation, self.seed = portraits, augmentation, seed

    def __len__(self) -> int:
        return len(self.portraits)

    def __getitem__(self, key: tuple[int, int]) -> dict[str, Any]:
        epoch, index = key
        return self.sample(index, int(np.random.SeedSequence((self.seed, epoch, index)).generate_state(1)[0]))

    def sample(self, index: int, seed: int) -> dict[str, Any]:
        """Portrait `index` as a training sample, all that is random about it by `seed`."""
        bad: list[str] = []
        while True:
            try:
                rng = np.random.default_rng((seed, len(bad), _ANEW))  # another one after what was bad: its background
                image, alpha = _for_training(self.portraits, index, rng)
                return self.augmentation(image, alpha, seed) | {"bad": bad}
            except InputError as error:
                bad.append(str(error))
                if len(bad) == _TRIES:
                    raise InputError(f"{_TRIES} portraits in a row cannot be used; the last: {error}") from error
            index = int(np.random.default_rng((seed, len(bad))).integers(len(self)))


class ScoredSamples(Dataset):
    """Portraits as they are scored: the image at the network's size, the alpha at its own. A bad one is only `bad`.

    ~index, a negative number, is portrait `index` once more, with `counted` false (`ScoredSampler`).
    """

    def __init__(
        self, portraits: Portraits, input_size: int, normalisation: Normalisation = NORMALISATIONS[DEFAULT]
    ) -> None:
        self.portraits, self.input_size, self.normalisation = portraits, input_size, normalisation

    def __len__(self) -> int:
        return len(self.portraits)

    def __getitem__(self, index: int) -> dict[str, Any]:
        try:
            image, alpha = self.portraits[max(index, ~index)]
        except InputError as error:
            return {"bad": [str(error)]}
        picture, truth = to_input(image, self.input_size, self.normalisation), torch.from_numpy(alpha)[None]
        at = max(index, ~index)
        known = {"counted": index >= 0, "index": at, "source": _source(self.portraits, at)}
        return {"image": picture, "alpha": truth, **known, "bad": []}


def _for_training(portraits: Portraits, index: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(portraits, Subset):
        return _for_training(portraits.dataset, portraits.indices[index], rng)
    anew = getattr(portraits, "anew", None)
    return portraits[index] if anew is None else anew(index, rng)


def _source(portraits: Portraits, index: int) -> int:
    """The number of the source that a portrait of a mix is from; 0 of others."""
    places = getattr(portraits, "places", None)
    return 0 if places is None else places[index][0]


def collate_training(samples: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Stacks images (B, 3, S, S) and alphas (B, 1, S, S); brings together what is said of bad files."""
    stacked = {name: torch.stack([sample[name] for sample in samples]) for name in ("image", "alpha")}
    return stacked | {"bad": _bad(samples)}


def collate_scored(samples: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Stacks the images (B, 3, S, S); leaves the alphas, each of its own size, a list of (1, H, W). Drops bad ones."""
    good = [sample for sample in samples if "image" in sample]
    images = torch.stack([sample["image"] for sample in good]) if good else torch.empty(0)
    lists = {name: [sample[name] for sample in good] for name in ("alpha", "counted", "index", "source")}
    return {"image": images, **lists, "bad": _bad(samples)}


def _bad(samples: Sequence[dict[str, Any]]) -> list[str]:
    return [message for sample in samples for message in sample["bad"]]
