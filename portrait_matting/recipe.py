"""Recipes as flat tables of keys and values, and what two or more of them differ in."""

from collections.abc import Mapping, Sequence
from typing import Any

Flat = dict[str, Any]
"""By dotted key, such as "loss.criterion.edge_weight": a number, a string, a list or None."""

_OF_A_RUN = ("run_dir", "resume", "project", "logger", "callbacks.", "hardware.workers", "trainer.enable_progress_bar")
"""Where a run writes and what it shows: it trains the same network whatever these are."""
_COPIES = (
    "learning_rate.cycle.max_lr",
    "data.input_size",
    "data.batch_size",
    "data.workers",
    "data.augment",
    "data.seed",
)
"""What the recipe says elsewhere, and copies here by interpolation."""
AUTO = "auto"


def flatten(config: Mapping[str, Any], prefix: str = "") -> Flat:
    """A nested recipe as one table; lists stay whole, but those of mappings are tables themselves.

    >>> flatten({"model": {"depth": 2}, "seed": 0})
    {'model.depth': 2, 'seed': 0}
    """
    flat: Flat = {}
    for key, value in config.items():
        if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            value = dict(enumerate(value))
        if isinstance(value, Mapping) and value:
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def essence(config: Mapping[str, Any]) -> Flat:
    """What decides about the network that a recipe trains: without folders, loggers and copies of other keys."""
    return {key: value for key, value in flatten(config).items() if not key.startswith((*_OF_A_RUN, *_COPIES))}


def differing(recipes: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The keys in which recipes differ, each with its value in every recipe, None where a recipe has no such key."""
    flats = [essence(recipe) for recipe in recipes]
    keys = dict.fromkeys(key for flat in flats for key in flat)
    columns = {key: [flat.get(key) for flat in flats] for key in keys}
    return {key: values for key, values in columns.items() if any(value != values[0] for value in values)}


def conflict(asked: Mapping[str, Any], done: Mapping[str, Any]) -> str | None:
    """The first key in which a recipe that was asked for differs from the one that a run was finished by.

    What was asked to be chosen automatically is no conflict: the run has put what was chosen in its place.
    """
    for key, (wanted, found) in differing([asked, done]).items():
        if wanted != AUTO:
            return f"{key}={found}, where {wanted} is asked for"
    return None
