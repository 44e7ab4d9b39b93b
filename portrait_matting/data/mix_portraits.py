"""The portraits of several sources as one split: who is where, and from which source."""

from collections.abc import Mapping, Sequence

import numpy as np

from portrait_matting.data.samples import Portraits


class MixPortraits:
    """Portraits of several sources, one of each in turn as long as it has any: the first few are of all of them.

    Args:
        parts: of each source, by its name.

    Attributes:
        places: of portrait i, its source's number and its index there.
    """

    def __init__(self, parts: Mapping[str, Portraits]) -> None:
        self.sources, self.datasets = list(parts), list(parts.values())
        turns = [(index, part) for part, of in enumerate(self.datasets) for index in range(len(of))]
        self.places = [(part, index) for index, part in sorted(turns)]

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        part, own = self.places[index]
        return self.datasets[part][own]

    def source_of(self, index: int) -> str:
        """The name of the source that portrait `index` is from."""
        return self.sources[self.places[index][0]]

    def named(self, names: Sequence[Sequence[str]]) -> list[str]:
        """The names of all portraits, SOURCE/NAME, given those of each source."""
        return [f"{self.sources[part]}/{names[part][own]}" for part, own in self.places]
