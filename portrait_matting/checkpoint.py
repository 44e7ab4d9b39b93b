"""Checkpoints that carry their own recipe: from the file alone to the network that it holds."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from portrait_matting.errors import InputError
from portrait_matting.models import u2net, u2netp

Config = dict[str, Any]
_NETWORKS = {f"portrait_matting.models.{build.__name__}": build for build in (u2net, u2netp)}
_NET = "net."  # what Lightning puts before the names of MattingModule.net's parameters


class Restored(NamedTuple):
    """A network in eval mode and the recipe that it was trained with (empty for the reference project's weights)."""

    net: nn.Module
    config: Config


def load(path: str | Path) -> Restored:
    """Rebuilds a network from a checkpoint of ours, or from a state dict of the reference project's U²-Net, on the CPU.

    Nothing in the file is run: it is read with `weights_only`, and only networks of this package are built.

    Raises:
        InputError: the file is missing, truncated or of another kind, or its recipe names a class outside the package.
    """
    content = _read(Path(path))
    if "state_dict" in content and "config" in content:
        config = content["config"]
        net = network(config["model"])
    else:
        config, net = {}, _reference_network(content, Path(path))
    _fill(net, _weights(content), Path(path))
    return Restored(net.eval(), config)


def network(model: Config) -> nn.Module:
    """Builds the network that the model group of a recipe describes; `weights` are not loaded.

    Only the networks of this package, with whole numbers as arguments: a downloaded file cannot run what it likes.

    Raises:
        InputError: `_target_` is another, or an argument is.
    """
    arguments = {key: value for key, value in model.items() if key not in ("_target_", "weights")}
    build = _NETWORKS.get(model.get("_target_"))
    if build is None:
        raise InputError(f"model._target_={model.get('_target_')} is no network: give one of {', '.join(_NETWORKS)}")
    for key, value in arguments.items():
        if type(value) is not int:
            raise InputError(f"model.{key}={value!r} is no whole number")
    return build(**arguments)


def load_weights(net: nn.Module, path: str | Path) -> None:
    """Fills a network with the weights of a checkpoint of ours or of the reference project.

    Raises:
        InputError: the file is missing, truncated, or of another network.
    """
    _fill(net, _weights(_read(Path(path))), Path(path))


def check_resumable(path: Path, config: Config) -> Config:
    """The recipe of a checkpoint that a run by the recipe `config` can go on from.

    Raises:
        InputError: the file is missing or truncated, holds no training state, or is of another model, optimizer, loss
            or kind of data.
    """
    content = _read(path)
    if "config" not in content or "optimizer_states" not in content:
        raise InputError(
            f"resume={path} holds weights alone, no training state: start a new run with model.weights={path}"
        )
    for group in ("model", "optimizer", "data"):
        theirs, ours = content["config"][group]["_target_"], config[group]["_target_"]
        if theirs != ours:
            raise InputError(
                f"resume={path} is of {group} {theirs.rsplit('.', 1)[-1]}, this run is of {ours.rsplit('.', 1)[-1]}: "
                "give the overrides that the run was started with"
            )
    return content["config"]


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(f"there is no checkpoint {path}: check the path")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many types for the many ways in which a file can be broken
        raise InputError(f"{path} is no checkpoint, or is truncated ({type(error).__name__}): copy it again") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} holds a {type(content).__name__}, not a checkpoint")
    return content


def _weights(content: dict[str, Any]) -> dict[str, Tensor]:
    state = content.get("state_dict", content)
    if any(key.startswith(_NET) for key in state):
        return {key.removeprefix(_NET): value for key, value in state.items() if key.startswith(_NET)}
    return {key.removeprefix("module."): value for key, value in state.items()}  # DataParallel's prefix


def _reference_network(content: dict[str, Any], path: Path) -> nn.Module:
    first = _weights(content).get("stage1.rebnconv1.conv_s1.weight")
    for build in _NETWORKS.values():
        net = build()
        if first is not None and first.shape == net.state_dict()["stage1.rebnconv1.conv_s1.weight"].shape:
            return net
    raise InputError(f"{path} is neither a checkpoint of portrait_matting nor a U²-Net state dict")


def _fill(net: nn.Module, state: dict[str, Tensor], path: Path) -> None:
    own = net.state_dict()
    wrong = sorted(own.keys() ^ state.keys()) or [key for key in own if own[key].shape != state[key].shape]
    if wrong:
        raise InputError(
            f"{path} is of another network: {len(wrong)} tensors differ, {wrong[0]} first; choose the model it was "
            "trained with, model=u2net or model=u2netp"
        )
    net.load_state_dict(state)
