"""Where new backgrounds come from: a folder of pictures without people, or the project's own drawings."""

import os
from copy import copy
from hashlib import blake2b

import cv2
import numpy as np

from portrait_matting.disk.home import expand
from portrait_matting.errors import InputError
from portrait_matting.images.io import IMAGE_SUFFIXES, read_image
from portrait_matting.synthetic.background import defocused, draw_background, sample_background

_LEAST_CROP = 0.6  # of the largest one: less would show grain and JPEG blocks enlarged
_BLUR = 0.02  # at most, sigma of a photo put out of focus, as a share of the frame's height
_FEW = 20  # pictures of a folder: fewer serve training and validation both
_DRAWN = 240  # pixels of a drawing's shorter side, at most: its cost grows with its area


class FolderBackgrounds:
    """Pictures of a folder and all below it, half of them put out of focus as a portrait's background often is.

    It is not checked that they are without people: a person in one would be taught as background. Pictures near the
    network's input size are the fastest to read.

    Args:
        root: the folder.
        key: what gave it, as messages have it.

    Raises:
        InputError: the folder is missing, cannot be opened or holds no picture.
    """

    def __init__(self, root: str, key: str = "augment.backgrounds") -> None:
        self.folder = folder = expand(root)
        if not folder.is_dir():
            nothing = "leave it out" if key.startswith("-") else "null"
            raise InputError(f"{key}={root} is not a folder: give one of pictures without people, or {nothing}")
        try:
            os.scandir(folder).close()  # rglob passes over a folder that it may not open
        except OSError as error:
            raise InputError(f"{key}={root} cannot be opened ({error.strerror}): check its permissions") from error
        self.paths = sorted(
            path
            for path in folder.rglob("*")
            # Hidden files: macOS leaves `._NAME` beside NAME on foreign disks.
            if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".") and path.is_file()
        )
        if not self.paths:
            kinds = ", ".join(sorted(IMAGE_SUFFIXES))
            raise InputError(f"{key}={root} holds no picture: give a folder with files in {kinds}")

    def __call__(self, rng: np.random.Generator, height: int, width: int) -> np.ndarray:
        """A random crop of a random picture, or its mirror image: uint8 RGB (height, width, 3).

        Raises:
            InputError: the picture cannot be decoded.
        """
        frame = self.sharp(rng, height, width)
        return defocused(frame, rng.integers(2) * rng.uniform(0.2, 1) * _BLUR * height)

    def sharp(self, rng: np.random.Generator, height: int, width: int) -> np.ndarray:
        """As a call gives it, and never put out of focus.

        Raises:
            InputError: the picture cannot be decoded.
        """
        path = self.paths[rng.integers(len(self.paths))]
        return _crop(read_image(path, least_side=max(height, width)), rng, height, width)

    def files(self) -> list[str]:
        """The pictures by name and bytes, which stay as long as they do: "DIR/NAME.jpg:1234"."""
        return [f"{path.relative_to(self.folder).as_posix()}:{path.stat().st_size}" for path in self.paths]

    def part(self, share: float) -> tuple["FolderBackgrounds", "FolderBackgrounds"]:
        """Two folders in place of this one: most pictures, and a share of them, by a hash of their names.

        Fewer than `_FEW` pictures are too few to be parted: then both have them all.
        """
        if len(self.paths) < _FEW:
            return self, self
        names = {path: path.relative_to(self.folder).as_posix().encode(errors="surrogateescape") for path in self.paths}
        ranked = sorted(self.paths, key=lambda path: blake2b(names[path]).digest())
        count = max(1, round(share * len(ranked)))
        parts = copy(self), copy(self)
        parts[0].paths, parts[1].paths = sorted(ranked[count:]), sorted(ranked[:count])
        return parts


class DrawnBackgrounds:
    """The backgrounds of the drawn portraits: gradients, textures, rooms, streets."""

    def __call__(self, rng: np.random.Generator, height: int, width: int) -> np.ndarray:
        """A random crop of a new drawing, or its mirror image: uint8 RGB (height, width, 3)."""
        scale = min(1, _DRAWN / min(height, width))
        background = sample_background(rng, [])
        drawing = draw_background(background, max(1, round(scale * height)), max(1, round(scale * width)))
        return _crop(drawing, rng, height, width)


def _crop(picture: np.ndarray, rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A random part of the frame's shape, resized to fill it, mirrored every other time."""
    there = picture.shape[:2]
    scale = min(there[0] / height, there[1] / width) * rng.uniform(_LEAST_CROP, 1)
    size = [min(have, max(1, round(scale * side))) for have, side in zip(there, (height, width), strict=True)]
    top, left = (int(rng.integers(have - side + 1)) for have, side in zip(there, size, strict=True))
    part = picture[top : top + size[0], left : left + size[1]]
    if rng.random() < 0.5:
        part = cv2.flip(part, 1)
    method = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
    return cv2.resize(part, (width, height), interpolation=method)
