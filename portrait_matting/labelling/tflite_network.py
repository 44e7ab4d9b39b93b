"""Networks in TensorFlow Lite's format, by LiteRT, which the extra `label` brings."""

import contextlib
import os
import sys
from collections.abc import Iterator

import numpy as np

from portrait_matting.errors import InputError
from portrait_matting.labelling.extra import load
from portrait_matting.labelling.foreign_network import ForeignNetwork
from portrait_matting.labelling.model_input import model_input
from portrait_matting.labelling.model_output import is_map
from portrait_matting.labelling.network_choice import NetworkChoice


class TfliteNetwork(ForeignNetwork):
    """A TensorFlow Lite model with one picture as its input; of its outputs the first that is a map is the matte.

    Raises:
        InputError: it cannot be opened, takes or gives no picture, or LiteRT is not installed.
    """

    def __init__(self, choice: NetworkChoice) -> None:
        runtime = load("ai_edge_litert.interpreter", choice.path)
        try:
            with _silence():
                model = runtime.Interpreter(model_content=choice.path.read_bytes(), num_threads=1)
                inputs = model.get_input_details()
                if len(inputs) == 1 and (free := _free(inputs[0])) is not None and choice.input_size:
                    model.resize_tensor_input(
                        inputs[0]["index"], [choice.input_size if side is None else side for side in free]
                    )
                model.allocate_tensors()
        except Exception as error:  # ValueError and RuntimeError of its C++ code, and no closed list
            what = " ".join(str(error).split())[:200]
            raise InputError(f"{choice.path} cannot be opened by LiteRT ({what}): copy it again") from error
        if len(inputs) != 1:
            names = ", ".join(own["name"] for own in inputs) or "nothing"
            raise InputError(f"{choice.path} takes {names}, not one picture alone: give a network of one input")
        [given] = inputs
        step, zero = _quantisation(given)
        shape = [None if side is None else int(side) for side in _free(given) or given["shape"]]
        taken = model_input(shape, np.dtype(given["dtype"]), choice, step, zero)
        output = next((own for own in model.get_output_details() if is_map([int(side) for side in own["shape"]])), None)
        if output is None:
            shapes = ", ".join("x".join(map(str, own["shape"])) for own in model.get_output_details())
            raise InputError(f"{choice.path} gives {shapes}, no matte: give a network whose output is 1xHxWx1")
        scale, nought = _quantisation(output)

        def compute(array: np.ndarray) -> np.ndarray:
            model.set_tensor(given["index"], array)
            model.invoke()
            values = model.get_tensor(output["index"])
            if (scale, nought) != (1.0, 0):
                return (values.astype(np.float32) - nought) * np.float32(scale)
            return values

        super().__init__(choice, "tflite", taken, compute)


def _quantisation(tensor: dict) -> tuple[float, int]:
    step, zero = tensor["quantization"]
    return (float(step), int(zero)) if step else (1.0, 0)


def _free(tensor: dict) -> list[int | None] | None:
    """The shape of an input with free sides, None where such a side is; None where all are known."""
    signature = [int(side) for side in tensor.get("shape_signature", ())]
    if len(signature) != 4 or min(signature[1:]) > 0:
        return None
    return [1 if place == 0 else side if side > 0 else None for place, side in enumerate(signature)]


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Leaves out what C++ code writes to stderr, such as which delegate it made."""
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # closed
        yield
        return
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
