"""Weights as a checkpoint that every command of this project reads, in half precision: 2.5 MB of the lite network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

INPUT_SIZE = 320
RECIPE = {
    "model": {
        "_target_": "portrait_matting.models.u2net.u2netp",
        "weights": None,
        "normalisation": "easyportrait",
    },
    "hardware": {"input_size": INPUT_SIZE},
}


def write(path: Path, state: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Writes a network's state dict, whole or not at all; `about` is plain words and numbers for whoever opens it."""
    half = {f"net.{name}": _half(tensor.detach()) for name, tensor in state.items()}
    part = path.with_name(f"{path.name}.part")
    torch.save({"state_dict": half, "config": RECIPE, "about": dict(about)}, part)
    part.replace(path)


def _half(tensor: Tensor) -> Tensor:
    return (tensor.half() if tensor.is_floating_point() else tensor).cpu().contiguous()
