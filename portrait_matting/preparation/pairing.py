"""Image and mask of one portrait, brought together; whatever has no partner, or two, is refused."""

from dataclasses import dataclass

from portrait_matting.preparation.source import Entry


@dataclass(frozen=True, order=True)
class Pair:
    """A portrait of the source. `user` is who is in it, by the meta table; empty where there is none."""

    split: str
    name: str
    user: str
    image: Entry
    mask: Entry
