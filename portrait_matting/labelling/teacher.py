"""Who says what the label of a photo is: a network, or a folder of mattes."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from portrait_matting.errors import InputError
from portrait_matting.evaluation.matte_file import read_matte
from portrait_matting.images.io import decode_image, image_size
from portrait_matting.images.network_input import resize
from portrait_matting.labelling.confidence import label
from portrait_matting.labelling.network_choice import LabelNetwork, NetworkChoice
from portrait_matting.matte.refine import refine

_PLAIN = "bilinear"
_FINER = 2  # how much more pixels than the input a photo is decoded to at least, where it is only reduced


class PhotoError(Exception):
    """What is wrong with one photo or its matte; the others go on."""


class Teacher(Protocol):
    """Labels photos, in any process: it is pickled before it is opened."""

    def build(self) -> None:
        """Gets ready, in the process that labels."""
        ...

    def others(self, name: str) -> tuple[bytes, ...]:
        """The files that the label of a photo comes from, besides the photo.

        Raises:
            PhotoError: there is none, or it cannot be read.
        """
        ...

    def label(self, name: str, photo: bytes, path: Path) -> tuple[np.ndarray, float | None]:
        """The alpha of a photo, float32 (H, W) in [0, 1] at its upright size, and the confidence if there is one.

        Raises:
            PhotoError: the photo, or its matte, cannot be read.
            InputError: the network is at fault.
        """
        ...


@dataclass
class NetworkTeacher:
    """A network, and how its mattes come to the photo's size, one of `refine.REFINEMENTS`."""

    choice: NetworkChoice
    refinement: str
    network: LabelNetwork | None = field(default=None, repr=False)

    def build(self) -> None:
        self.network = self.choice.build()

    def others(self, name: str) -> tuple[bytes, ...]:
        return ()

    def label(self, name: str, photo: bytes, path: Path) -> tuple[np.ndarray, float | None]:
        side = _FINER * max(self.network.height, self.network.width) if self.refinement == _PLAIN else 0
        try:
            image = decode_image(photo, path.name, side)
            height, width = image_size(photo, path.name)
        except InputError as error:
            raise PhotoError(_without_name(error, path)) from error
        matte, confidence = label(self.network, image)
        if self.refinement == _PLAIN:
            alpha = np.clip(resize(np.ascontiguousarray(matte, np.float32), height, width), 0, 1)
        else:
            alpha = refine(np.ascontiguousarray(matte, np.float32), image, self.refinement)
        return alpha, confidence

    def __getstate__(self) -> dict:
        return {**self.__dict__, "network": None}


@dataclass
class MatteTeacher:
    """Mattes by the names of their photos."""

    files: dict[str, Path]

    def build(self) -> None:
        pass

    def others(self, name: str) -> tuple[bytes, ...]:
        if name not in self.files:
            raise PhotoError("there is no matte of its name")
        try:
            return (self.files[name].read_bytes(),)
        except OSError as error:
            raise PhotoError(f"its matte {self.files[name].name} cannot be read: {error.strerror}") from error

    def label(self, name: str, photo: bytes, path: Path) -> tuple[np.ndarray, float | None]:
        try:
            decode_image(photo, path.name, 1)  # broken ones are none to train on
            height, width = image_size(photo, path.name)
        except InputError as error:
            raise PhotoError(_without_name(error, path)) from error
        try:
            matte = read_matte(self.files[name])
        except InputError as error:
            raise PhotoError(f"its matte {self.files[name].name}: {_without_name(error, self.files[name])}") from error
        if matte.shape == (height, width):
            return matte, None
        own, wanted = matte.shape, (height, width)
        scale = min(own[0] / wanted[0], own[1] / wanted[1])
        if any(abs(side - scale * whole) > 1 for side, whole in zip(own, wanted, strict=True)):
            raise PhotoError(
                f"its matte {self.files[name].name} is {own[1]}x{own[0]}, of another shape than the photo's "
                f"{width}x{height}: save it at the photo's size"
            )
        return np.clip(resize(matte, height, width), 0, 1), None


def _without_name(error: Exception, path: Path) -> str:
    text = str(error)
    for name in (str(path), path.name):
        text = text.removeprefix(name)
    return text.lstrip(" :,")
