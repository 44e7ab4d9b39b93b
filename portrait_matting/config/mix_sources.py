"""The sources of a mix in a recipe, completed: with all keys of their kind of data, and without those that take no part."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict

from portrait_matting.cli.arguments import nearest
from portrait_matting.config.known_keys import right_key
from portrait_matting.config.place import CONF_DIR
from portrait_matting.config.signature import check_value, locate, wanted_by
from portrait_matting.errors import InputError

_KEY = "data.sources"
_OWN: dict[str, Any] = {"data": str, "share": float, "augment": str | list | None, "scored": bool}
_OF_THE_MIX = ("input_size", "batch_size", "workers", "seed", "normalisation", "bad_share", "augment")
"""Loading is the mix's own, and so is what it says of `augment`."""
_ENDLESS = ("synthetic", "people")
"""Kinds whose number of training portraits may be null: without end."""


def settle_sources(cfg: DictConfig) -> None:
    """Puts all keys of its kind of data into each source, and transforms in the place of the name of an augmentation.

    A source that is null, or has a share or root that is, takes no part and is removed: what is left in the recipe is
    what is trained on. Of another kind of data than a mix nothing changes.

    Raises:
        InputError: an unknown kind of data, augmentation or key of a source, or a value of a wrong type.
    """
    data = cfg.get("data")
    if (
        not isinstance(data, DictConfig)
        or "sources" not in data
        or not str(data.get("_target_")).endswith(".MixDataModule")
    ):
        return
    written = OmegaConf.to_container(data)["sources"]
    if not isinstance(written, dict):
        raise InputError(f"{_KEY}={written} is no table: give sources by name, such as {_KEY}.real.root=DIR")
    kinds = sorted(file.stem for file in (CONF_DIR / "data").glob("[!_]*.yaml") if file.stem != "mix")
    settled = {}
    for name, keys in written.items():
        where = f"{_KEY}.{name}"
        if keys is None:
            continue
        if not isinstance(keys, dict):
            raise InputError(f"{where}={keys} is no source: give its keys, such as {where}.share=0.5, or null")
        if "share" in keys and keys["share"] is None:
            continue
        if keys.get("data") not in kinds:
            raise InputError(_no_kind(where, keys.get("data"), kinds))
        if "root" in keys and keys["root"] is None:
            continue
        settled[name] = _settled(cfg, where, keys)
    with open_dict(cfg):
        data.sources = settled


def _settled(cfg: DictConfig, where: str, keys: dict[str, Any]) -> dict[str, Any]:
    kind = OmegaConf.load(CONF_DIR / "data" / f"{keys['data']}.yaml")
    defaults = {
        key: value for key, value in OmegaConf.to_container(kind).items() if key not in ("defaults", "_target_")
    }
    if keys["data"] in _ENDLESS:
        defaults["train"] = None
    defaults |= {"subset": "${data.subset}", "check_truth": "${data.check_truth}"}
    wanted, _ = wanted_by(locate(f"{where}.data", kind["_target_"]))
    wanted = {key: value for key, value in wanted.items() if key not in _OF_THE_MIX} | _OWN
    if "train" in wanted:
        wanted["train"] = wanted["train"] | None
    for key in keys:
        if key not in wanted:
            near = right_key(key, list(wanted))
            cure = f"did you mean {where}.{near}?" if near else f"it has {', '.join(wanted)}"
            raise InputError(f"{where}.{key} is no key of data={keys['data']}: {cure}")
    if "share" not in keys:
        raise InputError(f"{where}.share is missing: give {where}.share=0.5 (proportions, which need not sum to 1)")
    for key, value in keys.items():
        if not (isinstance(value, str) and value.startswith("${")):
            check_value(f"{where}.{key}", value, wanted[key])
    if "pieces" in keys:
        keys["pieces"] = (defaults["pieces"] or {}) | (keys["pieces"] or {})
    for key, value in defaults.items():
        if value == "???" and keys.get(key, value) == value:
            raise InputError(f"{where}.{key} is missing: give {where}.{key}=…")
    keys = {"data": keys["data"], "share": keys["share"], "augment": None, "scored": True} | defaults | keys
    if isinstance(keys["augment"], str):
        keys["augment"] = _transforms(cfg, where, keys["augment"])
    return keys


def _transforms(cfg: DictConfig, where: str, choice: str) -> list[Any]:
    """Those of conf/augment/CHOICE.yaml; their folder of backgrounds is that of the run's augmentation, if it has one."""
    files = {file.stem: file for folder in _folders() for file in sorted((folder / "augment").glob("[!_]*.yaml"))}
    if choice not in files:
        near = nearest(choice, sorted(files))
        cure = near or f"give one of {', '.join(sorted(files))}, or null for that of the run"
        raise InputError(f"{where}.augment={choice} is no choice of augmentation: {cure}")
    own = OmegaConf.to_container(OmegaConf.load(files[choice]))
    own.pop("defaults", None)
    of_run = OmegaConf.to_container(cfg.augment) if "augment" in cfg else {}
    found = OmegaConf.create({"augment": own | {key: value for key, value in of_run.items() if key == "backgrounds"}})
    found.hardware = {"input_size": "${hardware.input_size}"}
    return _written(found.augment.transforms, found)


def _written(node: Any, root: DictConfig) -> list[Any]:
    """Transforms with what they copy of their own file in its place; copies of other parts of the recipe stay copies."""
    plain = OmegaConf.to_container(node)

    def settle(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: settle(item) for key, item in value.items()}
        if isinstance(value, list):
            return [settle(item) for item in value]
        if isinstance(value, str) and value.startswith("${augment."):
            return OmegaConf.select(root, value[2:-1])
        return value

    return settle(plain)


def _folders() -> Iterator[Path]:
    yield CONF_DIR
    sources = HydraConfig.get().runtime.config_sources if HydraConfig.initialized() else []
    yield from (Path(source.path) for source in sources if source.provider == "command-line")


def _no_kind(where: str, given: Any, kinds: list[str]) -> str:
    if given is None:
        return f"{where}.data is missing: give one of {', '.join(kinds)}"
    return f"{where}.data={given} is no kind of source: give one of {', '.join(kinds)}"
