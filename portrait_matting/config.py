"""Where the recipes are, how one is composed, and whether its values are of the types that the code takes."""

import inspect
import typing
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import ConfigDict, PydanticSchemaGenerationError, TypeAdapter, ValidationError

from portrait_matting.errors import InputError
from portrait_matting.explain import explain

_HERE = Path(__file__).resolve().parent
# In a wheel conf/ lies inside the package, in a clone beside it. An absolute path is the one form that Hydra finds from
# `python -m` and from a console script alike.
CONF_DIR = next(folder for folder in (_HERE / "conf", _HERE.parent / "conf") if (folder / "train.yaml").is_file())


def compose(overrides: Sequence[str] = (), run_dir: str | Path = "runs/notebook") -> DictConfig:
    """Composes the training recipe as the command line does, for tests and notebooks.

    Args:
        overrides: as on the command line, such as ["model=u2net", "seed=1"].
        run_dir: where the run's files go.

    Raises:
        InputError: an unknown key, an unknown choice or a value of a wrong type.
    """
    with initialize_config_dir(str(CONF_DIR), version_base="1.3"):
        try:
            cfg = hydra_compose("train", overrides=[*overrides, f"run_dir='{run_dir}'"])
        except (HydraException, OmegaConfBaseException) as error:
            raise InputError(explain(error)) from error
    check(cfg)
    return cfg


def check(cfg: DictConfig) -> None:
    """Checks every value of a composed recipe against the type that the code it goes to declares.

    The signatures are the one source: what `_target_` names says what its keys may hold. No value is converted.

    Raises:
        InputError: names the key, the value and the type that is wanted.
    """
    try:
        plain = OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise InputError(explain(error)) from error
    for key, wanted in (("seed", int), ("resume", str | None)):
        _check_value(key, plain[key], wanted)
    _check_value("learning_rate.max_lr", plain["learning_rate"]["max_lr"], float | typing.Literal["auto"])
    if plain["learning_rate"]["max_lr"] == "auto":
        plain["learning_rate"]["cycle"]["max_lr"] = 1.0  # stands in for what the finder will say
    for path, node, written in _targets(plain, OmegaConf.to_container(cfg)):
        wanted = _wanted(_locate(f"{path}._target_", node["_target_"]))
        for key in wanted.keys() & node.keys():
            if not _is_copy(written[key]) and not any(_targets(node[key], written[key])):
                _check_value(f"{path}.{key}", node[key], wanted[key])


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


def _locate(key: str, target: str) -> Callable:
    module, _, name = target.rpartition(".")
    try:
        return getattr(import_module(module), name)
    except (ModuleNotFoundError, AttributeError, ValueError) as error:
        raise InputError(f"{key}={target} cannot be found ({error}): give package.module.Class") from error


def _wanted(target: Callable) -> dict[str, Any]:
    """Annotated parameters of a function, or of a class with what its bases take through **arguments."""
    makers = [cls.__init__ for cls in reversed(target.__mro__)] if inspect.isclass(target) else [target]
    wanted: dict[str, Any] = {}
    for maker in makers:
        try:
            hints = typing.get_type_hints(maker)
        except (NameError, TypeError, AttributeError):  # a library's annotation that cannot be evaluated
            continue
        wanted |= {name: hints[name] for name in inspect.signature(maker).parameters if name in hints}
    return wanted


def _check_value(key: str, value: Any, wanted: Any) -> None:
    try:
        adapter = TypeAdapter(wanted, config=ConfigDict(arbitrary_types_allowed=True, strict=False))
    except PydanticSchemaGenerationError:
        return
    try:
        adapter.validate_python(value, strict=True)
    except ValidationError as error:
        if isinstance(value, list):  # YAML has no tuples
            try:
                adapter.validate_python(tuple(value), strict=True)
                return
            except ValidationError:
                pass
        name = getattr(wanted, "__name__", None) if inspect.isclass(wanted) else str(wanted).replace("typing.", "")
        raise InputError(f"{key}={value!r} is a {type(value).__name__}; give {name}") from error
