"""What ONNX and TensorFlow Lite networks have in common: a photo in, a matte out, and the first look at a network."""

from collections.abc import Callable, Iterator

import numpy as np

from portrait_matting.labelling.model_input import ModelInput
from portrait_matting.labelling.model_output import alpha_of, find_values, planes
from portrait_matting.labelling.network_choice import NetworkChoice


class ForeignNetwork:
    """A network of another project. It is tried on four pictures when it is opened, so that nothing fails later.

    Args:
        choice: its file, and what is known of it.
        kind: onnx or tflite.
        taken: its input.
        compute: the input's array to the output's.

    Raises:
        InputError: its output is no matte, or nobody knows what its numbers are.
    """

    def __init__(
        self, choice: NetworkChoice, kind: str, taken: ModelInput, compute: Callable[[np.ndarray], np.ndarray]
    ) -> None:
        self.path, self.channel, self.kind = choice.path, choice.channel, kind
        self.taken, self._compute = taken, compute
        self.height, self.width, self.normalisation = taken.height, taken.width, taken.normalisation
        outputs = [planes(compute(taken.array(picture)), self.path) for picture in _pictures(taken.height, taken.width)]
        self.values = choice.values or find_values(outputs, self.path)
        for output in outputs:
            alpha_of(output, self.values, self.channel, self.path)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        output = planes(self._compute(self.taken.array(image)), self.path)
        return self.taken.cut(alpha_of(output, self.values, self.channel, self.path), *image.shape[:2])


def _pictures(height: int, width: int) -> Iterator[np.ndarray]:
    """Black, white, a slope of grey and noise, uint8 RGB (height, width, 3): always the same."""
    yield np.zeros((height, width, 3), np.uint8)
    yield np.full((height, width, 3), 255, np.uint8)
    yield np.broadcast_to(np.linspace(0, 255, width).astype(np.uint8)[:, None], (height, width, 3)).copy()
    yield np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
