"""The training samples of a mix: whose turn each sample of an epoch is, and in which order the sources take turns."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from portrait_matting.data.mix_source import MixSource, Walk
from portrait_matting.data.sampler import EpochSampler
from portrait_matting.errors import InputError


class MixSamples(Dataset):
    """An epoch of `length` samples, asked for by (epoch, number): the sources' shares of them, one after the other.

    Of a source with fewer portraits than its share each one comes again when all have been seen, augmented anew; one
    with more goes on in the next epoch where it stopped. All follows from seed, epoch and number alone.

    Args:
        sources: in the order of their numbers.
        length: of an epoch.
        seed: of order and augmentation.

    Attributes:
        walks: whether an epoch goes on where the last one stopped; False: each begins with the same portraits.

    Raises:
        InputError: a share is less than one sample of an epoch.
    """

    walks = True

    def __init__(self, sources: Sequence[MixSource], length: int, seed: int) -> None:
        self.length, self.seed = length, seed
        self.counts = apportioned([source.share for source in sources], length)
        for source, count in zip(sources, self.counts, strict=True):
            if not count:
                raise InputError(
                    f"data.sources.{source.name}.share={source.share} is less than one of the data.length={length} "
                    "samples of an epoch: give it more, or leave it out"
                )
        self.parts = [source.samples(seed) for source in sources]
        self.orders = [source.order(seed, len(part)) for source, part in zip(sources, self.parts, strict=True)]
        self.names, self.seeds = [source.name for source in sources], [source.seed for source in sources]
        self.starts = np.cumsum([0, *self.counts[:-1]])

    def __len__(self) -> int:
        return self.length

    def __str__(self) -> str:
        """What an epoch is made of, such as "600 of drawn, each a new one, 600 of real, which has 700"."""
        have = [f"which has {of.length:,}" if isinstance(of, Walk) else "each a new one" for of in self.orders]
        parts = zip(self.counts, self.names, have, strict=True)
        return "; ".join(f"{count:,} of {name}, {what}" for count, name, what in parts)

    def __getitem__(self, key: tuple[int, int]) -> dict[str, Any]:
        epoch, number = key
        at = int(np.searchsorted(self.starts, number, side="right")) - 1
        turn = number - int(self.starts[at])
        walked = (epoch if self.walks else 0) * self.counts[at] + turn
        seed = np.random.SeedSequence((self.seed, epoch, self.seeds[at], turn)).generate_state(1)[0]
        return self.parts[at].sample(self.orders[at][walked], int(seed))


class MixSampler(EpochSampler):
    """As `EpochSampler`, in an order in which every batch has of each source about its share.

    The k-th of a source's n samples comes somewhere in the k-th n-th of the epoch: any stretch of the epoch has its
    share, but for two samples at most, and no order of the sources repeats itself.
    """

    def __init__(self, samples: MixSamples, seed: int, rank: int = 0, processes: int = 1) -> None:
        super().__init__(samples, seed, rank, processes)
        self.counts = samples.counts

    def order(self) -> list[int]:
        rng = np.random.default_rng((self.seed, self.epoch if self.shuffle else 0))
        places = np.concatenate([(np.arange(count) + rng.random(count)) / count for count in self.counts])
        order = np.argsort(places, kind="stable")
        return order[: self.total_size][self.rank :: self.num_replicas].tolist()


def apportioned(shares: Sequence[float], total: int) -> list[int]:
    """How many of `total` each share is: within one of exact, `total` in all (the method of largest remainders).

    >>> apportioned([0.5, 0.25, 0.25], 10), apportioned([2, 1], 10)
    ([5, 3, 2], [7, 3])
    """
    relative = np.asarray(shares, np.float64) / np.max(shares)
    wanted = relative / relative.sum() * total
    counts = np.floor(wanted + 1e-9).astype(int)  # 0.1 + 0.2 of 10 is 3
    rest = np.argsort(counts - wanted, kind="stable")[: total - counts.sum()]
    counts[rest] += 1
    return counts.tolist()
