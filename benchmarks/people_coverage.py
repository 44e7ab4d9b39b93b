"""How near is the alpha of people to what finer samples tell, and how much of pictures do they cover?

    python benchmarks/people_coverage.py --portraits 8

Over pixels that people cover in part by 8 × 8 samples of each: the mean error of alpha and its mean, with outlines as
they are drawn and with whole samples; and pixels that are covered all over and are less than 0.97. Then the share of
pictures that people cover: its mean and outer tenths, of portraits of 96 × 84.
"""

import argparse
from collections.abc import Callable
from unittest.mock import patch

import numpy as np
from tqdm import tqdm

from portrait_matting.cli import command
from portrait_matting.cli.arguments import Parser, number
from portrait_matting.people import portrait
from portrait_matting.people.rendering import render as rendering

FINE = 8  # samples of a pixel each way
Errors = dict[str, list[tuple[float, float, int]]]


def beside(render: Callable, errors: Errors) -> Callable:
    """A render that also notes how far alpha, with and without softened outlines, is from finer samples."""

    def found(surfaces, strands, camera, light, shadows=True):
        def alpha(samples: int = rendering.SUPERSAMPLING) -> np.ndarray:
            return render(surfaces, strands, camera, light, False, samples).alpha

        truth = alpha(FINE)
        part, solid = (truth > 0.01) & (truth < 0.99), truth > 0.99
        with patch.object(rendering, "outline_of", lambda *_: None):
            whole = alpha()
        for name, values in (("softened", alpha()), ("whole samples", whole)):
            off = (values - truth)[part]
            errors[name].append((float(np.abs(off).mean()), float(off.mean()), int((values[solid] < 0.97).sum())))
        return render(surfaces, strands, camera, light, shadows)

    return found


def main() -> None:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--portraits", metavar="N", type=number(1), default=8, help="(%(default)s)")
    arguments = parser.parse_args()
    errors: Errors = {"softened": [], "whole samples": []}
    pieces = set(portrait.PIECES) - {"bystanders"}
    with patch.object(portrait, "render", beside(portrait.render, errors)):
        for index in tqdm(range(arguments.portraits), "portraits"):
            portrait.draw_person_layers("train", 0, index, pieces=pieces)
    for name, rows in errors.items():
        error, bias, open_ = np.mean(rows, 0)
        print(f"{name}: error {error:.4f}, bias {bias:.4f}, {open_:.1f} pixels of a portrait open that should not be")
    shares = [portrait.draw_person_layers("train", 0, index, 96, 84).alpha.mean() for index in range(200)]
    print(f"people cover {np.mean(shares):.2f} of a picture ({np.quantile(shares, (0.1, 0.9)).round(2)})")


if __name__ == "__main__":
    command.run(main)
