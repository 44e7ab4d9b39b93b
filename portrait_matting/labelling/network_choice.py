"""Which network labels, and how it is to be fed: chosen once, opened by the command and by each of its workers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from portrait_matting.checkpoint import check_is_there
from portrait_matting.disk.file_kind import file_kind
from portrait_matting.disk.home import expand
from portrait_matting.errors import InputError

FITS = ("squash", "pad")
VALUES = ("alpha", "levels", "logits")
"""What an output holds: 0 to 1, 0 to 255, or numbers that a sigmoid or softmax makes alphas of."""


class LabelNetwork(Protocol):
    """A network that is open: a photo, uint8 RGB (H, W, 3), to its matte, float32 (h, w) in [0, 1].

    Attributes:
        kind: onnx, tflite or checkpoint.
        height, width: of the input in pixels.
        normalisation: the name of it, or the numbers.
        values: what the output holds, one of VALUES.
    """

    kind: str
    height: int
    width: int
    normalisation: str
    values: str

    def __call__(self, image: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class NetworkChoice:
    """A network's file and what people say of it; None is found out, or the default.

    Attributes:
        path: an ONNX or a TensorFlow Lite model, or a checkpoint that predict takes.
        fit: squash makes a photo of any shape the input's, pad keeps its shape and fills up below and to the right.
        input_size: side in pixels of an input whose sides are free.
        normalisation: how colours come to the network, one of `model_input.NORMALISATIONS`.
        values: what the output holds, one of VALUES.
        channel: of an output with several channels, that of the person; None: all but the first, the background.
    """

    path: Path
    fit: str = "squash"
    input_size: int | None = None
    normalisation: str | None = None
    values: str | None = None
    channel: int | None = None

    def build(self) -> LabelNetwork:
        """The network, on one thread of the CPU.

        Raises:
            InputError: the file is none of these, is truncated, or takes or gives no picture; an option cannot be; or
                what runs such a file is not installed.
        """
        path = check_network(self.path)
        try:
            kind = file_kind(path)
        except OSError as error:
            raise InputError(f"{path} cannot be read ({error.strerror}): check its permissions") from error
        suffix = path.suffix.lower()
        if kind == "an ONNX model" or (kind is None and suffix == ".onnx"):
            from portrait_matting.labelling.onnx_network import OnnxNetwork

            return OnnxNetwork(self)
        if kind == "a TensorFlow Lite model" or (kind is None and suffix == ".tflite"):
            from portrait_matting.labelling.tflite_network import TfliteNetwork

            return TfliteNetwork(self)
        if suffix in (".onnx", ".tflite"):
            raise InputError(f"{path} is {kind}, no network in spite of its name: copy or download it again")
        from portrait_matting.labelling.checkpoint_network import CheckpointNetwork

        return CheckpointNetwork(self)


def check_network(network: str | Path) -> Path:
    """Where a network's file is, by its path or, of a network that comes with the package, its name as a text.

    Raises:
        InputError: there is no file, or an empty one, or it is a folder.
    """
    path = expand(network)
    if path.suffix.lower() not in (".onnx", ".tflite") or path.is_dir():
        return check_is_there(network)
    if not path.is_file():
        raise InputError(f"there is no network {path}: check the path")
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty, no network: copy it again")
    return path
