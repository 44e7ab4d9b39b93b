"""Networks in ONNX, by ONNX Runtime, which the extra `label` brings."""

import re

import numpy as np

from portrait_matting.errors import InputError
from portrait_matting.labelling.extra import load
from portrait_matting.labelling.foreign_network import ForeignNetwork
from portrait_matting.labelling.model_input import model_input
from portrait_matting.labelling.model_output import is_map
from portrait_matting.labelling.network_choice import NetworkChoice

_DTYPES = {"float": "float32", "float16": "float16", "double": "float64", "uint8": "uint8"}
_CODE = re.compile(r"\[ONNXRuntimeError\] : \d+ : \w+ : ")  # how its messages begin
_SILENT = 4  # of its own log: only what ends the process; our line says the rest


class OnnxNetwork(ForeignNetwork):
    """An ONNX model with one picture as its input; of its outputs the first that is a map is the matte.

    Raises:
        InputError: it cannot be opened, takes or gives no picture, or ONNX Runtime is not installed.
    """

    def __init__(self, choice: NetworkChoice) -> None:
        runtime = load("onnxruntime", choice.path)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # the workers are the parallelism
        options.log_severity_level = _SILENT
        try:
            session = runtime.InferenceSession(str(choice.path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its classes are those of its C++ status codes, and no closed list
            raise InputError(
                f"{choice.path} cannot be opened by ONNX Runtime ({_first(error)}): copy it again, with the files "
                "that belong to it"
            ) from error
        inputs = session.get_inputs()
        if len(inputs) != 1:
            names = ", ".join(own.name for own in inputs) or "nothing"
            raise InputError(f"{choice.path} takes {names}, not one picture alone: give a network of one input")
        given = inputs[0]
        dtype = _DTYPES.get(given.type.removeprefix("tensor(").rstrip(")"))
        if dtype is None:
            raise InputError(
                f"{choice.path} takes a {given.type}, no picture: give a network that takes floats or uint8"
            )
        shape = [side if isinstance(side, int) and side > 0 else None for side in given.shape]
        taken = model_input(shape, np.dtype(dtype), choice)
        name = next((own.name for own in session.get_outputs() if is_map(_sides(own.shape))), None)
        if name is None:
            shapes = ", ".join("x".join(map(str, own.shape)) for own in session.get_outputs())
            raise InputError(f"{choice.path} gives {shapes}, no matte: give a network whose output is 1x1xHxW")

        def compute(array: np.ndarray) -> np.ndarray:
            try:
                return session.run([name], {given.name: array})[0]
            except Exception as error:
                raise InputError(
                    f"{choice.path} does not run on {'x'.join(map(str, array.shape))} ({_first(error)}): give another "
                    "--input-size"
                ) from error

        super().__init__(choice, "onnx", taken, compute)


def _sides(shape: list) -> list[int | None]:
    return [side if isinstance(side, int) and side > 0 else None for side in shape]


def _first(error: Exception) -> str:
    return _CODE.sub("", " ".join(str(error).split()))[:200]
