"""What a CUDA card shows of memory, speed and loss curves, in ten minutes: the planner's predictions against the
allocator, the largest batches on a card of 8 GB, images a second against the reference, what precision changes.

    git clone https://github.com/xuebinqin/U-2-Net
    python benchmarks/gpu.py --reference U-2-Net --write

Without --reference, its arithmetic is rebuilt in our network: contiguous tensors, float32, seven BCELoss, Adam.
--dry-run does all of it on the CPU with tiny sizes, so that it is known to work before there is a card; its figures
mean nothing. A part that fails, or for which there is no time, is left out and says so: each has a share of the time,
and in it what is wanted most comes first. Rows with and without cudnn.benchmark run in processes of their own.
"""

import argparse
import logging
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import gpu_cap
import gpu_curves
import gpu_memory
import gpu_speed
import gpu_step
import torch
from attempt import Clock, Missed, attempt
from gpu_forecast import Forecast
from gpu_step import GIB, Choice, half_precision
from report import machine
from sections import write
from tqdm import tqdm

from portrait_matting.cli import command
from portrait_matting.errors import InputError
from portrait_matting.hardware import native_bfloat16

# The share of the time left that each may take: of ten minutes 80, 125, 310 and 70 s, and what others leave. Most has
# the one with cuDNN's searches, half a minute each on an H100, and with torch.compile, which takes a minute or two.
PARTS = {"memory": 0.14, "cap": 0.25, "speed": 0.82, "curves": 1.0}
RESERVE = 15  # seconds for the start and the end
WANTED = {("u2net", "all"): 4, ("u2net", "none"): 2, ("u2netp", "all"): 8, ("u2netp", "none"): 4}  # at 720²


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    networks: tuple[str, ...]
    memory: dict[int, int]  # batch of each size
    cap: tuple[int, ...]  # sizes, the first with a batch that is wanted
    speed: Choice
    repeats: int
    peak: tuple[int, int]  # side of a matrix, megabytes of a copy
    curves: Choice
    steps: int
    portraits: int
    backend: str  # of torch.compile


WHOLE = Scale(
    networks=("u2net", "u2netp"),
    memory={320: 4, 512: 2, 720: 1},
    cap=(720, 512, 320),
    speed=Choice("u2net", 12, 288),
    repeats=10,
    peak=(8192, 1024),
    curves=Choice("u2netp", 8, 128),
    steps=200,
    portraits=64,
    backend="inductor",
)
DRY = Scale(
    networks=("u2netp",),
    memory={64: 1},
    cap=(48,),
    speed=Choice("u2netp", 2, 32),
    repeats=1,
    peak=(256, 8),
    curves=Choice("u2netp", 2, 32),
    steps=6,
    portraits=8,
    backend="eager",  # follows the network's code, as all backends do, and compiles nothing
)


# A CPU takes as long for one image of the whole bench as a card for a hundred.
CPU = replace(WHOLE, curves=Choice("u2netp", 4, 64))


class Bench:
    """What the parts share: the options, how much is measured, and the predictions, which begin here."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.device = options, options.device
        self.scale = scale = DRY if options.dry_run else WHOLE if self.device == "cuda" else CPU
        self.half = half_precision(self.device)
        given = 0.04 if options.dry_run else options.cap_gb - options.desktop_gb - options.context_gb
        self.budget = int(given * GIB)
        self.steps = gpu_memory.rows(scale.networks, scale.memory, (self.half, "32-true"))
        self.wanted = [
            (Choice(network, 1, size, self.half, recompute), least if size == scale.cap[0] else None)
            for size in scale.cap
            for (network, recompute), least in WANTED.items()
            if network in scale.networks
        ]
        capped = self.device == "cuda" or options.dry_run
        every_step = [each for step in self.steps for each in gpu_memory.recomputing(step)]
        self.forecast = Forecast(
            every_step if "memory" in options.part else [],
            [choice for choice, _ in self.wanted] if "cap" in options.part and capped else [],
            self.budget,
            self.device,
        )


def memory(bench: Bench, clock: Clock) -> str:
    return gpu_memory.predictions(bench.steps, bench.forecast, bench.device, clock, bench.options.cudnn_benchmark)


def cap(bench: Bench, clock: Clock) -> str:
    options = bench.options
    if bench.device == "cpu" and not options.dry_run:
        return "A CPU has no cap: not measured."
    taken = f"{options.desktop_gb:g} for a desktop and {options.context_gb:g} for CUDA itself"
    given = "Not a cap, but a number of images" if options.dry_run else f"{options.cap_gb:g} GB less {taken}"
    kind = bench.budget, bench.device, clock, options.cudnn_benchmark
    return f"{given}: {gpu_cap.capped(bench.wanted, bench.forecast, *kind)}"


def speed(bench: Bench, clock: Clock) -> str:
    scale = bench.scale
    rungs = gpu_speed.ladder(scale.speed, bench.half, scale.backend, bench.device, bench.options.reference)
    return "\n\n".join(gpu_speed.report(list(rungs), bench.device, scale.repeats, scale.peak, clock))


def curves(bench: Bench, clock: Clock) -> str:
    scale = bench.scale
    precisions = ["16-mixed"] if bench.device == "cuda" else []
    precisions += ["bf16-mixed"] if native_bfloat16(bench.device) or bench.options.dry_run else []
    size = scale.steps, scale.portraits
    return gpu_curves.curves(scale.curves, precisions, scale.backend, *size, bench.device, clock)


TITLES: dict[str, tuple[str, Callable[[Bench, Clock], str]]] = {
    "memory": ("Memory, predicted and measured", memory),
    "cap": ("The largest batches", cap),
    "speed": ("Images a second", speed),
    "curves": ("Loss curves", curves),
}


def head(options: argparse.Namespace) -> str:
    """The machine, in a line."""
    line = machine(options.device)
    if options.device == "cuda":
        memory = torch.cuda.get_device_properties(torch.cuda.current_device()).total_memory
        line = f"{line}, CUDA {torch.version.cuda}, {memory / GIB:.1f} GiB on the card"
    return f"A dry run: sizes are tiny, the figures mean nothing. {line}." if options.dry_run else f"{line}."


def parts(options: argparse.Namespace) -> Iterator[str]:
    """Markdown: a heading and its tables, part by part."""
    clock = Clock(options.minutes * 60 - RESERVE)
    bench = Bench(options)
    for name in (name for name in PARTS if name in options.part):
        title, part = TITLES[name]
        if name not in ("memory", "cap"):
            bench.forecast.close()
        own, began = clock.share(PARTS[name]), clock.left
        tqdm.write(f"{title}: {own.left:.0f} s at the most")
        text = attempt(title, partial(part, bench, own), clock)
        gpu_step.empty()
        text = f"Not measured: {text.reason}." if isinstance(text, Missed) else text
        yield f"#### {title}\n\n{text}\n\n({began - clock.left:.0f} s)"
    bench.forecast.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", type=Path, metavar="DIR", help="a clone of github.com/xuebinqin/U-2-Net")
    parser.add_argument("--device", choices=["cuda", "cpu"], help="(default: cuda, cpu in a dry run)")
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS), help="(default: all)")
    parser.add_argument("--minutes", type=float, default=10, help="to be done in (default: 10)")
    parser.add_argument("--cap-gb", type=float, default=8, help="memory of the card to play (default: 8)")
    parser.add_argument("--desktop-gb", type=float, default=0.8, help="of it, for a desktop (default: 0.8)")
    parser.add_argument("--context-gb", type=float, default=0.5, help="of it, for CUDA's context (default: 0.5)")
    parser.add_argument(
        "--cudnn-benchmark",
        action="store_true",
        help="let cuDNN try its kernels in memory and cap too, as a run does: half a minute a step (give --minutes 60)",
    )
    parser.add_argument("--dry-run", action="store_true", help="every part on the CPU with tiny sizes")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the tables there")
    parser.add_argument(
        "--write", action="store_true", help="put the tables into benchmarks/README.md, but not those of a dry run"
    )
    options = parser.parse_args()
    options.device = options.device or ("cpu" if options.dry_run else "cuda")
    check(options)
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore")  # torch's hints at kernels that are not deterministic
    if options.dry_run:
        torch.set_num_threads(1)  # the tensors are small: threads cost more than they bring
    text = head(options)
    for section in parts(options):
        print(f"\n{section}\n")
        text += f"\n\n{section}"
        if options.output:
            options.output.write_text(text + "\n")
        if options.write and not options.dry_run:  # part by part: what is measured stays, whatever comes
            write(text, "gpu", __file__)


def check(options: argparse.Namespace) -> None:
    """Raises InputError for what cannot be done."""
    if options.device == "cuda" and not torch.cuda.is_available():
        raise InputError("there is no CUDA card here: --dry-run tries everything on the CPU, --device cpu measures it")
    if options.minutes * 60 <= RESERVE:
        raise InputError(f"--minutes {options.minutes:g} is too short: give at least 1")
    if options.cap_gb - options.desktop_gb - options.context_gb <= 0:
        raise InputError(f"--cap-gb {options.cap_gb:g} leaves nothing: give more than --desktop-gb and --context-gb")
    if options.reference and not (options.reference / "model" / "u2net.py").is_file():
        raise InputError(f"--reference {options.reference} has no model/u2net.py: give a clone of xuebinqin/U-2-Net")


if __name__ == "__main__":
    command.run(main)
