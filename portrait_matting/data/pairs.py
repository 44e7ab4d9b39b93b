"""Image and alpha, or mask, that belong together: found by their names, read side by side."""

import logging
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np

from portrait_matting.data.picture_files import PictureFiles, find_pictures
from portrait_matting.errors import InputError
from portrait_matting.images.io import IMAGE_SUFFIXES, decode_image, image_size, read_file

log = logging.getLogger(__name__)


def pair_files(
    images: Path,
    alphas: Path,
    image_suffixes: Collection[str] = IMAGE_SUFFIXES,
    alpha_suffixes: Collection[str] = IMAGE_SUFFIXES,
) -> list[tuple[Path, Path]]:
    """Pairs the files of two folders as `named_pairs` does, in the order of their names."""
    return list(named_pairs(images, alphas, image_suffixes, alpha_suffixes).values())


def named_pairs(
    images: Path,
    alphas: Path,
    image_suffixes: Collection[str] = IMAGE_SUFFIXES,
    alpha_suffixes: Collection[str] = IMAGE_SUFFIXES,
) -> dict[str, tuple[Path, Path]]:
    """Pairs the files at any depth of two folders by their paths in them without suffix, in the order of these names.

    `images/anna/1.jpg` and `alphas/anna/1.png` are the pair "anna/1". What is read of a folder, `find_pictures` says;
    pictures of a kind that is not read are left out with a warning, unless one that is read has their name.

    Raises:
        InputError: no image, two files of one name, or a file without its counterpart.
    """
    image_files, alpha_files = find_pictures(images, image_suffixes), find_pictures(alphas, alpha_suffixes)
    image_of, alpha_of = image_files.files, alpha_files.files
    if not image_of:
        others = f", only {left_out}, which are not read" if (left_out := image_files.left_out()) else ""
        raise InputError(
            f"{images} holds no image{others}: give a folder with files in {', '.join(sorted(image_suffixes))}"
        )
    if lonely := sorted(image_of.keys() ^ alpha_of.keys()):
        raise _lonely(lonely, image_files, alpha_files)
    for found, suffixes in ((image_files, image_suffixes), (alpha_files, alpha_suffixes)):
        if found.unread:
            cure = "JPEG or PNG" if len(suffixes) > 1 else next(iter(suffixes))
            log.warning("%s: left out %s, not read here: save as %s", found.folder, found.left_out(), cure)
    return {name: (image_of[name], alpha_of[name]) for name in sorted(image_of)}


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
        turned = ", both turned upright by their EXIF orientation" if (h, w) == (aw, ah) else ""
        raise InputError(
            f"{alpha_path} is {aw}x{ah} but {image_path} is {w}x{h}{turned}: make them one size, or remove the pair"
        )
    return image, alpha


def _lonely(names: list[str], images: PictureFiles, alphas: PictureFiles) -> InputError:
    """What to say of names that only one of two folders has."""
    name, count = names[0], f"({len(names)} such)"
    own, other = (images, alphas) if name in images.files else (alphas, images)
    there = own.files[name]
    if name in other.unread:
        return InputError(
            f"{there} has no counterpart but {other.unread[name]}, which is not read {count}: save it as PNG or JPEG"
        )
    base = name.rsplit("/", 1)[-1]
    elsewhere = next((path for path in other.files.values() if path.stem == base), None)
    if elsewhere and (elsewhere.parent != other.folder or "/" in name):
        return InputError(
            f"{there} has no counterpart {name}.* in {other.folder} {count}, only {elsewhere}: the folders below "
            "images and below alphas must be the same"
        )
    return InputError(f"{there} has no counterpart {name}.* in {other.folder} {count}: add or remove them")
