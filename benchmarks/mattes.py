"""Mattes of several networks beside one another: a row a photo, a column a checkpoint, as a picture.

python benchmarks/mattes.py OUTPUT.jpg PHOTO ... --networks NAME=CHECKPOINT ... --size 160
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from portrait_matting.cli import command
from portrait_matting.cli.arguments import Parser, number
from portrait_matting.errors import InputError
from portrait_matting.images.io import read_image
from portrait_matting.matte.matter import Matter

CELL, BAR, GREY = 224, 22, 160


def cell(image: np.ndarray) -> np.ndarray:
    """An image uint8 (H, W, 3) in the middle of a white square."""
    scale = CELL / max(image.shape[:2])
    size = round(image.shape[1] * scale), round(image.shape[0] * scale)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    square = np.full((CELL, CELL, 3), 255, np.uint8)
    top, left = (CELL - size[1]) // 2, (CELL - size[0]) // 2
    square[top : top + size[1], left : left + size[0]] = small
    return square


def title(text: str) -> np.ndarray:
    bar = np.full((BAR, CELL, 3), 255, np.uint8)
    return cv2.putText(bar, text, (3, BAR - 7), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)


def main() -> None:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path, metavar="OUTPUT")
    parser.add_argument("photos", type=Path, nargs="+", metavar="PHOTO")
    parser.add_argument("--networks", nargs="+", required=True, metavar="NAME=CHECKPOINT")
    parser.add_argument("--size", type=number(32), metavar="N", help="of the network's input (the recipe's)")
    arguments = parser.parse_args()
    photos = [read_image(path) for path in arguments.photos]
    columns = [np.vstack([title("photo"), *(cell(photo) for photo in photos)])]
    for network in arguments.networks:
        name, equals, path = network.partition("=")
        if not equals:
            raise InputError(f"--networks {network} names no checkpoint: give NAME=CHECKPOINT")
        matter = Matter.from_checkpoint(path, input_size=arguments.size)
        cells = [cell(matter(photo).over((GREY, GREY, GREY))) for photo in photos]
        columns.append(np.vstack([title(name), *cells]))
    if not cv2.imwrite(str(arguments.output), np.hstack(columns)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88]):
        raise InputError(f"{arguments.output} cannot be written: give a .jpg or .png in a folder that is there")


if __name__ == "__main__":
    command.run(main)
