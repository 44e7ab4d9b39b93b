"""Several sources of portraits in one training, each with its share of the samples."""

import logging
import os
from typing import Any

from torch.utils.data import Dataset

from portrait_matting.data.bad_files import BadFiles
from portrait_matting.data.datamodule import PortraitDataModule
from portrait_matting.data.mix_portraits import MixPortraits
from portrait_matting.data.mix_samples import MixSampler, MixSamples
from portrait_matting.data.mix_source import KINDS, OWN, PLACED, MixSource, check_sources, naming
from portrait_matting.data.named import NamedPortraits
from portrait_matting.data.samples import Portraits
from portrait_matting.data.splits import Split
from portrait_matting.errors import InputError

log = logging.getLogger(__name__)


class MixDataModule(PortraitDataModule):
    """Portraits of several sources: each has its share of every epoch and of every batch, as far as it divides.

    Validation and test have those of all sources, and are scored by source and over all portraits together.

    Args:
        sources: by name, the keys of each (`MixSource`), None leaves one out.
        length: training samples of an epoch, of all sources together.
        backgrounds: a folder of pictures without people, for sources that are put before some and name none.

    Raises:
        InputError: no source, a name, share or kind that is none, a source whose data is missing, an empty epoch.
    """

    is_mixed = True

    def __init__(
        self, sources: dict[str, dict[str, Any] | None], length: int, backgrounds: str | None = None, **loading
    ) -> None:
        super().__init__(**loading)
        if length < 1:
            raise InputError(f"data.length={length} is no number of samples of an epoch: choose at least 1")
        self.length, self._said = length, False
        self.mixed = [
            MixSource(name, {"backgrounds": backgrounds} | keys if keys["data"] in PLACED else keys, loading)
            for name, keys in check_sources(sources).items()
        ]
        self.scored_sources = [source for source in self.mixed if source.scored]
        if not self.scored_sources:
            raise InputError("no source is scored: leave data.sources.NAME.scored=false out for one of them")
        self.sources = [source.name for source in self.scored_sources]
        self._portraits = {
            split: MixPortraits({source.name: source.data.portraits(split) for source in self.scored_sources})
            for split in ("val", "test")
        }
        self.training_samples()  # a share of less than a sample is refused before any work

    @classmethod
    def scored(cls, split: Split, trained_on: bool = False, **choice: Any) -> NamedPortraits:
        wanted = "test" if split == "auto" else split
        found: dict[str, NamedPortraits] = {}
        for name, keys in check_sources(choice["sources"]).items():
            if not keys.get("scored", True):
                continue
            own = {key: value for key, value in keys.items() if key not in OWN}
            with naming(name):
                if wanted == "train" and "train" in own and own["train"] is None:
                    raise InputError("data.train=null draws without end: give a number of portraits to score")
                found[name] = KINDS[keys["data"]].scored(split=wanted, trained_on=trained_on, **own)
        portraits = MixPortraits({name: of.portraits for name, of in found.items()})
        sources = [portraits.source_of(index) for index in range(len(portraits))]
        return NamedPortraits(portraits, portraits.named([of.names for of in found.values()]), wanted, sources)

    def setup(self, stage: str | None = None) -> None:
        """Says what an epoch is made of; the sources are set up, and `portraits` puts theirs together."""
        if stage == "fit" and not self._said and os.environ.get("LOCAL_RANK", "0") == "0":
            log.info("an epoch of %s samples: %s", f"{self.length:,}", self.training_samples())
            self._said = True

    def portraits(self, split: str) -> MixPortraits:
        """The portraits of val or test; those of train may be without end, and `parts` has them by source."""
        return self._portraits[split]

    def parts(self, split: str) -> dict[str, Portraits]:
        sources = self.mixed if split == "train" else self.scored_sources
        return {source.name: source.data.portraits(split) for source in sources}

    def place(self, part: str) -> str:
        [root] = [source.root for source in self.mixed if source.name == part]
        return f"data.sources.{part}.root={root}"

    def names(self, split: str) -> list[tuple[str, str]]:
        portraits = self.portraits(split)
        persons, names = [
            portraits.named([[pair[at] for pair in source.data.names(split)] for source in self.scored_sources])
            for at in (0, 1)
        ]
        return list(zip(persons, names, strict=True))

    def training_samples(self) -> MixSamples:
        samples = MixSamples(self.mixed, self.length, self.seed)
        samples.walks = self.shuffle
        return samples

    def _sampler(self, samples: Dataset, rank: int, processes: int) -> MixSampler:
        return MixSampler(samples, self.seed, rank, processes)

    def _bad(self, split: str, total: int) -> BadFiles:
        if split == "train":  # of the portraits, not of the samples that are drawn of them
            parts = self.parts("train").values()
            total = sum(len(of) for source, of in zip(self.mixed, parts, strict=True) if not source.endless) or total
        return super()._bad(split, total)
