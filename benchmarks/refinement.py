"""How well each refinement brings a matte back to the photo's own resolution, and how long it takes.

    python benchmarks/refinement.py --root DIR --write      # DIR/images and DIR/alphas, with true soft alphas

In isolation: the true alpha is reduced to the square that a network sees, antialiased, and brought back. Then the same
with drawn portraits, whose single strands are known exactly. With `--checkpoint`, a network's own mattes too: there,
what the network has wrong outweighs every refinement. Each figure is the mean over the photos, at their own size, and
defined as in the evaluation. Times are CPU time on one thread; the refinements take turns, but for closed_form, which
comes last, as the others are slower after it.
"""

import argparse
import os

os.environ.update({f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS", "NUMBA")})  # before their imports

import time
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean, median

import cv2
import numpy as np
import torch
from drawn import drawn
from report import machine
from sections import REFINEMENT as HEAD
from sections import write
from tqdm import tqdm

from portrait_matting.cli import command
from portrait_matting.data.pairs import pair_files
from portrait_matting.errors import InputError
from portrait_matting.images.io import read_alpha, read_image
from portrait_matting.images.network_input import resize
from portrait_matting.matte.predictor import Predictor
from portrait_matting.matte.refine import REFINEMENT, REFINEMENTS, refine
from portrait_matting.metrics import functional
from portrait_matting.metrics.connectivity import connectivity_error
from portrait_matting.metrics.gradient import gradient_error

Case = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Photo, true alpha, and the matte to refine."""

DRAWN_SIZE = 960, 768


def figures(matte: np.ndarray, alpha: np.ndarray) -> list[float]:
    """SAD, MSE in 1e-4, Grad, Conn, IoU."""
    prediction, true = (torch.from_numpy(own)[None] for own in (matte, alpha))
    sad, mse, iou = (figure(prediction, true).item() for figure in (functional.sad, functional.mse, functional.iou))
    return [sad, 1e4 * mse, gradient_error(matte, alpha), connectivity_error(matte, alpha), iou]


def table(cases: list[Case], title: str, repeats: int) -> str:
    """Markdown: a row for each refinement."""
    seconds: dict[str, list[float]] = {how: [] for how in REFINEMENTS}
    rows: dict[str, list[list[float]]] = {how: [] for how in REFINEMENTS}
    quick = [how for how in REFINEMENTS if how != "closed_form"]
    for turn in (quick, ["closed_form"]):
        for photo, alpha, matte in tqdm(cases, desc=f"{title}, {turn[0]} …", unit="photo"):
            for how in turn:
                rows[how].append(figures(refine(matte, photo, how), alpha))  # a first turn, which does not count
            for _ in range(repeats if turn is quick else 1):
                for how in turn:
                    began = time.process_time()
                    refine(matte, photo, how)
                    seconds[how].append(time.process_time() - began)
    means = {how: [fmean(column) for column in zip(*rows[how], strict=True)] for how in REFINEMENTS}
    lines = [f"{title}:", "", HEAD, "|---|" + "---:|" * 7]
    for how in REFINEMENTS:
        sad, mse, grad, conn, iou = means[how]
        name = f"**{how}**" if how == REFINEMENT else how
        share = f"{100 * grad / means['bilinear'][2]:.0f} %"
        cells = f"{sad:.3f} | {mse:.3f} | {grad:.3f} | {share} | {conn:.3f} | {iou:.4f}"
        lines.append(f"| {name} | {cells} | {1e3 * median(seconds[how]):.1f} |")
    return "\n".join(lines)


def reduced(pictures: Iterable[tuple[np.ndarray, np.ndarray]], size: int) -> list[Case]:
    return [(photo, alpha, resize(alpha, size, size)) for photo, alpha in pictures]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, metavar="DIR", help="images/ and alphas/, true soft alphas")
    parser.add_argument("--sizes", type=int, nargs="+", default=[160, 320], help="of the square (default: 160 320)")
    parser.add_argument("--drawn", type=int, default=10, help="drawn portraits (default: 10)")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="judges a network's mattes too")
    parser.add_argument("--repeats", type=int, default=3, help="measured turns for each photo (default: 3)")
    parser.add_argument("--write", action="store_true", help="put the tables into benchmarks/README.md")
    options = parser.parse_args()
    if options.repeats < 1:
        raise InputError(f"--repeats {options.repeats}: measure at least one turn")
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    files = pair_files(options.root / "images", options.root / "alphas")
    photos = [(read_image(image), read_alpha(alpha)) for image, alpha in files]
    portraits = list(drawn(options.drawn, *DRAWN_SIZE))
    tables = []
    for pictures, what in ((photos, "photos"), (portraits, "drawn portraits")):
        for size in options.sizes if pictures else ():
            title = f"{len(pictures)} {what}, true alphas from {size}²"
            tables.append(table(reduced(pictures, size), title, options.repeats))
    if options.checkpoint:
        predictor = Predictor.from_checkpoint(options.checkpoint, device="cpu")
        cases = [(photo, alpha, predictor([photo])[0]) for photo, alpha in photos]
        tables.append(table(cases, f"{len(photos)} photos, a network's mattes", options.repeats))
    text = "\n\n".join([f"{machine('cpu')}. {options.repeats} turn(s).", *tables])
    print(f"\n{text}")
    if options.write:
        write(text, "refinement", __file__)


if __name__ == "__main__":
    command.run(main)
