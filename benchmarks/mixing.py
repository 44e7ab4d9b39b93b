"""Samples per second and core of a mix, against each of its sources alone, on this machine.

    python benchmarks/mixing.py --root DIR

DIR is in EasyPortrait's layout; the other source is drawn. What is counted is CPU time of one process on one thread;
all take turns. A mix costs what its sources cost: the last column is the time of its samples by that of its parts.
"""

import argparse
import time
from pathlib import Path
from statistics import median

import cv2
import torch
from hydra.utils import instantiate
from report import machine

from portrait_matting.cli import command
from portrait_matting.config.compose import compose

ALONE = {"drawn": "data.sources.real=null", "real": "data.sources.drawn=null"}


def samples(root: Path, side: int, *overrides: str):
    """The training samples of a mix, and those of its first epochs in their order."""
    recipe = ["data=mix", f"data.sources.real.root='{root}'", f"hardware.input_size={side}", "hardware.workers=0"]
    data = instantiate(compose([*recipe, "hardware.batch_size=8", *overrides]).data, _convert_="all")
    loader = data.train_dataloader()
    for epoch in range(10**6):
        loader.sampler.set_epoch(epoch)
        for key in loader.sampler:
            yield loader.dataset, key


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, metavar="DIR", help="portraits in EasyPortrait's layout")
    parser.add_argument("--size", type=int, default=320, help="side of the network's input in pixels (default: 320)")
    parser.add_argument("--samples", type=int, default=40, help="in a turn (default: 40)")
    parser.add_argument("--repeats", type=int, default=5, help="measured turns (default: 5)")
    options = parser.parse_args()
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    sources = {name: samples(options.root, options.size, away) for name, away in ALONE.items()}
    sources["mix"] = samples(options.root, options.size)
    seconds: dict[str, list[float]] = {name: [] for name in sources}
    for turn in range(options.repeats + 1):  # the first one warms up
        for name, of in sources.items():
            began = time.process_time()
            for _ in range(options.samples):
                dataset, key = next(of)
                dataset[key]
            seconds[name] += [time.process_time() - began] if turn else []
    each = {name: median(of) / options.samples for name, of in seconds.items()}
    print(f"{machine('cpu')}. Half and half at {options.size}², light augmentation, {options.repeats} turn(s).\n")
    print("| source | samples a second and core | of what its parts take |\n|---|---:|---:|")
    for name, cost in each.items():
        parts = (each["drawn"] + each["real"]) / 2 if name == "mix" else cost
        print(f"| {name} | {1 / cost:.1f} | {cost / parts:.2f} |")


if __name__ == "__main__":
    command.run(main)
