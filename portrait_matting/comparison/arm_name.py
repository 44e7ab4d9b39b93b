"""What to call arms in a table: by the keys in which their recipes differ, as overrides do but short."""

import re
from collections.abc import Sequence
from typing import Any

from portrait_matting.config.difference import Flat
from portrait_matting.reporting.short_names import tails

MOST = 3
"""Settings of one group, such as the loss, that a name mentions."""
_TARGET = "_target_"


def arm_names(recipes: Sequence[Flat]) -> list[str]:
    """A short name for each of several recipes, from the keys in which they differ; "" where there are none.

    Left out are keys that follow from another: the parameters of a class that only some recipes use, and copies of a
    key under the same name or as a list ([80, 80] of an input size). Of a group with more than `MOST` keys left, as
    many are named as tell its choices apart, classes first.

    >>> arm_names([{"loss.edge_weight": 1.0, "loss.width": 0.1}, {"loss.edge_weight": 5.0, "loss.width": 0.1}])
    ['edge_weight=1', 'edge_weight=5']
    """
    settings = _counted(recipes)
    keys = list(dict.fromkeys(key for flat in settings for key in flat))
    keys = [key for key in keys if any(flat.get(key) != settings[0].get(key) for flat in settings)]
    keys = [key for key in keys if not any(_follows(key, other, settings) for other in keys)]
    keys = [key for key in keys if not any(_copies(key, other, settings) for other in keys)]
    grouped: dict[str, list[str]] = {}
    for key in keys:
        grouped.setdefault(key.partition(".")[0], []).append(key)
    keys = [key for group in grouped.values() for key in _telling(group, settings)]
    labels = dict(zip(keys, tails(keys, "."), strict=True))
    columns = {key: _texts([flat.get(key) for flat in settings], labels[key]) for key in keys}
    names = [
        " ".join(columns[key][row] for key in keys if key in flat) or " ".join(f"no {_noun(key)}" for key in keys[:1])
        for row, flat in enumerate(settings)
    ]
    return [name if name not in names[:row] else f"{name} ({row + 1})" for row, name in enumerate(names)]


def _noun(key: str) -> str:
    return key.removesuffix(f".{_TARGET}").rpartition(".")[2]


def _counted(recipes: Sequence[Flat]) -> list[Flat]:
    """Lists of objects that differ in length, such as an augmentation's, as a number, and what that does not tell."""
    lists = dict.fromkeys(matched[1] for flat in recipes for key in flat if (matched := re.match(r"(.*?)\.\d+\.", key)))
    settings = [dict(flat) for flat in recipes]
    for path in lists:
        inside = sorted({key for flat in recipes for key in flat if key.startswith(f"{path}.")})
        counts = [len({key[len(path) + 1 :].partition(".")[0] for key in inside if key in flat}) for flat in recipes]
        if len({*counts}) == 1:
            continue
        implied = [
            key for key in inside if len({*counts}) == _choices([*zip(counts, _column(key, recipes), strict=True)])
        ]
        for flat, count in zip(settings, counts, strict=True):
            if count or path in flat:
                flat[path] = f"{count or 'no'} {path.rpartition('.')[2]}"
            for key in implied:
                flat.pop(key, None)
    return settings


def _follows(key: str, other: str, settings: Sequence[Flat]) -> bool:
    """Whether `key` is a parameter of a class that `other` names, that other classes lack, and that follows from it."""
    node = other.removesuffix(_TARGET)
    if key == other or node == other or not key.startswith(node) or all(key in flat for flat in settings):
        return False
    classes = _column(other, settings)
    return _choices([*zip(classes, _column(key, settings), strict=True)]) == _choices(classes)


def _copies(key: str, other: str, settings: Sequence[Flat]) -> bool:
    """Whether `key` has the values of the shorter `other`, under the same last name or as a list that repeats them."""
    if (len(key), key) <= (len(other), other):
        return False
    pairs = [(flat.get(key), flat.get(other)) for flat in settings]
    if key.rpartition(".")[2] == other.rpartition(".")[2] != _TARGET:
        return all(value == copied for value, copied in pairs)
    return all(isinstance(value, list) and value and value == [copied] * len(value) for value, copied in pairs)


def _telling(group: Sequence[str], settings: Sequence[Flat]) -> list[str]:
    """The keys of a group, or as few as tell its choices apart where they are many."""
    if len(group) <= MOST:
        return list(group)
    chosen: list[str] = []
    told_apart = [()] * len(settings)
    for key in sorted(group, key=lambda key: (not key.endswith(_TARGET), any(key not in flat for flat in settings))):
        finer = [*zip(told_apart, _column(key, settings), strict=True)]
        if _choices(finer) > _choices(told_apart):
            chosen.append(key)
            told_apart = finer
    return [key for key in group if key in chosen]


def _column(key: str, settings: Sequence[Flat]) -> list[Any]:
    return [flat.get(key) for flat in settings]


def _choices(values: Sequence[Any]) -> int:
    """How many different values there are, of which some are lists."""
    return len({repr(value) for value in values})


def _texts(values: Sequence[Any], label: str) -> list[str]:
    """A setting in every recipe: as an override, but paths by their ends, and classes and counts by name alone."""
    if label.endswith(_TARGET):
        return tails([str(value) for value in values], ".")
    paths = [value for value in values if isinstance(value, str) and "/" in value]
    short = dict(zip(paths, tails(paths, "/"), strict=True))
    counted = all(isinstance(value, str) and value.endswith(f" {label}") for value in values if value is not None)
    if counted:
        return [str(value) for value in values]
    rounded = [f"{label}={_text(value, short, '.6g')}" for value in values]
    if len({*rounded}) == _choices(values):
        return rounded
    return [f"{label}={_text(value, short, '')}" for value in values]


def _text(value: Any, short: dict[str, str], digits: str) -> str:
    if isinstance(value, list):
        return f"[{','.join(_text(item, short, digits) for item in value)}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        return format(value, digits)
    return short.get(value, value) if isinstance(value, str) else str(value)
