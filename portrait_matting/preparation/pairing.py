"""Image and mask of one portrait, brought together; whatever has no partner, or two, is refused."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter

from portrait_matting.data.meta import MetaRow
from portrait_matting.preparation.record import Rejection
from portrait_matting.preparation.source import Entry, location

# Control characters, line separators, halves of characters (bytes of a name that are no UTF-8) and slashes.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff/\\]")
_KINDS = ("image", "mask")


@dataclass(frozen=True, order=True)
class Pair:
    """A portrait of the source. `user` is who is in it, by the meta table; empty where there is none."""

    split: str
    name: str
    user: str
    image: Entry
    mask: Entry


def pair_entries(source_entries: Iterable[Entry], meta: Mapping[str, MetaRow]) -> tuple[list[Pair], list[Rejection]]:
    """Pairs images and masks by stem within a split; every file ends in one pair or in one rejection.

    Nothing is guessed: of two files with one stem in one split, neither is taken. A stem that stands in two splits, in
    each with an image and a mask, is of two portraits, as cameras count from 1 in every folder; unless the files are of
    the same lengths too: then it is one portrait, to be trained on and tested on. Where one file of a portrait is at
    fault, the row of the other names it. The first of these reasons counts: a name that cannot
    name a file of the copy; a stem that occurs twice; an empty file; a mask that is no PNG; no split; no counterpart;
    image and mask in two splits; a user with whole pairs in two splits, where all of that user's pairs are refused.

    Args:
        source_entries: all pictures, in any order.
        meta: stem -> row, which may be empty; of it only the users are used, since `Source` has settled the splits.

    Returns:
        Pairs sorted by split and name; rejections sorted.
    """
    of_stem: dict[str, list[Entry]] = defaultdict(list)
    for entry in source_entries:
        of_stem[entry.stem].append(entry)
    pairs, rejections = [], []
    for stem, files in ((stem, part) for stem, entries in of_stem.items() for part in _portraits(entries)):
        reasons = _reasons(stem, files["image"], files["mask"])
        if not reasons:
            (image,), (mask,) = files["image"], files["mask"]
            pairs.append(Pair(image.split, stem, meta[stem].user if stem in meta else "", image, mask))
        rejections += [Rejection(entry.split, location(entry), reason) for entry, reason in reasons]
    pairs, shared = _part_users(pairs)
    pairs.sort(key=attrgetter("split", "name"))
    return pairs, sorted(rejections + shared, key=attrgetter("split", "file", "reason"))


def _portraits(entries: list[Entry]) -> list[dict[str, list[Entry]]]:
    """The images and masks of one stem, apart by split where each split has one of both and no two are the same."""
    of_split: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        of_split[entry.split].append(entry)
    parts = [{kind: [entry for entry in part if entry.kind == kind] for kind in _KINDS} for part in of_split.values()]
    sizes = {tuple(entry.size for kind in _KINDS for entry in part[kind]) for part in parts}
    whole = all(len(part[kind]) == 1 for part in parts for kind in _KINDS)
    if "" in of_split or not whole or len(sizes) < len(parts):
        return [{kind: [entry for entry in entries if entry.kind == kind] for kind in _KINDS}]
    return parts


def _reasons(stem: str, images: list[Entry], masks: list[Entry]) -> list[tuple[Entry, str]]:
    """Why each file of one stem is refused; empty for a pair."""
    both = images + masks
    if stem.strip(". ") == "" or _UNSAFE.search(stem):
        return [(entry, "the name is empty or holds a control character or a slash: rename it") for entry in both]
    if len(images) > 1 or len(masks) > 1:
        return [(entry, _twice(entry, images, masks)) for entry in both]
    faults = {entry: fault for entry in both if (fault := _fault(entry))}
    if len(both) == 1:
        return [(both[0], faults.get(both[0], "no mask has its name" if images else "no image has its name"))]
    image, mask = both
    if not faults and image.split != mask.split:  # neither of the two is wrong by itself
        return [
            (one, f"its {two.kind} {location(two)} lies in {two.split}") for one, two in ((image, mask), (mask, image))
        ]
    return [
        (one, faults.get(one) or f"its {two.kind} {location(two)}: {faults[two]}")
        for one, two in ((image, mask), (mask, image))
        if faults
    ]


def _fault(entry: Entry) -> str:
    """What is wrong with a file by itself; empty for nothing."""
    if entry.size == 0:
        return "empty file"
    if entry.kind == "mask" and not entry.path.lower().endswith(".png"):
        return "a mask has to be a PNG"
    return "" if entry.split else "no split: neither a folder, a zip nor the meta table says it"


def _twice(entry: Entry, images: list[Entry], masks: list[Entry]) -> str:
    same, others = (images, masks) if entry.kind == "image" else (masks, images)
    if len(same) > 1:
        twin = next(location(other) for other in same if other is not entry)
        return f"the name occurs twice: also {twin}" + (f" and {len(same) - 2} more" if len(same) > 2 else "")
    return f"its {others[0].kind} occurs twice: {location(others[0])} and {location(others[1])}"


def _part_users(pairs: list[Pair]) -> tuple[list[Pair], list[Rejection]]:
    """Takes out the pairs of users who are in more than one split: they would be trained on and tested on."""
    splits = defaultdict(set)
    for pair in pairs:
        splits[pair.user].add(pair.split)
    splits[""] = set()  # unknown, not one person
    kept = [pair for pair in pairs if len(splits[pair.user]) < 2]
    rejections = []
    for pair in pairs:
        if len(splits[pair.user]) > 1:
            reason = f"user {pair.user!r} is in {' and '.join(sorted(splits[pair.user]))}"
            rejections += [Rejection(pair.split, location(entry), reason) for entry in (pair.image, pair.mask)]
    return kept, rejections
