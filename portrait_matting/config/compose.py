"""Where the recipes are, how one is composed, and whether its values are of the types that the code takes."""

import functools
import os
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from portrait_matting.cli.explain import explain
from portrait_matting.cli.shell import hydra_quoted, word
from portrait_matting.config.command_line import read_overrides
from portrait_matting.config.known_keys import known_keys, right_key
from portrait_matting.config.mix_sources import settle_sources
from portrait_matting.config.path_keys import settle_paths
from portrait_matting.config.place import CONF_DIR
from portrait_matting.config.signature import check_value, locate, wanted_by
from portrait_matting.data.splits import Split
from portrait_matting.errors import InputError

_Paths = str | list[str] | None
_GROUPS = {
    "train": ("data", "model", "loss", "optimizer", "hardware", "trainer"),
    "evaluate": ("data", "hardware"),
    "plan": ("model", "loss", "optimizer"),
}
_KEYS: dict[str, dict[str, Any]] = {
    "train": {
        "seed": int,
        "resume": str | None,
        "project": str,
        "run_dir": str,
        "learning_rate.max_lr": float | typing.Literal["auto"],
        "model.weights": str | None,  # a file; no network takes it
        "model.normalisation": str | dict,
        "augment.backgrounds": str | None,  # its transform has a copy
        "optimizer.decay_all": bool | None,  # how parameters are grouped for it; no optimizer takes it
        "optimizer.lr_scale": dict | None,
        "optimizer.decay_per_run": float | None,
    },
    "evaluate": {
        "checkpoint": _Paths,
        "predictions": _Paths,
        "split": Split,
        "hardware.input_size": int | None,  # the network's own
        "pictures": int,
        "resamples": int,
        "progress": bool,
        "seed": int,
        "run_dir": str,
        "model.normalisation": str,
    },
    "plan": {
        "memory_gb": float | typing.Literal["auto"],
        "input_size": int,
        "effective_batch": int,
        "least_batch": int,
        "sizes": list[int],
        "precisions": list[typing.Literal["32-true", "16-mixed", "bf16-mixed"]],
        "recompute": list[typing.Literal["none", "most", "all"]],
        "progress": bool,
        "hardware.fused": bool | None,
        "model.weights": str | None,
        "model.normalisation": str | dict,
        "optimizer.decay_all": bool | None,  # how parameters are grouped for it; no optimizer takes it
        "optimizer.lr_scale": dict | None,
        "optimizer.decay_per_run": float | None,
        "run_dir": str,
    },
}
"""What no signature declares, by command."""


def compose(overrides: Sequence[str] = (), run_dir: str | Path = "runs/notebook", recipe: str = "train") -> DictConfig:
    """Composes a recipe as the command line does, for tests and notebooks.

    Args:
        overrides: as on the command line, such as ["model=u2net", "seed=1"].
        run_dir: where the run's files go.
        recipe: of which command, train or evaluate.

    Raises:
        InputError: an unknown key, an unknown choice or a value of a wrong type.
    """
    with initialize_config_dir(str(CONF_DIR), version_base="1.3"):
        try:
            own = f"run_dir={hydra_quoted(os.fspath(run_dir))}"
            cfg = hydra_compose(recipe, overrides=[*read_overrides(overrides, recipe=recipe), own])
        except (HydraException, OmegaConfBaseException) as error:
            raise InputError(explain(error)) from error
    check(cfg, recipe)
    return cfg


def config_dir() -> list[str]:
    """The flag that this command was given for further recipes, as it is repeated for another: --config-dir DIR."""
    sources = HydraConfig.get().runtime.config_sources if HydraConfig.initialized() else []
    given = [source.path for source in sources if source.provider == "command-line"]
    return [f"--config-dir {word(given[0])}"] if given else []


def check(cfg: DictConfig, recipe: str = "train") -> None:
    """Checks every value of a composed recipe against the type that the code it goes to declares.

    The signatures are the one source: what `_target_` names says what its keys may hold. No value is converted, but `~`
    in paths is put as the home that it is, the sources of a mix are completed, and an optimizer of one's own is told
    that it need not decay all.

    Raises:
        InputError: names the key, the value and the type that is wanted.
    """
    settle_sources(cfg)
    settle_paths(cfg)
    _settle_decay(cfg)
    for key in ("weights", "normalisation"):
        if "_target_" in cfg.get("model", {}) and key not in cfg.model:
            raise InputError(f"model.{key} is missing: a network's YAML says weights: null and normalisation: auto")
    try:
        plain = OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise InputError(explain(error)) from error
    top = OmegaConf.load(CONF_DIR / f"{recipe}.yaml")
    groups = {group for default in top.defaults if isinstance(default, DictConfig) for group in default}
    if unknown := cfg.keys() - top.keys() - groups:
        raise InputError(f"{min(unknown)} is no key of the recipe: it has {', '.join(sorted(map(str, cfg)))}")
    for group in _GROUPS[recipe]:
        if "_target_" not in plain[group]:
            raise InputError(
                f"this choice of {group} is a part of others, not one of its own: --help lists the choices"
            )
    for key, kind in _KEYS[recipe].items():
        *groups, name = key.split(".")
        check_value(key, functools.reduce(dict.__getitem__, groups, plain).pop(name, None), kind)
    for path, node, written in _targets(plain, OmegaConf.to_container(cfg)):
        wanted, takes_others = wanted_by(locate(f"{path}._target_", node["_target_"]))
        for key in (key for key in node if not key.startswith("_")):
            if key not in wanted and not takes_others:
                near = right_key(key, list(wanted))
                cure = f"did you mean {path}.{near}?" if near else f"it has {', '.join(wanted)}"
                if choices := known_keys(recipe).get(f"{path}.{key}"):
                    cure = f"it is of {' and '.join(choices)}: give {'that' if len(choices) == 1 else 'one'} as well"
                raise InputError(f"{path}.{key} is no key of {node['_target_']}: {cure}")
            if key in wanted and not _is_copy(written[key]) and not any(_targets(node[key], written[key])):
                check_value(f"{path}.{key}", node[key], wanted[key])


def _settle_decay(cfg: DictConfig) -> None:
    """Writes down what decays where a choice of optimizer leaves it out: a recipe without the key is of a time when all
    did (`runs.earlier`).
    """
    if isinstance(optimizer := cfg.get("optimizer"), DictConfig) and optimizer.get("decay_all") is None:
        with open_dict(optimizer):
            optimizer.decay_all = False


def _targets(node: Any, written: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Every node that builds an object: its key, its values, and its values as written, before interpolation."""
    if _is_copy(written):
        return  # checked where it is copied from
    if isinstance(node, dict):
        if "_target_" in node:
            yield path, node, written
        for key, value in node.items():
            yield from _targets(value, written[key], f"{path}.{key}" if path else str(key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _targets(value, written[index], f"{path}.{index}")


def _is_copy(written: Any) -> bool:
    return isinstance(written, str) and written.startswith("${")
