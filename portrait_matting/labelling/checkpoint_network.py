"""Networks of ours, and the reference project's weights, as predict takes them."""

import numpy as np

from portrait_matting import checkpoint
from portrait_matting.errors import InputError
from portrait_matting.images.network_input import NORMALISATIONS
from portrait_matting.labelling.network_choice import NetworkChoice
from portrait_matting.matte.predictor import Predictor


class CheckpointNetwork:
    """A checkpoint's network, which says itself how it is fed.

    Raises:
        InputError: no checkpoint, an input size that the network does not take, or an option of other networks.
    """

    kind, values = "checkpoint", "logits"

    def __init__(self, choice: NetworkChoice) -> None:
        for flag in ("normalisation", "values", "channel"):
            if getattr(choice, flag) is not None:
                raise InputError(
                    f"--{flag} is of ONNX and TensorFlow Lite models, a checkpoint says it itself: leave it out"
                )
        restored = checkpoint.load(choice.path)
        size = choice.input_size or restored.input_size
        own = restored.normalisation
        self.normalisation = next((name for name, known in NORMALISATIONS.items() if known == own), repr(tuple(own)))
        self.height = self.width = size
        self.predictor = Predictor(restored.net, size, fit=choice.fit, normalisation=own, name=str(choice.path))

    def __call__(self, image: np.ndarray) -> np.ndarray:
        return self.predictor([image])[0]
