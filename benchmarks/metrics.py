"""Milliseconds of each matting figure on one pair of 1080x1920, ours against the usual way, on this machine.

    python benchmarks/metrics.py --write

The usual way is NumPy, SciPy and scikit-image, as the evaluation scripts of matting papers do it: gradients by
convolution with the two-dimensional filters in float64, connectivity by labelling level by level, outlines by a
distance transform. Those scripts label products of 64-bit integers and weigh the count of the labels; "lean" is the
same on booleans, unweighted. The prediction is the truth as seen through a network of 320², in 8 bits; "noisy" adds
noise, which connectivity likes least. Everybody works on one thread, and they take turns. What is counted is CPU time,
so that other programs disturb little. The last column says how far the values are apart, relatively; of connectivity,
the largest difference of a pixel.
"""

import argparse
import math
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import torch
from report import machine, ratio
from scipy import ndimage
from sections import METRICS, write
from skimage.measure import label
from skimage.metrics import mean_squared_error
from tqdm import tqdm

from portrait_matting.cli import command
from portrait_matting.errors import InputError
from portrait_matting.images.io import read_alpha
from portrait_matting.metrics import functional
from portrait_matting.metrics.boundary import TOLERANCE, boundary_f
from portrait_matting.metrics.connectivity import connectivity_error, connectivity_error_map
from portrait_matting.metrics.gradient import gradient_error
from portrait_matting.synthetic import draw_portrait

NETWORK = 320  # the side of the default network's input

Figure = Callable[[np.ndarray, np.ndarray], float]


def usual_grad(prediction: np.ndarray, alpha: np.ndarray, sigma: float = 1.4) -> float:
    at = np.arange(-4, 5)
    bell = np.exp(-(at**2) / (2 * sigma**2))
    across = np.outer(bell, at * bell)
    across /= np.linalg.norm(across)

    def magnitude(matte: np.ndarray) -> np.ndarray:
        matte = matte.astype(np.float64)
        return np.hypot(*(ndimage.convolve(matte, part, mode="nearest") for part in (across, across.T)))

    return float(np.square(magnitude(prediction) - magnitude(alpha)).sum() / 1000)


def usual_conn_map(prediction: np.ndarray, alpha: np.ndarray, lean: bool = False) -> np.ndarray:
    connected = np.full(alpha.shape, -1, np.float32)
    kind = bool if lean else int
    for level in range(1, 11):
        at = np.float32(level / 10)
        both = (prediction >= at).astype(kind) * (alpha >= at).astype(kind)
        labels = label(both, connectivity=1)
        areas = np.bincount(labels.ravel(), None if lean else both.ravel(), minlength=2)
        areas[0] = 0
        outside = (labels != areas.argmax()) | (labels == 0)
        connected[(connected == -1) & outside] = np.float32((level - 1) / 10)
    connected[connected == -1] = 1
    beyond = [matte - connected for matte in (prediction, alpha)]
    beyond = [difference * (difference >= np.float32(0.15)) for difference in beyond]
    return np.abs(beyond[0] - beyond[1])


def usual_conn(prediction: np.ndarray, alpha: np.ndarray, lean: bool = False) -> float:
    return float(usual_conn_map(prediction, alpha, lean).sum(dtype=np.float64) / 1000)


def usual_boundary_f(prediction: np.ndarray, alpha: np.ndarray) -> float:
    masks = prediction > 0.5, alpha > 0.5
    outlines = [mask & ~ndimage.binary_erosion(mask, border_value=1) for mask in masks]
    radius = math.ceil(TOLERANCE * math.hypot(*alpha.shape))
    near = [ndimage.distance_transform_edt(~outline) <= radius for outline in outlines]
    precision, recall = near[1][outlines[0]].mean(), near[0][outlines[1]].mean()
    return float(2 * precision * recall / (precision + recall))


USUAL: dict[str, tuple[str, Figure]] = {
    "MAD": ("NumPy", lambda p, a: float(np.abs(p.astype(np.float64) - a).mean())),
    "MSE": ("skimage.metrics", lambda p, a: float(mean_squared_error(a.astype(np.float64), p.astype(np.float64)))),
    "SAD": ("NumPy", lambda p, a: float(np.abs(p.astype(np.float64) - a).sum() / 1000)),
    "Grad": ("scipy.ndimage.convolve", usual_grad),
    "Conn": ("skimage.measure.label", usual_conn),
    "Boundary F": ("scipy.ndimage.distance_transform_edt", usual_boundary_f),
}


def by_torch(figure: Callable) -> Figure:
    return lambda p, a: figure(torch.from_numpy(p)[None], torch.from_numpy(a)[None]).item()


OURS: dict[str, Figure] = {
    "MAD": by_torch(functional.mad),
    "MSE": by_torch(functional.mse),
    "SAD": by_torch(functional.sad),
    "Grad": gradient_error,
    "Conn": connectivity_error,
    "Boundary F": boundary_f,
}


def together(figures: list[Figure]) -> Callable[[np.ndarray, np.ndarray], list[float]]:
    return lambda p, a: [figure(p, a) for figure in figures]


OURS_TOGETHER = together(list(OURS.values()))


def pair(root: Path | None, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Prediction and alpha, float32 (height, width) in 8-bit steps."""
    if root:
        files = sorted(root.glob("*.png"))
        if not files:
            raise InputError(f"--root {root} holds no .png: give a folder of alphas")
        alpha = cv2.resize(read_alpha(files[0]), (width, height), interpolation=cv2.INTER_LINEAR)
    else:
        drawn = (draw_portrait("test", 0, index, height, width)[1] for index in range(100))
        alpha = next(alpha for alpha in drawn if alpha.max() > 0.5)  # a few show nobody
    seen = cv2.resize(alpha, (NETWORK, NETWORK), interpolation=cv2.INTER_AREA)
    return in_8_bits(cv2.resize(seen, (width, height), interpolation=cv2.INTER_LINEAR)), in_8_bits(alpha)


def in_8_bits(matte: np.ndarray) -> np.ndarray:
    return np.rint(matte.clip(0, 1) * 255).astype(np.float32) / np.float32(255)


def seconds(figure: Callable[[], object]) -> float:
    began = time.process_time()
    figure()
    return time.process_time() - began


def table(prediction: np.ndarray, alpha: np.ndarray, repeats: int) -> str:
    """Markdown: a row for each figure, one for all together, one for the noisy prediction."""
    noisy = in_8_bits(prediction + np.random.default_rng(0).normal(0, 0.1, alpha.shape))
    lean = partial(usual_conn, lean=True)
    rows: list[tuple[str, str, Callable, Callable, np.ndarray]] = [
        (name, tool, usual, OURS[name], prediction) for name, (tool, usual) in USUAL.items()
    ]
    rows += [
        ("Conn", "skimage.measure.label, lean", lean, OURS["Conn"], prediction),
        ("Conn, noisy", USUAL["Conn"][0], USUAL["Conn"][1], OURS["Conn"], noisy),
        ("Conn, noisy", "skimage.measure.label, lean", lean, OURS["Conn"], noisy),
        ("all six", "as above, not lean", together([usual for _, usual in USUAL.values()]), OURS_TOGETHER, prediction),
    ]
    lines = [
        METRICS,
        "|---|---|---:|---:|---:|---:|",
    ]
    for name, tool, usual, ours, matte in tqdm(rows, unit="figure"):
        if name.startswith("Conn"):
            apart = np.abs(usual_conn_map(matte, alpha) - connectivity_error_map(matte, alpha)).max()
        else:  # a first turn for both, which does not count
            values = np.array(usual(matte, alpha)), np.array(ours(matte, alpha))
            apart = (np.abs(values[1] - values[0]) / np.abs(values[0])).max()
        if not apart < 1e-5:
            raise SystemExit(f"{name}: the values differ by {apart}; nothing is written")
        theirs, own = [], []
        for _ in range(repeats):
            theirs.append(seconds(lambda usual=usual, matte=matte: usual(matte, alpha)))
            own.append(seconds(lambda ours=ours, matte=matte: ours(matte, alpha)))
        times = f"{median(theirs) * 1e3:.1f} | {median(own) * 1e3:.1f} | {ratio(theirs, own)}"
        lines.append(f"| {name} | {tool} | {times} | {f'{apart:.0e}' if apart else 0} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--root", type=Path, metavar="DIR", help="a folder of alphas; the first is resized (default: drawn)"
    )
    parser.add_argument("--size", type=int, nargs=2, default=[1920, 1080], metavar=("HEIGHT", "WIDTH"))
    parser.add_argument("--repeats", type=int, default=9, help="measured turns (default: 9)")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    options = parser.parse_args()
    if options.repeats < 1:
        raise InputError(f"--repeats {options.repeats}: measure at least one turn")
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    prediction, alpha = pair(options.root, *options.size)
    height, width = options.size
    what = "a real alpha, resized" if options.root else "a drawn alpha"
    head = f"{machine('cpu')}. {what.capitalize()}, {width}x{height}, {options.repeats} turn(s)."
    text = f"{head}\n\n{table(prediction, alpha, options.repeats)}"
    print(f"\n{text}")
    if options.write:
        write(text, "metrics", __file__)


if __name__ == "__main__":
    command.run(main)
