"""Measures what a rule for the learning rate is judged by, on a CPU or a CUDA card: range tests and trainings.

    OMP_NUM_THREADS=1 python benchmarks/learning_rate_study/measure.py DIR OUTPUT --network lite --loss boundary_rmse
    python benchmarks/learning_rate_study/rules.py OUTPUT

DIR holds real portraits in EasyPortrait's layout; drawn ones are drawn here. For each setting, of a network, a loss, a
batch size and a source of portraits:

ranges    range tests over three ranges, and over one in half as many rates; three sweeps, five seeds
grid      one cycle at seven peaks, and at the rate that the finder's rule says; validation MAD and IoU, two seeds
policies  one cycle and a cosine at that rate, a cosine at a third of it, constant rates; test MAD and IoU, six seeds
decay     one cycle at that rate with weights that shrink in eight ways; test, six seeds
trials    cycles of 4, 8 and 15 % of the steps at the peaks; validation, three seeds

All pixels lie on the device. The optimizer is AdamW in float32 (on a card TF32), the augmentation is light. Each part
of a setting is a file in OUTPUT, written whole; what is there is left out, so the same command goes on where it was
stopped, and several processes share a study if each is given settings of its own. On a card that is how to fill it, see
training.py. On a core of a CPU a step of the lite network at 128² takes about a second: --size 64 --steps 150.
"""

import argparse
import itertools
import math
from pathlib import Path

import torch
from parts import PARTS, Extent
from portraits import Portraits
from setting import CRITERIA, DATA, NETWORKS, Setting
from study import Study
from training import Training

from portrait_matting.cli import command
from portrait_matting.errors import InputError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", metavar="DIR", type=Path, help="real portraits: images/train, annotations/train, ...")
    parser.add_argument("output", metavar="OUTPUT", type=Path, help="folder of the results")
    parser.add_argument("--network", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--loss", nargs="+", choices=CRITERIA, default=["boundary_rmse", "bce"])
    parser.add_argument("--batch", nargs="+", type=int, default=[8, 16], metavar="N", help="(default: 8 16)")
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=["ranges", "grid"], help="(default: ranges grid)")
    parser.add_argument("--size", type=int, default=128, metavar="N", help="of the input (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=400, metavar="N", help="of a training (default: %(default)s)")
    parser.add_argument("--rates", type=int, default=40, metavar="N", help="of a range test (default: %(default)s)")
    parser.add_argument("--seeds", type=int, metavar="N", help="of each part (default: as above)")
    parser.add_argument("--portraits", type=int, metavar="N", help="of a split at most (default: all)")
    parser.add_argument("--minutes", type=float, default=math.inf, metavar="N", help="to be done in (default: no end)")
    parser.add_argument("--device", choices=["cuda", "cpu"], help="(default: cuda if there is a card)")
    options = parser.parse_args()
    check(options)
    device = torch.device(options.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    if device.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.set_flush_denormal(True)  # a CPU takes many times as long for squares of tiny gradients
    options.output.mkdir(parents=True, exist_ok=True)
    portraits = Portraits(options.root, options.portraits, device)
    extent = Extent(options.steps, options.rates, options.seeds)
    study = Study(options.output, portraits, extent, options.size, options.minutes)
    for network, loss, batch in itertools.product(options.network, options.loss, options.batch):
        training = Training(network, loss, batch, options.size, device)
        for data, part in itertools.product(options.data, sorted(options.parts, key=list(PARTS).index)):
            study(part, Setting(network, loss, batch, data), training)
        del training
        if device.type == "cuda":
            torch.cuda.empty_cache()  # a graph's memory is no other's


def check(options: argparse.Namespace) -> None:
    """Raises InputError for what cannot be done."""
    if options.device == "cuda" and not torch.cuda.is_available():
        raise InputError("--device cuda: torch sees no CUDA card here; choose --device cpu")
    for name, least in (("size", 32), ("steps", 2), ("rates", 2), ("seeds", 1), ("portraits", 1)):
        if (value := getattr(options, name)) is not None and value < least:
            raise InputError(f"--{name} {value} is too small: give {least} or more")
    if min(options.batch) < 2:
        raise InputError("--batch 1 is too small for batch normalisation: give 2 or more")


if __name__ == "__main__":
    command.run(main)
