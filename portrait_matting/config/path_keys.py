"""Which keys of a recipe hold paths: the one place that says so."""

import re
from typing import Any

from omegaconf import DictConfig, OmegaConf

from portrait_matting.disk.home import expand_text
from portrait_matting.errors import InputError

LISTS = ("checkpoint", "predictions")
"""Keys that take one path or a list of them."""
_NAMED = (*LISTS, "resume", "model.weights", "augment.backgrounds", "data.backgrounds")
_ENDS = re.compile(r"(?:.*_)?(?:root|dir|dirpath|folder|file|path)", re.ASCII)
"""What a key ends in: data.root, run_dir, hydra.run.dir, and data.image_folder of a class of the user's own."""

_OF_A_SOURCE = re.compile(r"data\.sources\.[^.]+\.backgrounds")


def is_path(key: str) -> bool:
    """Whether a key holds a path, or several.

    >>> [is_path(key) for key in ("data.root", "hydra.sweep.dir", "resume", "model.weights", "loss.weights")]
    [True, True, True, True, False]
    """
    return (
        key in _NAMED or _OF_A_SOURCE.fullmatch(key) is not None or _ENDS.fullmatch(key.rpartition(".")[2]) is not None
    )


def settle_paths(cfg: DictConfig) -> None:
    """Puts homes in the place of `~` in every path of a recipe, also in those that a file of the user's gives.

    Raises:
        InputError: a path is empty, as with data.root=$DATA where there is no such variable.
    """
    _settle(cfg, OmegaConf.to_container(cfg), "")


def _settle(node: Any, written: Any, key: str) -> None:
    """`written` is the node as plain Python, before interpolation."""
    for name, value in written.items() if isinstance(written, dict) else enumerate(written):
        inner = key if isinstance(written, list) and is_path(key) else f"{key}.{name}".lstrip(".")
        if isinstance(value, dict | list):
            if not OmegaConf.is_interpolation(node, name):
                _settle(node[name], value, inner)
        elif isinstance(value, str) and is_path(inner):
            if not value:
                raise InputError(empty(inner))
            if (expanded := expand_text(value)) != value:
                node[name] = expanded


def empty(key: str) -> str:
    """What an empty path is told."""
    return f"{key}= is empty: give a path ({key}=. is the folder that you are in)"
