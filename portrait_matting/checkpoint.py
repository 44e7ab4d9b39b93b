"""Checkpoints that carry their own recipe: from the file alone to the network that it holds."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from hydra.utils import instantiate
from torch import Tensor, nn

from portrait_matting.errors import InputError
from portrait_matting.models import u2net, u2netp

Config = dict[str, Any]
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
    if "config" in content:
        config = content["config"]
        net = network(config["model"])
    else:
        config, net = {}, _reference_network(content, Path(path))
    _fill(net, _weights(content), Path(path))
    return Restored(net.eval(), config)


def network(model: Config) -> nn.Module:
    """Builds the network that the model group of a recipe describes, with the weights that `weights` names, if any.

    Raises:
        InputError: `_target_` lies outside this package, so that a downloaded file cannot run what it likes.
    """
    if not model["_target_"].startswith("portrait_matting.models."):
        raise InputError(f"model._target_={model['_target_']} lies outside portrait_matting.models: it is not built")
    return instantiate({key: value for key, value in model.items() if key != "weights"})


def load_weights(net: nn.Module, path: str | Path) -> None:
    """Fills a network with the weights of a checkpoint of ours or of the reference project.

    Raises:
        InputError: the file is missing, truncated, or of another network.
    """
    _fill(net, _weights(_read(Path(path))), Path(path))


def check_resumable(path: Path, model: Config) -> Config:
    """The recipe of a checkpoint that a run with this model can go on from.

    Raises:
        InputError: the file is missing or truncated, holds no training state, or is of another model.
    """
    content = _read(path)
    if "config" not in content or "optimizer_states" not in content:
        raise InputError(
            f"resume={path} holds weights alone, no training state: start a new run with model.weights={path}"
        )
    theirs, ours = content["config"]["model"]["_target_"], model["_target_"]
    if theirs != ours:
        name = theirs.rsplit(".", 1)[-1]
        raise InputError(
            f"resume={path} is of model={name}, this run is of model={ours.rsplit('.', 1)[-1]}: add model={name}"
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
    for build in (u2net, u2netp):
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
