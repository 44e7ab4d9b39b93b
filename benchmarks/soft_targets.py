"""How near soft targets come to true alphas: hard, blurred and closed-form ones, from exact and from wrong masks.

    python benchmarks/soft_targets.py --root DIR      # DIR/images and DIR/alphas, with true soft alphas

The true alpha is hardened at 0.5, spoilt as annotators do, and recovered; then again on drawn portraits,
whose single strands are known exactly. All candidates are scored in one band: that of the true alpha at the metrics'
width (losses.edge_mask), which holds everything semi-transparent. MAD is the mean absolute difference within it, Grad
the sum of squared differences, within it, of the gradients' magnitudes (Gaussian derivatives, sigma 1.4, filters of
unit L2 norm, nothing stretched to the range) over 1,000. One thread throughout.
"""

import argparse
import os

os.environ.update({f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS", "NUMBA")})  # before their imports

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import torch
from drawn import drawn
from tqdm import tqdm

from portrait_matting.cli import command
from portrait_matting.data.pairs import pair_files
from portrait_matting.images.io import read_alpha, read_image
from portrait_matting.images.transition_band import edge_mask
from portrait_matting.matte.closed_form import load_pymatting
from portrait_matting.metrics.gradient import gradient_error
from portrait_matting.preparation.soft_target import BAND, EPSILON, PRIOR, soft_alpha, transition_band

Estimate = Callable[[np.ndarray, np.ndarray], np.ndarray]

NO_PRIOR = 1e-8  # closed-form matting alone, but for pixels that see nothing known
DRAWN_SIZE = 640, 512  # the shorter side of a prepared copy


def candidates() -> dict[str, Estimate]:
    """Name to (image, mask) -> alpha: the defaults, then one constant changed at a time."""
    found: dict[str, Estimate] = {"hard": lambda _, mask: mask.astype(np.float32)}
    for sigma in (1, 1.5, 2, 3):
        found[f"blurred, sigma {sigma}"] = partial(blurred, sigma=sigma)
    found[f"soft: band {BAND}, epsilon {EPSILON:g}, prior {PRIOR}"] = soft_alpha
    variants = [{"band": 0.006}, {"band": 0.02}, {"band": 0.05}, {"epsilon": 1e-7}, {"epsilon": 1e-4}]
    variants += [{"prior": NO_PRIOR}, {"prior": 0.1}]
    for changed in variants:
        name = ", ".join(f"{key} {value:g}" for key, value in changed.items())
        found[name.replace(f"prior {NO_PRIOR:g}", "no prior")] = partial(soft_alpha, **changed)
    return found


def blurred(_: np.ndarray, mask: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)


def spoilt(mask: np.ndarray, index: int) -> dict[str, np.ndarray]:
    """The mask as it is, and wrong by about 2 pixels: smaller, larger, and wavering along its edge."""
    mask = mask.astype(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    height, width = mask.shape
    noise = np.random.default_rng(index).standard_normal((2, height, width), dtype=np.float32)
    waves = np.stack([cv2.GaussianBlur(part, (0, 0), 8) for part in noise])
    x, y = (
        np.float32(2.5 / np.sqrt(np.square(waves).sum(axis=0).mean())) * waves
        + np.mgrid[:height, :width].astype(np.float32)[::-1]
    )
    return {
        "exact": mask,
        "eroded 2": cv2.erode(mask, disc),
        "dilated 2": cv2.dilate(mask, disc),
        "wavering": cv2.remap(mask, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE),
    }


def score(estimate: np.ndarray, alpha: np.ndarray) -> tuple[float, float]:
    """MAD and Grad in the band of the true `alpha`."""
    band = edge_mask(torch.from_numpy(alpha)).numpy() > 0
    return float(np.abs(estimate - alpha)[band].mean()), gradient_error(estimate, alpha, band)


def real(root: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for image, alpha in pair_files(root / "images", root / "alphas"):
        yield read_image(image), read_alpha(alpha)


def table(pictures: list[tuple[np.ndarray, np.ndarray]], title: str, out: Path | None) -> str:
    """Markdown: a row for each candidate, MAD / Grad under each spoilt mask, averaged over the pictures."""
    scores: dict[tuple[str, str], list[tuple[float, float]]] = {}
    estimates = candidates()
    for index, (image, alpha) in enumerate(tqdm(pictures, desc=title, unit="picture")):
        shown = [image, grey(alpha)]
        for fault, mask in spoilt(alpha > 0.5, index).items():
            for name, estimate in estimates.items():
                matte = estimate(image, mask)
                scores.setdefault((name, fault), []).append(score(matte, alpha))
                if fault in ("exact", "dilated 2") and (name == "hard" or name.startswith("soft")):
                    shown.append(grey(matte))
        if out:
            out.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(
                str(out / f"{title.split(',')[0].replace(' ', '_')}_{index:02}.png"), np.hstack(shown)[..., ::-1]
            )
    faults = list(dict.fromkeys(fault for _, fault in scores))
    lines = [
        f"{title}: MAD / Grad in the band; in brackets, pictures of {len(pictures)} with a lower MAD than hard",
        "",
    ]
    lines += [f"| target | {' | '.join(faults)} |", "|---|" + "---:|" * len(faults)]
    for name in estimates:
        cells = []
        for fault in faults:
            own, base = np.array(scores[name, fault]), np.array(scores["hard", fault])
            better = "" if name == "hard" else f" ({int((own[:, 0] < base[:, 0]).sum())})"
            cells.append("{:.4f} / {:.2f}".format(*own.mean(axis=0)) + better)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def grey(alpha: np.ndarray) -> np.ndarray:
    return cv2.merge([np.rint(alpha * 255).astype(np.uint8)] * 3)


def speed(pictures: list[tuple[np.ndarray, np.ndarray]], band: float) -> str:
    """Seconds a picture of 512x910, padded by reflection, ours and pymatting's over the whole; and how far apart."""
    from pymatting import estimate_alpha_cf

    ours, plain, apart = [], [], []
    for image, alpha in pictures:
        height = round(512 * image.shape[0] / image.shape[1])
        image = cv2.resize(image, (512, height), interpolation=cv2.INTER_AREA)
        mask = (cv2.resize(alpha, (512, height), interpolation=cv2.INTER_AREA) > 0.5).astype(np.uint8)
        below = max(0, 910 - height)
        image = cv2.copyMakeBorder(image, 0, below, 0, 0, cv2.BORDER_REFLECT_101)
        mask = cv2.copyMakeBorder(mask, 0, below, 0, 0, cv2.BORDER_REPLICATE)
        unknown = transition_band(mask, band)
        trimap = np.where(unknown, 0.5, mask.astype(np.float64))
        began = time.perf_counter()
        soft_alpha(image, mask, band)
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        whole = estimate_alpha_cf(image / 255, trimap, laplacian_kwargs={"epsilon": EPSILON})
        plain.append(time.perf_counter() - began)
        apart.append(np.abs(soft_alpha(image, mask, band, prior=NO_PRIOR) - whole)[unknown].max())
    return f"| {band} | {median(ours):.3f} | {median(plain):.3f} | {max(apart):.1e} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, metavar="DIR", help="images/ and alphas/, true soft alphas")
    parser.add_argument("--drawn", type=int, default=12, help="drawn portraits of 512x640 (default: 12)")
    parser.add_argument(
        "--pictures", type=Path, metavar="DIR", help="write photo | truth | hard | soft | hard, dilated | soft"
    )
    options = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    load_pymatting()
    photos = list(real(options.root))
    print("| band | ours, s | pymatting, whole picture, s | largest difference without prior |\n|---:|---:|---:|---:|")
    for band in (BAND, 0.05):
        print(speed(photos, band), flush=True)
    print(f"\n{table(photos, f'{len(photos)} photos', options.pictures)}", flush=True)
    if options.drawn > 0:
        print(
            f"\n{table(list(drawn(options.drawn, *DRAWN_SIZE)), f'{options.drawn} drawn portraits', options.pictures)}"
        )


if __name__ == "__main__":
    command.run(main)
