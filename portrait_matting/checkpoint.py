"""Checkpoints that carry their own recipe: from the file alone to the network that it holds.

A checkpoint is given by its path, or, as text, by the name of a network that comes with the package: `weights.shipped`.
"""

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from portrait_matting.cli.shell import path_override
from portrait_matting.disk.weights_kind import why_no_weights
from portrait_matting.errors import InputError
from portrait_matting.images.network_input import AUTO, Normalisation, normalisation_of
from portrait_matting.models import registry
from portrait_matting.models.network import Network
from portrait_matting.runs.earlier import upgraded
from portrait_matting.weights import safetensors_file
from portrait_matting.weights.shipped import again, find, meant

log = logging.getLogger(__name__)

Config = dict[str, Any]
_LIGHTNING = "pytorch-lightning_version"
_NET = "net."  # what Lightning puts before the names of MattingModule.net's parameters


class Restored(NamedTuple):
    """A network in eval mode and the recipe that it was trained with.

    Of weights from another project the recipe holds what is known of them: `model` and `hardware.input_size`.
    """

    net: Network
    config: Config

    @property
    def normalisation(self) -> Normalisation:
        """What the network was trained with."""
        return normalisation_of(self.config["model"]["normalisation"])

    @property
    def input_size(self) -> int:
        """Side in pixels of the square that the network was trained on."""
        if not (size := self.config.get("hardware", {}).get("input_size")):
            raise InputError("the checkpoint does not say how large its input was: give an input size")
        return size


class Weights(NamedTuple):
    """The weights in a file, and what is known of the network that they are of, as the recipe of a run says it.

    `about` is plain words and numbers that came with them.
    """

    state: dict[str, Tensor]
    config: Config
    about: dict[str, Any] = {}  # noqa: RUF012 - of a tuple, which nobody writes into


def load(path: str | Path) -> Restored:
    """Rebuilds a network from a checkpoint of ours, or from a state dict that one of our networks can read, on the CPU.

    Nothing in the file is run: it is safetensors, or read with `weights_only`, and only networks that
    `models.registry` allows are built, with numbers and words for arguments.

    Raises:
        InputError: the file is missing, truncated or of another kind, or its recipe names what is no such network.
    """
    state, config, _ = read_weights(path)
    net = registry.build(config["model"])
    _fill(net, state, Path(path))
    return Restored(net.eval(), config)


def read_weights(path: str | Path) -> Weights:
    """The weights of a checkpoint of ours, or of a state dict that one of our networks can read.

    Raises:
        InputError: the file is missing, truncated, or neither.
    """
    path = check_is_there(path)
    content = _read(path)
    state = content.get("state_dict", content)
    if state is not content and isinstance(state, Mapping) and "config" in content:
        about = content.get("about")
        return Weights(_own_weights(state), _recipe(content, path), dict(about) if isinstance(about, Mapping) else {})
    if isinstance(state, Mapping) and all(isinstance(value, Tensor) for value in state.values()):
        found = registry.read_foreign({str(key): value for key, value in state.items()})
        if found is not None:
            return Weights(found.state, {"model": found.model, "hardware": {"input_size": found.input_size}})
    raise InputError(
        f"{path} is neither a checkpoint of portrait_matting nor a U²-Net state dict: it {_what_else(content)}"
    )


def _recipe(content: Mapping[str, Any], path: Path) -> Config:
    recipe = content["config"]
    if isinstance(recipe, Mapping) and isinstance(model := recipe.get("model"), dict) and "_target_" in model:
        return upgraded(recipe)
    raise InputError(f"{path} holds no recipe of a network: it is no checkpoint of portrait_matting")


def load_weights(net: Network, path: str | Path, weights: Weights | None = None) -> None:
    """Fills a network with the weights of a file that `read_weights` reads, or has read: then they are given.

    Raises:
        InputError: the file is missing, truncated, or of another network.
    """
    weights = weights or read_weights(path)
    _fill(net, weights.state, Path(path), weights.config["model"]["_target_"].rpartition(".")[2])


def normalisation(model: Mapping[str, Any], net: Network, weights: Weights | None = None) -> str | dict[str, Any]:
    """What `model.normalisation` of a recipe comes to, as a recipe holds it: of "auto" the one of the weights that the
    recipe starts from, or the network's own where it starts from none. Another one than that of the weights is warned
    of.

    Raises:
        InputError: an unknown normalisation.
    """
    value, own = model.get("normalisation", AUTO), net.normalisation
    if weights:
        own = weights.config["model"]["normalisation"]
        if value != AUTO and normalisation_of(value) != normalisation_of(own):
            log.warning("model.normalisation=%s, but the weights were trained with %s", value, own)
    value = own if value == AUTO else value
    normalisation_of(value)
    if isinstance(value, Normalisation):
        return {"mean": list(value.mean), "std": list(value.std), "by_maximum": value.by_maximum}
    return value if isinstance(value, str) else dict(value)


def check_resumable(path: Path, config: Config) -> Config:
    """The recipe of a checkpoint that a run by the recipe `config` can go on from.

    Raises:
        InputError: the file is missing or truncated, holds no training state, or is of another model, optimizer, loss
            or kind of data.
    """
    content = _read(path)
    if "config" not in content or "optimizer_states" not in content:
        raise InputError(
            f"resume={path} holds weights alone, no training state: start a new run with "
            f"{path_override('model.weights', path)}"
        )
    recipe = _recipe(content, path)
    for group in ("model", "optimizer", "data"):
        theirs, ours = recipe[group]["_target_"], config[group]["_target_"]
        if theirs != ours:
            raise InputError(
                f"resume={path} is of {group} {theirs.rsplit('.', 1)[-1]}, this run is of {ours.rsplit('.', 1)[-1]}: "
                "give the overrides that the run was started with"
            )
    return recipe


def check_is_there(network: str | Path) -> Path:
    """The path of a file that may be a checkpoint, without ~, also of a network of the package by its name.

    Raises:
        InputError: there is none, or it is a folder or empty, or the name is that of a file here too.
    """
    path = find(network)
    if path.is_dir():
        best = path / "checkpoints" / "best.ckpt"
        cure = f"give {best}" if best.is_file() else "give a file in it"
        raise InputError(f"{path} is a folder, no checkpoint: {cure}")
    if not path.is_file():
        raise InputError(f"there is no checkpoint {path}{meant(network) or ': check the path'}")
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty, no checkpoint: {again(path)}")
    return path


def _read(path: Path) -> dict[str, Any]:
    path = check_is_there(path)
    if safetensors_file.is_safetensors(path):
        state, recipe, about = safetensors_file.read(path)
        if recipe is None:
            return state
        return {"state_dict": {f"{_NET}{name}": tensor for name, tensor in state.items()}} | {
            "config": recipe,
            "about": about,
        }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of files that are refused: the error says what they are
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many types for the many ways in which a file can be broken
        try:
            reason = why_no_weights(path, error)
        except OSError as unreadable:
            reason = f"cannot be read ({unreadable.strerror}): check its permissions"
        raise InputError(f"{path} {reason}") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} holds a {type(content).__name__}, not a checkpoint")
    return content


def _what_else(content: dict[Any, Any]) -> str:
    """What a file is, or holds, that is read without trouble and is none of ours."""
    if _LIGHTNING in content:
        return "is a Lightning checkpoint of another project"
    if "param_groups" in content or (content and all("optimizer" in str(key) for key in content)):
        return "holds an optimizer's state without a network's weights"
    state = content.get("state_dict", content)
    if isinstance(state, Mapping):
        names = [key for key, value in state.items() if isinstance(value, Tensor)]
        if names:
            return f"holds the weights of another network ({len(names):,} tensors, {names[0]} first)"
    inner = next((key for key, value in content.items() if _holds_tensors(value)), None)
    if inner is not None:
        return f"is a checkpoint of another project, whose weights, under {inner!r}, torch.save can put in a file alone"
    keys = ", ".join(map(str, list(content)[:3]))
    return f"holds a table of {keys}" if keys else "is an empty table"


def _holds_tensors(value: object) -> bool:
    return isinstance(value, Mapping) and any(isinstance(tensor, Tensor) for tensor in value.values())


def _own_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {key.removeprefix(_NET): value for key, value in state.items() if key.startswith(_NET)}


def _fill(net: Network, state: Mapping[str, Tensor], path: Path, model: str = "") -> None:
    own = net.state_dict()
    wrong = sorted(own.keys() ^ state.keys()) or [key for key in own if own[key].shape != state[key].shape]
    if wrong:
        known = f"model={model}" if model else "such as model=u2net or model=u2netp"
        raise InputError(
            f"{path} is of another network: {len(wrong)} tensors differ, {wrong[0]} first; choose the model it was "
            f"trained with, {known}"
        )
    net.load_state_dict(state)
