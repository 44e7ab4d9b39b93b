"""Recipes as flat tables of keys and values, and what two or more of them differ in."""

from collections.abc import Mapping, Sequence
from typing import Any

from portrait_matting.config.onlookers import looks_on
from portrait_matting.runs.earlier_names import present

Flat = dict[str, Any]
"""By dotted key, such as "loss.criterion.edge_weight": a number, a string, a list or None."""

_OF_A_RUN = (
    "run_dir",
    "resume",
    "project",
    "logger",
    "hardware.workers",
    "data.bad_share",
    "data.check_truth",
    "trainer.default_root_dir",
    "trainer.enable_progress_bar",
    "trainer.enable_model_summary",
    "trainer.log_every_n_steps",
    "trainer.num_sanity_val_steps",
    "trainer.profiler",
    "trainer.detect_anomaly",
)
"""Where a run writes, what it shows and what it checks: it trains the same network whatever these are."""
_COPIES = (
    "learning_rate.cycle.max_lr",
    "optimizer.fused",
    "data.input_size",
    "data.batch_size",
    "data.workers",
    "data.augment",
    "data.seed",
    "data.normalisation",
)
"""What the recipe says elsewhere, and copies here by interpolation."""
_KEEP = (
    "lightning.pytorch.callbacks.ModelCheckpoint",  # as recipes named it before BestCheckpoint
    "portrait_matting.callbacks.best_checkpoint.BestCheckpoint",
)
_HOW_IT_KEEPS = (
    "_target_",
    "dirpath",
    "filename",
    "auto_insert_metric_name",
    "enable_version_counter",
    "verbose",
    "mode",  # follows from the metric
)
AUTO = "auto"
_CHOSEN_BY = {
    "hardware.effective_batch": ("hardware.batch_size", "hardware.accumulate"),
    "learning_rate.finder": ("learning_rate.max_lr",),
}
"""What "auto" is chosen by, with the keys that may be "auto": where they are numbers, it has no meaning."""


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
    """What decides about the network that a recipe trains, and about its scores.

    Left out are folders, loggers, copies of other keys, what "auto" would be chosen by where nothing is "auto", and the
    callbacks that say that they only look on; and what decays, where nothing does. Classes are called as they are now.
    """
    return essences([config])[0]


def essences(recipes: Sequence[Mapping[str, Any]]) -> list[Flat]:
    """As `essence`, of recipes that are compared: a key that one of them chooses by is kept in all of them."""
    flats = [
        {key: present(value) if key.endswith("_target_") and value else value for key, value in flatten(recipe).items()}
        for recipe in recipes
    ]
    unused = tuple(
        rules for rules, choices in _CHOSEN_BY.items() if all(AUTO not in map(flat.get, choices) for flat in flats)
    )
    if not any(map(_decays, flats)):
        unused += ("optimizer.decay_all",)
    return [
        {
            key: value
            for key, value in flat.items()
            if not _is_below(key, _OF_A_RUN + _COPIES + unused)
            and not _is_fitted(key, flat)
            and not _watches(key, flat)
        }
        for flat in flats
    ]


def _decays(flat: Flat) -> bool:
    return bool(flat.get("optimizer.decay_per_run")) or flat.get("optimizer.weight_decay") != 0


def _is_below(key: str, others: Sequence[str]) -> bool:
    return any(key == other or key.startswith(f"{other}.") for other in others)


def _is_fitted(key: str, flat: Flat) -> bool:
    """Whether a transform's argument repeats the input's size or the folder of backgrounds."""
    size = flat.get("hardware.input_size")
    repeated = {"size": [size, size], "backgrounds": flat.get("augment.backgrounds")}
    group, _, name = key.rpartition(".")
    return group.startswith("augment.transforms.") and name in repeated and flat[key] == repeated[name]


def _watches(key: str, flat: Flat) -> bool:
    """Whether a key is of a callback that looks on: one that says so, and checkpoints that no metric chooses.

    By which metric the best checkpoint is chosen decides about the network that is scored; where it is kept does not.
    """
    if not key.startswith("callbacks."):
        return False
    callback = ".".join(key.split(".")[:2])
    target = flat.get(f"{callback}._target_") or ""
    if target in _KEEP:
        return flat.get(f"{callback}.monitor") is None or _is_below(
            key, [f"{callback}.{name}" for name in _HOW_IT_KEEPS]
        )
    return looks_on(target)


def differing(recipes: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The keys in which recipes differ, each with its value in every recipe, None where a recipe has no such key."""
    flats = essences(recipes)
    keys = dict.fromkeys(key for flat in flats for key in flat)
    columns = {key: [flat.get(key) for flat in flats] for key in keys}
    return {key: values for key, values in columns.items() if any(value != values[0] for value in values)}


def conflict(asked: Mapping[str, Any], done: Mapping[str, Any]) -> str | None:
    """The first key in which a recipe that was asked for differs from the one that a run was finished by.

    What was asked to be chosen automatically is no conflict: the run has put what was chosen in its place. By what it
    was chosen has to be as asked.
    """
    for key, (wanted, found) in differing([asked, done]).items():
        if wanted != AUTO:
            return f"{key}={found}, where {wanted} is asked for"
    return None
