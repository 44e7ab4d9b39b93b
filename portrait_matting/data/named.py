"""The portraits of an evaluation: as many as there are, each with the name that its matte goes by."""

from collections import Counter
from dataclasses import dataclass, field

from portrait_matting.data.samples import Portraits
from portrait_matting.errors import InputError


@dataclass(frozen=True)
class NamedPortraits:
    """Portraits and their names, no two alike. `split` is the one that was chosen: train, val, test or all.

    `sources` are the names of the sources that the portraits of a mix are from, one each; none of others.

    Raises:
        InputError: two portraits of one name.
    """

    portraits: Portraits
    names: list[str]
    split: str
    sources: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        [(name, count)] = Counter(self.names).most_common(1)
        if count > 1:
            raise InputError(f"{count} portraits are called {name}: choose one split=train|val|test, or rename them")
