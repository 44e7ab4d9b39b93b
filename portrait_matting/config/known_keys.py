"""Every key that a recipe has with any choice of its groups: for what to say about one that is misspelt."""

import difflib
import functools
from collections.abc import Iterator, Sequence

from omegaconf import DictConfig, OmegaConf

from portrait_matting.config.place import CONF_DIR


@functools.cache
def known_keys(recipe: str = "train") -> dict[str, list[str]]:
    """Every dotted key, with the choices of its group that have it, such as ["data=folder"]; none for a recipe's own.

    Copies of other keys are left out. It reads much of conf/, half a second: only what has gone wrong already asks.
    """
    top = OmegaConf.load(CONF_DIR / f"{recipe}.yaml")
    found: dict[str, list[str]] = {key: [] for key in _keys(top) if key.split(".")[0] not in ("defaults", "hydra")}
    for group in (str(name) for default in top.defaults if isinstance(default, DictConfig) for name in default):
        found.setdefault(group, [])
        if group in ("experiment", "sweep"):  # their keys are those of others
            continue
        for file in sorted((CONF_DIR / group).glob("*.yaml")):
            for key in _keys(OmegaConf.load(file)):
                if key != "defaults" and not key.endswith("_target_"):
                    choices = found.setdefault(f"{group}.{key}", [])
                    choices += [f"{group}={file.stem}"] if file.stem[0] != "_" else []
    return found | {key: [] for key in ("run_dir", "hydra.run.dir", "hydra.sweep.dir", "hydra.launcher")}


def right_key(wrong: str, keys: Sequence[str]) -> str | None:
    """The nearest of some keys: this one, one that is spelt so or ends so; None where none is near.

    >>> keys = ["trainer.max_epochs", "data.root", "learning_rate.max_lr"]
    >>> right_key("max_epochs", keys), right_key("data.rooot", keys), right_key("lr", keys), right_key("other", keys)
    ('trainer.max_epochs', 'data.root', 'learning_rate.max_lr', None)
    """
    if wrong in keys:
        return wrong
    if close := difflib.get_close_matches(wrong, keys, n=1, cutoff=0.8):
        return close[0]
    by_end: dict[str, str] = {}
    for key in sorted(keys, key=lambda key: key.count(".")):  # those at the top first
        by_end.setdefault(key.rpartition(".")[2], key)
    last = wrong.rpartition(".")[2]
    tails = [name for name in by_end if name.endswith(f"_{last}")]
    found = [last] if last in by_end else tails or difflib.get_close_matches(last, by_end, n=1, cutoff=0.8)
    return by_end[found[0]] if found else None


def _keys(node: DictConfig, prefix: str = "") -> Iterator[str]:
    for name in node:
        key = f"{prefix}{name}"
        if OmegaConf.is_interpolation(node, name):
            continue
        yield key
        if not OmegaConf.is_missing(node, name) and isinstance(node[name], DictConfig):
            yield from _keys(node[name], f"{key}.")
