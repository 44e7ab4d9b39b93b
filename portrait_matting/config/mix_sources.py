"""The sources of a mix in a recipe: completed with the keys of their kinds of data, and only those that take part."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from portrait_matting.cli.arguments import nearest
from portrait_matting.cli.explain import explain
from portrait_matting.config.known_keys import right_key
from portrait_matting.config.place import CONF_DIR
from portrait_matting.config.signature import check_value, locate, wanted_by
from portrait_matting.errors import InputError

_KEY = "data.sources"
_OWN: dict[str, Any] = {"data": str, "share": Any, "augment": str | list | None, "scored": bool}
"""A share is checked with those of the other sources, `data.mix_source`."""
_OF_THE_MIX = ("input_size", "batch_size", "workers", "seed", "normalisation", "bad_share", "augment", "loading")
_ENDLESS = ("synthetic", "people")
"""Kinds whose number of training portraits may be null: without end."""
_MISSING = "???"


def settle_sources(cfg: DictConfig) -> None:
    """Puts all keys of its kind of data into each source, and transforms in the place of the name of an augmentation.

    A source that is null, or has a share or root that is, takes no part and is removed: what is left in the recipe is
    what is trained on. Of another kind of data than a mix nothing changes.

    Raises:
        InputError: no source, a name, share or kind of data that is none, an unknown augmentation or key, or a value of
            a wrong type.
    """
    data = cfg.get("data")
    if not isinstance(data, DictConfig) or data.get("_target_") != "portrait_matting.data.mix.MixDataModule":
        return
    try:
        given = OmegaConf.to_container(cfg, resolve=True)["data"].get("sources")
    except OmegaConfBaseException as error:
        raise InputError(explain(error)) from error
    if not isinstance(given, dict):
        shown = "null" if given is None else given
        raise InputError(f"{_KEY}={shown} is no table: give sources by name, such as {_KEY}.real.root=DIR")
    kinds = sorted(file.stem for file in (CONF_DIR / "data").glob("[!_]*.yaml") if file.stem != "mix")
    settled = {}
    for name, keys in given.items():
        if keys is None:
            continue
        where = f"{_KEY}.{name}"
        if not isinstance(keys, dict):
            raise InputError(f"{where}={keys} is no source: give its keys, such as {where}.share=0.5, or null")
        if keys.get("data") not in kinds:
            raise InputError(_no_kind(name, keys, kinds, [other for other in given if other != name]))
        keys = _settled(cfg, where, keys)
        if keys["share"] is not None and keys.get("root", "") is not None:
            settled[name] = keys

    from portrait_matting.data.mix_source import check_sources  # torch comes with it

    check_sources(settled)
    with open_dict(cfg):
        data.sources = settled


def _settled(cfg: DictConfig, where: str, keys: dict[str, Any]) -> dict[str, Any]:
    kind = OmegaConf.to_container(OmegaConf.load(CONF_DIR / "data" / f"{keys['data']}.yaml"))
    taken, _ = wanted_by(locate(f"{where}.data", kind["_target_"]))
    wanted = {**_OWN, **{key: value for key, value in taken.items() if key not in _OF_THE_MIX}}
    defaults = {key: value for key, value in kind.items() if key not in ("defaults", "_target_")}
    defaults |= {"subset": "${data.subset}", "check_truth": "${data.check_truth}"}
    if "backgrounds" in defaults:
        defaults["backgrounds"] = "${data.backgrounds}"
    if keys["data"] in _ENDLESS:
        wanted["train"], defaults["train"] = int | None, None
    for key in keys:
        if key not in wanted:
            near = right_key(key, list(wanted))
            cure = f"did you mean {where}.{near}?" if near else f"it has {', '.join(wanted)}"
            raise InputError(f"{where}.{key} is no key of a source of data={keys['data']}: {cure}")
    if isinstance(defaults.get("pieces"), dict) and isinstance(keys.get("pieces"), dict):
        keys["pieces"] = defaults["pieces"] | keys["pieces"]
    keys = {"data": None, "share": _MISSING, "augment": None, "scored": True} | defaults | keys
    for key, value in keys.items():
        if value == _MISSING:
            cure = "0.5 (shares are proportions, and need not sum to 1)" if key == "share" else "…"
            raise InputError(f"{where}.{key} is missing: give {where}.{key}={cure}")
        if not (isinstance(value, str) and value.startswith("${")) and not (key == "root" and value is None):
            check_value(f"{where}.{key}", value, wanted[key])
    if isinstance(keys["augment"], str):
        keys["augment"] = _transforms(cfg, where, keys["augment"])
    return keys


def _transforms(cfg: DictConfig, where: str, choice: str) -> list[Any]:
    """Those of conf/augment/CHOICE.yaml; the folder of backgrounds is the run's, if it has one."""
    files = {file.stem: file for folder in _folders() for file in (folder / "augment").glob("[!_]*.yaml")}
    if choice not in files:
        near = nearest(choice, sorted(files))
        cure = near or f"give one of {', '.join(sorted(files))}, or null for that of the run"
        raise InputError(f"{where}.augment={choice} is no choice of augmentation: {cure}")
    own = OmegaConf.to_container(OmegaConf.load(files[choice]))
    of_run = cfg.augment.get("backgrounds") if "augment" in cfg else None
    if "backgrounds" in own and of_run is not None:
        own["backgrounds"] = of_run
    return _written(own.pop("transforms"), own)


def _written(node: Any, own: dict[str, Any]) -> Any:
    """Transforms with what they copy of their own file in its place; copies of the rest of the recipe stay copies."""
    if isinstance(node, dict):
        return {key: _written(value, own) for key, value in node.items()}
    if isinstance(node, list):
        return [_written(value, own) for value in node]
    key = node.removeprefix("${augment.").removesuffix("}") if isinstance(node, str) else None
    return own[key] if key in own and node == f"${{augment.{key}}}" else node


def _folders() -> Iterator[Path]:
    yield CONF_DIR
    sources = HydraConfig.get().runtime.config_sources if HydraConfig.initialized() else []
    yield from (Path(source.path) for source in sources if source.provider == "command-line")


def _no_kind(name: str, keys: dict[str, Any], kinds: list[str], others: list[str]) -> str:
    where, listed = f"{_KEY}.{name}", ", ".join(kinds)
    if "data" in keys:
        return f"{where}.data={keys['data']} is no kind of source: give one of {listed}"
    near = nearest(name, others)
    return f"{where}.data is missing: {near or ''}{' Else give' if near else 'give'} one of {listed}"
