"""What earlier calls left in a copy, of this source or of another one, and how far it still holds."""

import os
from collections import defaultdict

from portrait_matting.preparation.journal import read_journal
from portrait_matting.preparation.output import Output
from portrait_matting.preparation.pairing import Pair
from portrait_matting.preparation.portrait import paths
from portrait_matting.preparation.record import Record, Rejection
from portrait_matting.preparation.report import read_prepared, read_rejected
from portrait_matting.preparation.settings import Settings
from portrait_matting.preparation.source import location

Key = tuple[str, str]
"""A portrait by its split and its name."""


def standing(output: Output, settings: Settings) -> dict[Key, Record]:
    """The records of what lies in the copy, by split and name: all files are there, of their full length."""
    listed = [*read_prepared(output.root / "prepared.csv"), *read_journal(output.unfinished / "journal")]
    records = {(record.split, record.name): record for record in listed}
    return {key: record for key, record in records.items() if _length(output, key, settings) == record.copy_bytes}


def is_current(record: Record | None, pair: Pair) -> bool:
    """Whether the record is of the originals as they are now."""
    return record is not None and record.source_bytes == pair.image.size + pair.mask.size


def part_from(records: dict[Key, Record], pairs: list[Pair]) -> tuple[list[Pair], list[Rejection]]:
    """Refuses pairs whose user, or whose name and length, another source has brought into another split of the copy.

    Within one source `pair_entries` sees to it; here the split that came first stays.
    """
    own = {(pair.split, pair.name) for pair in pairs}
    users, portraits = defaultdict(set), defaultdict(set)
    for key in records.keys() - own:
        users[records[key].user].add(key[0])
        portraits[key[1], records[key].source_bytes].add(key[0])
    users[""] = set()  # unknown, not one person
    kept, rejections = [], []
    for pair in pairs:
        if splits := portraits[pair.name, pair.image.size + pair.mask.size] - {pair.split}:
            reason = f"the name occurs twice: also in {min(splits)} of this copy"
        elif splits := users[pair.user] - {pair.split}:
            reason = f"user {pair.user!r} is in {min(splits)} of this copy too"
        else:
            kept.append(pair)
            continue
        rejections += [Rejection(pair.split, location(entry), reason) for entry in (pair.image, pair.mask)]
    return kept, rejections


def refused_before(output: Output, pairs: list[Pair], key_of: dict[str, Key]) -> list[Rejection]:
    """What earlier sources had refused, of splits and files that this one says nothing of."""
    splits = {"", *(pair.split for pair in pairs)}
    earlier = read_rejected(output.root / "rejected.csv")
    return [rejection for rejection in earlier if rejection.split not in splits and rejection.file not in key_of]


def _length(output: Output, key: Key, settings: Settings) -> int:
    try:
        return sum(os.stat(output.root / path).st_size for path in paths(*key, settings.targets))
    except OSError:
        return -1
