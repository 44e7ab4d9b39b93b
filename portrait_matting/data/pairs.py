"""Image and alpha, or mask, that belong together: found by their names, read side by side."""

import os
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np

from portrait_matting.errors import InputError
from portrait_matting.images.io import IMAGE_SUFFIXES, decode_image, image_size, read_file


def pair_files(
    images: Path,
    alphas: Path,
    image_suffixes: Collection[str] = IMAGE_SUFFIXES,
    alpha_suffixes: Collection[str] = IMAGE_SUFFIXES,
) -> list[tuple[Path, Path]]:
    """Pairs the files of two folders by their stems, in the order of the stems.

    Suffixes count in upper and lower case. Hidden files do not: macOS leaves `._NAME` beside NAME on foreign disks.

    Raises:
        InputError: no image, two files with one stem, or a file without its counterpart.
    """
    image_of, alpha_of = _by_stem(images, image_suffixes), _by_stem(alphas, alpha_suffixes)
    if not image_of:
        raise InputError(f"{images} holds no image: give a folder with files in {', '.join(sorted(image_suffixes))}")
    if lonely := sorted(image_of.keys() ^ alpha_of.keys()):
        there = image_of.get(lonely[0]) or alpha_of[lonely[0]]
        lacking = alphas if lonely[0] in image_of else images
        raise InputError(
            f"{there} has no counterpart {lonely[0]}.* in {lacking} ({len(lonely)} such): add or remove them"
        )
    return [(image_of[stem], alpha_of[stem]) for stem in sorted(image_of)]


def read_pair(
    image_path: Path, alpha_path: Path, read: Callable[[Path], np.ndarray], least_side: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Reads a photo, reduced as `decode_image` may, and its alpha or mask at full size, by `read`.

    Raises:
        InputError: either is broken, or they are not of one size.
    """
    encoded = read_file(image_path)
    image, alpha = decode_image(encoded, image_path, least_side), read(alpha_path)
    size = image_size(encoded, image_path) if least_side else image.shape[:2]
    if size != alpha.shape:
        (h, w), (ah, aw) = size, alpha.shape
        raise InputError(
            f"{alpha_path} is {aw}x{ah} but {image_path} is {w}x{h}: make them one size, or remove the pair"
        )
    return image, alpha


def _by_stem(folder: Path, suffixes: Collection[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        if path.suffix.lower() not in suffixes or path.name.startswith(".") or not entry.is_file():
            continue
        if path.stem in found:
            raise InputError(f"{path} and {found[path.stem].name} have one stem: rename or remove one of them")
        found[path.stem] = path
    return found
