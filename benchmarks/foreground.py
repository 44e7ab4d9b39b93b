"""How near estimated foreground colours come to known ones, and how long it takes.

    python benchmarks/foreground.py --root DIR --write      # DIR/images and DIR/alphas, with true soft alphas

A known foreground is put before a strong colour, cut out, and put before the opposite colour. What is counted is how
far that is from the true composite: the mean over all pixels with 0 < alpha < 1, in grey levels of 255, and as a share
of what is left where nobody estimates anything. Each portrait is put before two of five colours; drawn ones also
before what is drawn behind them.

The colours of drawn portraits are known exactly. Those of real ones are not, so they are made, in two ways: those of
opaque pixels, carried outwards; and those that pymatting's multi-level method finds, which favours that method. With
`--checkpoint`, those of the first kind are cut out by the matte that a network sees in the photo itself, brought to its
size bilinearly: there, the matte is wrong too. Times are CPU time on one thread, for one drawn portrait.
"""

import argparse
import os

os.environ.update({f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS", "NUMBA")})  # before their imports

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import fmean, median
from typing import NamedTuple

import cv2
import numpy as np
import torch
from pymatting import estimate_foreground_cf, estimate_foreground_ml
from report import machine
from sections import write
from tqdm import tqdm

from portrait_matting.cli import command
from portrait_matting.data.pairs import pair_files
from portrait_matting.errors import InputError
from portrait_matting.images.io import read_alpha, read_image
from portrait_matting.matte.foreground import estimate_foreground
from portrait_matting.matte.predictor import Predictor
from portrait_matting.matte.refine import refine
from portrait_matting.synthetic.scene import draw_layers

OURS = "estimate_foreground"
NOTHING = "nothing: the photo's colours"
COLOURS = [(0, 255, 0), (0, 0, 255), (255, 0, 0), (0, 0, 0), (255, 255, 255)]
OPAQUE = 0.95
PAPERS_WINDOWS = 90, 6  # pixels: M. Forte, ICIP 2021


class Known(NamedTuple):
    """True colours and what is behind them, 0-255 (H, W, 3), true alpha and the one to cut out by (H, W): float32."""

    foreground: np.ndarray
    background: np.ndarray
    alpha: np.ndarray
    cut: np.ndarray


def over(foreground: np.ndarray, alpha: np.ndarray, background: np.ndarray) -> np.ndarray:
    weight = alpha[..., None]
    return weight * foreground + (1 - weight) * background


def blur_fusion(photo: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Both equations of the paper, in its two windows."""
    photo, foreground, background = (photo.astype(np.float32) for _ in range(3))
    share, rest = cv2.merge([alpha] * 3), cv2.merge([1 - alpha] * 3)
    for window in PAPERS_WINDOWS:
        near = cv2.blur(foreground * share, (window, window)) / (cv2.blur(share, (window, window)) + 1e-5)
        background = cv2.blur(background * rest, (window, window)) / (cv2.blur(rest, (window, window)) + 1e-5)
        foreground = np.clip(near + share * (photo - share * near - rest * background), 0, 255)
    return np.rint(foreground)


def by_pymatting(estimate: Callable) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    return lambda photo, alpha: np.rint(255 * estimate(photo / 255, alpha.astype(np.float64)).clip(0, 1))


multi_level = by_pymatting(estimate_foreground_ml)
METHODS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    NOTHING: lambda photo, alpha: photo,
    OURS: estimate_foreground,
    "blur fusion, twice": blur_fusion,
    "pymatting, multi-level": multi_level,
}


def carried_outwards(photo: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The colours of opaque pixels, and beyond them their mean in the narrowest window that holds enough of them."""
    opaque = (alpha > OPAQUE).astype(np.float32)
    colours, known = photo * opaque[..., None], opaque > 0
    for sigma in 2.0 ** np.arange(1, 9):
        weight = cv2.GaussianBlur(opaque, (0, 0), sigma)
        new = ~known & (weight > 0.02)
        colours[new] = (cv2.GaussianBlur(photo * opaque[..., None], (0, 0), sigma))[new] / weight[new][:, None]
        known |= new
    colours[~known] = colours[opaque > 0].mean(axis=0)
    return colours


def drawn(count: int, height: int, width: int, enlarged: int = 1) -> Iterator[Known]:
    """Drawn portraits that show somebody; enlarged, they have edges as wide as in a large photo."""
    index = 0
    while count:
        layers = draw_layers("test", 0, index, height // enlarged, width // enlarged)
        index += 1
        if layers.alpha.max() == 1:
            count -= 1
            foreground, background, alpha = (cv2.resize(layer, (width, height)) for layer in layers)
            yield Known(255 * foreground, 255 * background, alpha, alpha)


def before_colours(foregrounds: list[np.ndarray], alphas: list[np.ndarray], cuts: list[np.ndarray]) -> Iterator[Known]:
    for index, (foreground, alpha, cut) in enumerate(zip(foregrounds, alphas, cuts, strict=True)):
        for colour in (COLOURS[index % 5], COLOURS[(index + 2) % 5]):
            yield Known(foreground, np.broadcast_to(np.float32(colour), foreground.shape), alpha, cut)


def errors(cases: Iterable[Known], title: str) -> dict[str, float]:
    """Of each method, the mean over the cases."""
    found: dict[str, list[float]] = {name: [] for name in METHODS}
    for foreground, background, alpha, cut in tqdm(cases, desc=title, unit="portrait"):
        photo = np.rint(over(foreground, alpha, background)).astype(np.uint8)
        truth = over(foreground, alpha, 255 - background)
        for name, estimate in METHODS.items():
            difference = np.abs(over(estimate(photo, cut).astype(np.float32), cut, 255 - background) - truth)
            found[name].append(float(difference[(alpha > 0) & (alpha < 1)].mean()))
    return {name: fmean(values) for name, values in found.items()}


def milliseconds(case: Known, repeats: int) -> dict[str, float]:
    photo = np.rint(over(case.foreground, case.alpha, case.background)).astype(np.uint8)
    seconds: dict[str, list[float]] = {name: [] for name in METHODS}
    for _ in tqdm(range(repeats + 1), desc="times", unit="turn"):
        for name, estimate in METHODS.items():
            began = time.process_time()
            estimate(photo, case.alpha)
            seconds[name].append(time.process_time() - began)
    return {name: 1e3 * median(values[1:]) for name, values in seconds.items()}


def table(columns: dict[str, dict[str, float]], times: dict[str, float]) -> str:
    lines = [f"| colours | {' | '.join(columns)} | ms |", "|---|" + "---:|" * (len(columns) + 1)]
    for name in METHODS:
        cells = [f"{column[name]:.2f} ({100 * column[name] / column[NOTHING]:.0f} %)" for column in columns.values()]
        lines.append(f"| {f'**{name}**' if name == OURS else name} | {' | '.join(cells)} | {times[name]:.1f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, metavar="DIR", help="images/ and alphas/ (default: drawn portraits alone)")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="cuts out by a network's mattes too")
    parser.add_argument("--closed-form", action="store_true", help="pymatting's closed form too: many minutes")
    parser.add_argument("--drawn", type=int, default=10, help="drawn portraits of each size (default: 10)")
    parser.add_argument("--size", type=int, nargs=2, default=[1920, 1080], metavar=("HEIGHT", "WIDTH"), help="timed")
    parser.add_argument("--repeats", type=int, default=5, help="measured turns (default: 5)")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    options = parser.parse_args()
    if options.repeats < 1 or options.drawn < 1:
        raise InputError(f"--repeats {options.repeats} --drawn {options.drawn}: measure at least one of each")
    if options.checkpoint and not options.root:
        raise InputError(f"--checkpoint {options.checkpoint} has no photos to look at: give --root DIR")
    if options.closed_form:
        METHODS["pymatting, closed form"] = by_pymatting(estimate_foreground_cf)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    small, large = (list(drawn(options.drawn, 960, 768, enlarged)) for enlarged in (1, 4))
    foregrounds, alphas = [case.foreground for case in small], [case.alpha for case in small]
    sets = {
        "drawn": before_colours(foregrounds, alphas, alphas),
        "drawn, before drawn backgrounds": small,
        "drawn, edges four times as wide": large,
    }
    photos = []
    if options.root:
        files = pair_files(options.root / "images", options.root / "alphas")
        photos, alphas = [read_image(image) for image, _ in files], [read_alpha(alpha) for _, alpha in files]
        carried, found = (
            [truth(photo, alpha).astype(np.float32) for photo, alpha in zip(photos, alphas, strict=True)]
            for truth in (carried_outwards, multi_level)
        )
        sets["real, carried outwards"] = before_colours(carried, alphas, alphas)
        sets["real, by multi-level"] = before_colours(found, alphas, alphas)
        if options.checkpoint:
            net = Predictor.from_checkpoint(options.checkpoint, device="cpu")
            cuts = [refine(net([photo])[0], photo, "bilinear") for photo in photos]
            sets["real, a network's matte"] = before_colours(carried, alphas, cuts)
    columns = {title: errors(cases, title) for title, cases in sets.items()}
    times = milliseconds(next(drawn(1, *options.size)), options.repeats)
    real = f", {len(photos)} real ones" if photos else ""
    head = f"{machine('cpu')}. {options.drawn} drawn portraits{real}; times at {options.size[1]}x{options.size[0]}."
    text = f"{head}\n\n{table(columns, times)}"
    print(f"\n{text}")
    if options.write:
        write(text, "foreground", __file__)


if __name__ == "__main__":
    command.run(main)
