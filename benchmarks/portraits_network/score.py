"""Scores networks on one yardstick, on a CPU: selfies with soft alphas, the test portraits, drawn ones.

    OMP_NUM_THREADS=1 python benchmarks/portraits_network/score.py CHECKPOINT ... --selfies SELFIES --portraits DIR

CHECKPOINT is what predict --checkpoint reads. SELFIES holds images/ and alphas/, DIR is in EasyPortrait's layout, whose
test split counts; neither is shipped. MAD, IoU at 0.5 and the gradient error at the portraits' own size, their mattes
enlarged bilinearly, without a refinement; means over portraits, and 95 % intervals of the first two, from 2,000
bootstrap samples of the portraits: not of other trainings.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from portrait_matting import checkpoint
from portrait_matting.images.network_input import to_input
from portrait_matting.metrics.gradient import gradient_error
from portrait_matting.synthetic import draw_portrait

Sample = tuple[np.ndarray, np.ndarray]  # RGB uint8 (H, W, 3) and alpha float32 (H, W)
METRICS = ("mad", "iou", "grad")


def read(path: Path) -> np.ndarray:
    return np.ascontiguousarray(cv2.imread(str(path))[..., ::-1])


def selfies(folder: Path) -> Iterator[Sample]:
    images, alphas = (sorted((folder / name).iterdir()) for name in ("images", "alphas"))
    for image, alpha in zip(images, alphas, strict=True):
        yield read(image), cv2.imread(str(alpha), 0).astype(np.float32) / 255


def test_portraits(folder: Path, every: int) -> Iterator[Sample]:
    for image in sorted((folder / "images" / "test").glob("*.jpg"))[::every]:
        mask = cv2.imread(str(folder / "annotations" / "test" / f"{image.stem}.png"), 0)
        yield read(image), (mask > 0).astype(np.float32)


def scores(restored: checkpoint.Restored, sample: Sample, size: int) -> tuple[float, float, float]:
    """MAD, IoU and gradient error of one portrait."""
    image, alpha = sample
    batch = to_input(image, size, restored.normalisation)[None].to(memory_format=torch.channels_last)
    with torch.inference_mode():
        matte = torch.sigmoid(restored.net(batch)["matte"])
    matte = F.interpolate(matte, alpha.shape, mode="bilinear", align_corners=False, antialias=True)[0, 0].numpy()
    ours, theirs = matte > 0.5, alpha > 0.5
    union = (ours | theirs).sum()
    iou = (ours & theirs).sum() / union if union else 1.0
    return float(np.abs(matte - alpha).mean()), float(iou), gradient_error(matte, alpha)


def interval(values: np.ndarray) -> tuple[float, float]:
    """95 % of the means of bootstrap samples."""
    means = np.random.default_rng(0).choice(values, (2000, len(values))).mean(1)
    low, high = np.quantile(means, (0.025, 0.975))
    return round(float(low), 4), round(float(high), 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", metavar="CHECKPOINT", type=Path, nargs="+")
    parser.add_argument("--selfies", metavar="DIR", type=Path)
    parser.add_argument("--portraits", metavar="DIR", type=Path)
    parser.add_argument("--drawn", metavar="N", type=int, default=60, help="drawn portraits (%(default)s)")
    parser.add_argument("--test-every", metavar="N", type=int, default=1, help="every so manieth test portrait")
    parser.add_argument("--sizes", metavar="N", type=int, nargs="+", default=[320], help="of the input (%(default)s)")
    parser.add_argument("--output", metavar="FILE", type=Path, help="a line of JSON for each row")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    sets: dict[str, list[Sample]] = {}
    if arguments.selfies:
        sets["selfies"] = list(selfies(arguments.selfies))
    if arguments.portraits:
        sets["test"] = list(test_portraits(arguments.portraits, arguments.test_every))
    if arguments.drawn:
        sets["drawn"] = [draw_portrait("test", 0, index, 384, 336) for index in range(arguments.drawn)]
    print("| network | size | portraits | MAD | IoU | Grad |\n|---|---:|---|---:|---:|---:|")
    for path in arguments.checkpoints:
        restored = checkpoint.load(path)
        restored.net.to(memory_format=torch.channels_last)
        for size in arguments.sizes:
            for name, samples in sets.items():
                each = np.array([scores(restored, sample, size) for sample in samples])
                mad, iou, grad = each.mean(0)
                spread = {metric: interval(each[:, METRICS.index(metric)]) for metric in METRICS[:2]}
                cells = f"{mad:.4f} ({spread['mad'][0]} to {spread['mad'][1]}) | "
                cells += f"{iou:.4f} ({spread['iou'][0]} to {spread['iou'][1]}) | {grad:.2f}"
                print(f"| {path.name} | {size} | {len(samples)} {name} | {cells} |", flush=True)
                if arguments.output:
                    row = {
                        "checkpoint": str(path),
                        "size": size,
                        "portraits": name,
                        "mad": mad,
                        "iou": iou,
                        "grad": grad,
                    }
                    with arguments.output.open("a") as file:
                        file.write(json.dumps(row | {"intervals": spread}) + "\n")


if __name__ == "__main__":
    main()
