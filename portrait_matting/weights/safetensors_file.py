"""Weights in a safetensors file: in half precision, with the recipe that rebuilds their network, and no code.

The header's metadata has one entry, `portrait_matting`, a JSON text: `recipe`, `about`, and `sha256` of all else in the
file. It is one entry since safetensors writes several in no order: equal weights are equal bytes.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from portrait_matting.disk.atomic_write import write_bytes
from portrait_matting.disk.file_kind import file_kind, kind_of
from portrait_matting.errors import InputError
from portrait_matting.weights.shipped import SUFFIX, again, is_shipped

_KIND = "a safetensors file"
_ENTRY = "portrait_matting"
_METADATA = "__metadata__"
_LENGTH = 8  # bytes at the beginning: the header's length, little-endian


class Content(NamedTuple):
    """What is in a file.

    Args:
        state: the tensors, by the names that the network has for them.
        recipe: that rebuilds the network; None in a file that is not by `write`.
        about: plain words and numbers for whoever opens the file.
    """

    state: dict[str, Tensor]
    recipe: dict[str, Any] | None
    about: dict[str, Any]


def is_safetensors(path: Path) -> bool:
    """Whether a file is to be read as one: by its name or by its first bytes."""
    try:
        return path.suffix.lower() == SUFFIX or file_kind(path) == _KIND
    except OSError:
        return False


def write(path: Path, state: Mapping[str, Tensor], recipe: Mapping[str, Any], about: Mapping[str, Any]) -> None:
    """Writes a network's state dict, whole or not at all.

    Floats become float16, but for tensors that it cannot hold (above 65,504): those stay as they are.

    Raises:
        OSError: it cannot be written.
    """
    from safetensors.torch import save

    tensors = {name: _half(tensor.detach()) for name, tensor in state.items()}
    described = {"recipe": dict(recipe), "about": dict(about)}
    described = json.loads(json.dumps(described, default=str))  # as `read` will have it
    header, data = _split(save(tensors))
    described["sha256"] = _digest(header, described, data)
    write_bytes(path, save(tensors, {_ENTRY: json.dumps(described)}))


def read(path: Path) -> Content:
    """What is in a file, all of it in memory.

    Raises:
        InputError: it cannot be read, is no such file, or is damaged.
    """
    from safetensors.torch import load

    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): check its permissions") from error
    kind = kind_of(content[:4096])
    if kind is not None and kind != _KIND:
        cure = again(path)
        if kind == "a zip archive" and not is_shipped(path):
            cure = "if torch.save wrote it, call it .ckpt"
        raise InputError(f"{path} is {kind}, not {_KIND} as its name says: {cure}")
    try:
        state = load(content)
        header, data = _split(content)
        metadata = header.pop(_METADATA, {})
        ours = [key for key, text in metadata.items() if key == _ENTRY or '"sha256"' in text]  # also of a damaged name
        described = json.loads(metadata[ours[0]]) if ours else None
        if described is not None and (ours != [_ENTRY] or described.pop("sha256") != _digest(header, described, data)):
            raise ValueError("its bytes are not those that were written")
    except Exception as error:  # what a damaged header leads to is no closed list
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path} is truncated or damaged ({reason}): {again(path)}") from error
    if described is None:
        return Content(state, None, {})
    return Content(state, described["recipe"], described["about"])


def _split(content: bytes) -> tuple[dict[str, Any], bytes]:
    """The header, and the tensors' bytes."""
    end = _LENGTH + int.from_bytes(content[:_LENGTH], "little")
    return json.loads(content[_LENGTH:end]), content[end:]


def _digest(header: Mapping[str, Any], described: Mapping[str, Any], data: bytes) -> str:
    text = json.dumps([header, described], sort_keys=True)
    return sha256(text.encode() + data).hexdigest()


def _half(tensor: Tensor) -> Tensor:
    if tensor.is_floating_point():
        half = tensor.half()
        tensor = half if bool((half.isfinite() == tensor.isfinite()).all()) else tensor
    return tensor.cpu().contiguous()
