"""From photos to the mattes that a network sees in them, at the network's own resolution."""

import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from portrait_matting import checkpoint
from portrait_matting.errors import InputError
from portrait_matting.hardware import choose_precision
from portrait_matting.images.network_input import DEFAULT, NORMALISATIONS, Normalisation, to_input
from portrait_matting.models.network import LEAST_SIDE, MATTE, Network, check_input_size

Fit = Literal["squash", "keep", "pad"]
FITS = get_args(Fit)
_DTYPES = {"32-true": torch.float32, "bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}
_STEP = 8  # sides of an input that keeps the photo's shape are multiples of this many pixels, and of the network's


class Predictor:
    """Photos to soft mattes, by a network.

    Args:
        net: image (B, 3, S, S), normalised, to named outputs, of which "matte" (B, 1, S, S) holds the logits.
        input_size: S in pixels. With "keep", the input has about S² pixels.
        device: where the network is put.
        precision: 32-true, bf16-mixed or 16-mixed.
        fit: squash: a photo of any shape becomes a square, as in training. keep: it keeps its shape. pad: it keeps its
            shape, in a square filled up with grey.
        flip: averages with the matte of the mirrored photo: twice the time.
        normalisation: what the network was trained with.
        name: what errors call the network.

    Raises:
        InputError: `input_size` or `fit` cannot be, or there is no such device.
    """

    def __init__(
        self,
        net: Network,
        input_size: int,
        device: Literal["cpu", "cuda"] = "cpu",
        precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true",
        fit: Fit = "squash",
        flip: bool = False,
        normalisation: Normalisation = NORMALISATIONS[DEFAULT],
        name: str = "the network",
    ) -> None:
        check_input_size(net, input_size, "input size ")
        if fit not in FITS:
            raise InputError(f"fit {fit!r} is unknown: choose one of {', '.join(FITS)}")
        if device == "cuda" and not torch.cuda.is_available():
            raise InputError("no CUDA card can be used: choose cpu, or install a CUDA build of torch")
        self.net = net.to(device=device, memory_format=torch.channels_last).eval()
        self.input_size, self.device, self.dtype = input_size, device, _DTYPES[precision]
        self.fit, self.flip, self.normalisation, self.name = fit, flip, normalisation, name

    @classmethod
    def from_checkpoint(
        cls,
        path: str | Path,
        input_size: int | None = None,
        device: Literal["auto", "cpu", "cuda"] = "auto",
        precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"] = "auto",
        fit: Fit = "squash",
        flip: bool = False,
    ) -> "Predictor":
        """The network of a checkpoint of ours, or of a state dict of the reference project.

        Args:
            path: the file, or as text the name of a network that comes with the package.
            input_size: in pixels; that of the training where none is given, and 320 for the reference's weights.
            device: auto takes a CUDA card where there is one.
            precision: auto takes half precision where the device computes in it.
            fit: see the class.
            flip: see the class.

        Raises:
            InputError: the file is missing, broken or of another kind, or an option cannot be.
        """
        restored = checkpoint.load(path)
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        return cls(
            restored.net,
            input_size or restored.input_size,
            device,
            choose_precision(precision, device),
            fit,
            flip,
            restored.normalisation,
            str(path),
        )

    @torch.inference_mode()
    def __call__(self, images: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The mattes of photos, uint8 RGB (H, W, 3) of any sizes: each float32 (h, w) in [0, 1].

        h and w are those that the network saw the photo in: S x S, or with "keep" and "pad" of the photo's shape.
        Photos whose inputs are of one size go through the network together.

        Raises:
            InputError: the network predicts NaN.
        """
        groups: dict[tuple[int, int], list[int]] = defaultdict(list)
        sizes = [self.network_size(*image.shape[:2]) for image in images]
        for index, size in enumerate(sizes):
            groups[(self.input_size,) * 2 if self.fit == "pad" else size].append(index)
        mattes: list[np.ndarray] = [np.empty(0)] * len(images)
        for indices in groups.values():
            batch = torch.stack([self._input(images[index], sizes[index]) for index in indices])
            for index, matte in zip(indices, self._mattes(batch), strict=True):
                height, width = sizes[index]
                mattes[index] = np.ascontiguousarray(matte[:height, :width])
        return mattes

    def network_size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width in pixels in which the network sees a photo of `height` x `width`, without padding."""
        side = self.input_size
        if self.fit == "squash":
            return side, side
        if self.fit == "pad":
            scale = side / max(height, width)
            return max(1, round(height * scale)), max(1, round(width * scale))
        # A strip of 1 x 20,000 pixels would become one of 16 x 45,000: no side is more than four times the square's.
        scale = side / (height * width) ** 0.5
        step = math.lcm(_STEP, self.net.multiple)
        height, width = (min(4 * side, round(length * scale / step) * step) for length in (height, width))
        least = -(-LEAST_SIDE // step) * step
        return max(height, least), max(width, least)

    def _input(self, image: np.ndarray, size: tuple[int, int]) -> Tensor:
        planes = to_input(image, size, self.normalisation)
        if self.fit == "pad":  # 0 is the mean colour
            planes = F.pad(planes, (0, self.input_size - size[1], 0, self.input_size - size[0]))
        return planes

    def _mattes(self, batch: Tensor) -> np.ndarray:
        batch = batch.to(self.device, memory_format=torch.channels_last)
        mattes = self._sigmoids(batch)
        if self.flip:
            mattes = (mattes + self._sigmoids(batch.flip(-1)).flip(-1)) / 2
        if not mattes.isfinite().all():
            raise InputError(f"{self.name} predicts NaN: its weights are broken, or float16 overflows")
        return mattes.cpu().numpy()

    def _sigmoids(self, batch: Tensor) -> Tensor:
        with torch.autocast(self.device, self.dtype, enabled=self.dtype != torch.float32):
            logits = self.net(batch)[MATTE]
        return logits[:, 0].float().sigmoid()
