"""The picture that README begins with: a photo, and its cut-out by the network that comes with the package.

    python benchmarks/astronaut.py docs/astronaut.jpg

The photo is scikit-image's `astronaut`, of Eileen Collins, by NASA, in the public domain; it comes with that package.
"""

from pathlib import Path

import cv2
import numpy as np

from portrait_matting.cli import command
from portrait_matting.cli.arguments import Parser
from portrait_matting.errors import InputError
from portrait_matting.matte.matter import Matter

SIDE, TILE, GAP = 384, 16, 8
LIGHT, DARK = 255, 220


def squares(side: int) -> np.ndarray:
    """What stands for transparency, uint8 RGB (side, side, 3)."""
    rows, columns = np.indices((side, side)) // TILE
    dark = (rows + columns) % 2
    return np.repeat(np.where(dark, DARK, LIGHT).astype(np.uint8)[..., None], 3, 2)


def main() -> None:
    parser = Parser(description=__doc__)
    parser.add_argument("output", type=Path, metavar="OUTPUT")
    parser.add_argument("--checkpoint", default="portraits", metavar="NAME|FILE", help="(%(default)s)")
    arguments = parser.parse_args()
    from skimage.data import astronaut

    photo = astronaut()  # uint8 RGB (512, 512, 3)
    cut_out = Matter(arguments.checkpoint)(photo)
    pictures = [photo, cut_out.over((255, 255, 255)), cut_out.over((36, 48, 64))]
    alpha, colours = cut_out.alpha[..., None], cut_out.foreground.astype(np.float32)
    pictures.insert(1, (alpha * colours + (1 - alpha) * squares(len(photo))).round().astype(np.uint8))
    small = [cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for picture in pictures]
    gap = np.full((SIDE, GAP, 3), 255, np.uint8)
    row = np.hstack([part for picture in small for part in (picture, gap)][:-1])
    if not cv2.imwrite(str(arguments.output), row[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88]):
        raise InputError(f"{arguments.output} cannot be written: give a .jpg or .png in a folder that is there")


if __name__ == "__main__":
    command.run(main)
