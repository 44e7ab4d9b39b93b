"""Images per second and core into a training batch, ours against a plain scikit-image loader, on this machine.

    python benchmarks/loading.py --write

Draws photos of 1080x1920 in EasyPortrait's layout (`--root DIR` takes your own instead), prepares a smaller copy, and
reads both with every augmentation. The reference does what the reference project's data_loader.py does to a sample:
decode image and mask at full size with scikit-image, resize both to a square, divide by the maximum, normalise by
ImageNet's statistics. Everybody works in one process on one thread, and what is counted is CPU time, so that other
programs disturb little. They take turns; a ratio compares two batches of one turn.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import torch
from hydra.utils import instantiate
from originals import write_originals
from report import machine, ratio
from sections import LOADING, write
from skimage import io, transform
from tqdm import tqdm

from portrait_matting import prepare
from portrait_matting.cli import command
from portrait_matting.config.compose import compose
from portrait_matting.errors import InputError

AUGMENTATIONS = ("none", "light", "strong")
BATCH = 8

Load = Callable[[], object]


def reference_loader(root: Path, side: int) -> Load:
    """Batches of the first portraits, as a plain loader makes them, over and over."""
    images = sorted((root / "images" / "train").glob("*.jpg"))[:BATCH]

    def sample(path: Path) -> tuple[torch.Tensor, torch.Tensor]:
        image = io.imread(path)
        mask = io.imread(root / "annotations" / "train" / f"{path.stem}.png")
        image = transform.resize(image, (side, side), mode="constant")
        mask = transform.resize(mask, (side, side), mode="constant", order=0, preserve_range=True)
        image, mask = image / image.max(), mask / max(mask.max(), 1e-6)
        image = (image - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
        return torch.from_numpy(image.transpose(2, 0, 1)).float(), torch.from_numpy(mask[None]).float()

    return lambda: [torch.stack(parts) for parts in zip(*map(sample, images), strict=True)]


def our_loader(root: Path, augment: str, side: int) -> Load:
    """Batches of the first portraits, as a run's own loader makes them, in a new epoch each time."""
    recipe = ["data=easyportrait", f"data.root='{root}'", "data.targets=hard", f"augment={augment}"]
    recipe += [f"hardware.input_size={side}", f"hardware.batch_size={BATCH}", "hardware.workers=0"]
    data = instantiate(compose(recipe).data, _convert_="all")
    data.setup("fit")
    samples, loader = data.train_dataloader().dataset, data.train_dataloader()
    epochs = iter(range(10**6))

    def load() -> object:
        epoch = next(epochs)
        return loader.collate_fn([samples[epoch, index] for index in range(BATCH)])

    return load


def measure(loaders: dict[str, Load], repeats: int) -> dict[str, list[float]]:
    """CPU seconds of each batch of each loader, turn by turn, after a turn of warm-up."""
    seconds: dict[str, list[float]] = {name: [] for name in loaders}
    with tqdm(total=(repeats + 1) * len(loaders), unit="batch") as bar:
        for turn in range(repeats + 1):
            for name, load in loaders.items():
                began = time.process_time()
                load()
                if turn:
                    seconds[name].append(time.process_time() - began)
                bar.update()
    return seconds


def table(seconds: dict[str, list[float]], what: str, options: argparse.Namespace) -> str:
    """Markdown: a row for each loader."""
    theirs = seconds["reference"]
    lines = [
        f"{machine('cpu')}. {what}. Batch {BATCH} at {options.size}², {options.repeats} turn(s).",
        "",
        LOADING,
        "|---|---|---:|---:|",
    ]
    for name, own in seconds.items():
        source, _, augment = name.rpartition(" ") if own is not theirs else ("originals, scikit-image", "", "resize")
        speed = "1" if own is theirs else ratio(theirs, own)
        lines.append(f"| {source} | {augment} | {BATCH / median(own):.1f} | {speed} |")
    return "\n".join(lines)


def kilobytes(root: Path) -> str:
    sizes = [path.stat().st_size for path in (root / "images" / "train").glob("*.jpg")]
    image = cv2.imread(str(next((root / "images" / "train").glob("*.jpg"))))
    return f"{image.shape[1]}x{image.shape[0]}, {np.mean(sizes) / 1e3:.0f} kB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, metavar="DIR", help="originals in EasyPortrait's layout (default: drawn)")
    parser.add_argument("--size", type=int, default=320, help="side of the network's input in pixels (default: 320)")
    parser.add_argument("--prepared", type=int, nargs="+", default=[320, 384, 512], help="short sides of the copies")
    parser.add_argument("--kilobytes", type=float, default=450, help="of a drawn original (default: 450)")
    parser.add_argument("--repeats", type=int, default=7, help="measured turns (default: 7)")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    options = parser.parse_args()
    if options.repeats < 1:
        raise InputError(f"--repeats {options.repeats}: measure at least one turn")
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        root = options.root or Path(folder) / "originals"
        if not options.root:
            print(f"drawing {BATCH} portraits of 1080x1920")
            write_originals(root, BATCH, options.kilobytes)
        loaders = {"reference": reference_loader(root, options.size)}
        loaders |= {f"originals {name}": our_loader(root, name, options.size) for name in AUGMENTATIONS}
        what = f"Originals {kilobytes(root)}"
        for side in options.prepared:
            copy = Path(folder) / str(side)
            prepare.main([str(root), str(copy), "--size", str(side)])
            loaders |= {f"copy at {side} {name}": our_loader(copy, name, options.size) for name in AUGMENTATIONS}
            what += f"; copy at {side}: {kilobytes(copy)}"
        text = table(measure(loaders, options.repeats), what, options)
    print(f"\n{text}")
    if options.write:
        write(text, "loading", __file__)


if __name__ == "__main__":
    command.run(main)
