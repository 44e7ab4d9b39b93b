"""Bytes of a training step: what portrait_matting.memory.footprint predicts against what a real step holds.

    python benchmarks/footprint.py --write
    python benchmarks/footprint.py --device cuda --sizes 320 512 720 --write

A step is forward, loss, backward and optimizer, in Lightning's order, on noise; the one after the first is measured. On
a CPU its peak is what the profiler saw its allocator give and take, oneDNN's scratch included, and its activations are
the distinct storages that autograd saved. On a card, both are the caching allocator's own counts, the workspaces of
cuDNN included, and the context not.
"""

import argparse
import gc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import product

import torch
from lightning.pytorch.plugins.precision import MixedPrecision, Precision
from report import machine
from sections import FOOTPRINT, write
from torch import Tensor
from torch.profiler import ProfilerActivity, profile, record_function
from tqdm import tqdm

from portrait_matting.cli import command
from portrait_matting.errors import InputError
from portrait_matting.losses import BoundaryRMSE, DeepSupervision
from portrait_matting.memory.footprint import HALF, footprint
from portrait_matting.models import u2net
from portrait_matting.models.recompute import CHOICES, set_recomputation
from portrait_matting.training.module import MattingModule

NETWORKS = ("u2netp", "u2net")
SIZES = {"cpu": (128, 192, 256), "cuda": (320, 512, 720)}
PRECISIONS = {"cpu": ("32-true", "bf16-mixed"), "cuda": ("32-true", "16-mixed")}
WARM_UP = {"cpu": 1, "cuda": 3}  # steps: the optimizer's state, and a card's choice of kernels
MIB = 2**20
MARK = "the measured step"
Save = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Held:
    """Bytes of a real step: the most at any time, and what its forward pass leaves for the backward pass."""

    peak: int
    activations: int


class Step:
    """A network with its loss and optimizer and a batch of noise; calling it trains once."""

    def __init__(self, network: str, batch: int, size: int, precision: str, recompute: str, device: str) -> None:
        net = getattr(u2net, network)()
        set_recomputation(net, recompute)
        self.module = (
            MattingModule(net, DeepSupervision(BoundaryRMSE()), torch.optim.AdamW, 1e-3, {}).to(device).train()
        )
        self.optimizer = self.module.configure_optimizers()
        self.precision = Precision() if precision == "32-true" else MixedPrecision(precision, device)
        self.image = torch.randn(batch, 3, size, size, device=device)
        self.alpha = torch.rand(batch, 1, size, size, device=device)

    def forward(self) -> Tensor:
        with self.precision.forward_context():
            outputs = self.module.net(self.image.contiguous(memory_format=self.module.memory_format))
            return self.module.loss(outputs, {"image": self.image, "alpha": self.alpha})["loss"]

    def backward(self, loss: Tensor) -> None:
        self.optimizer.zero_grad()
        if scaler := getattr(self.precision, "scaler", None):
            scaler.scale(loss).backward()
            del loss
            scaler.step(self.optimizer)
            scaler.update()
        else:
            loss.backward()
            del loss
            self.optimizer.step()

    def __call__(self) -> None:
        self.backward(self.forward())


def on_cpu(build: Callable[[], Step]) -> Held:
    saved: dict[int, int] = {}

    def save(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        step = build()
        there = {tensor.data_ptr() for tensor in (*step.module.parameters(), *step.module.buffers(), step.alpha)}
        for _ in range(WARM_UP["cpu"]):
            with torch.autograd.graph.saved_tensors_hooks(save, lambda tensor: tensor):
                loss = step.forward()
            step.backward(loss)
            del loss
        with record_function(MARK):
            step()
    now, peak, begun = 0, 0, False
    for event in sorted(profiler.profiler.kineto_results.events(), key=lambda event: event.start_ns()):
        begun |= event.name() == MARK
        now += event.nbytes() if event.name() == "[memory]" else 0
        peak = max(peak, now) if begun else 0
    return Held(peak, sum(size for address, size in saved.items() if address not in there))


def on_card(build: Callable[[], Step]) -> Held:
    gc.collect()
    torch.cuda.empty_cache()
    before = torch.cuda.memory_allocated()
    # As trainer.benchmark=true has it. The kernels that it tries have given their workspaces back by the last step.
    with torch.backends.cudnn.flags(enabled=True, benchmark=True):
        step = build()
        for _ in range(WARM_UP["cuda"]):
            step()
        torch.cuda.reset_peak_memory_stats()
        at_rest = torch.cuda.memory_allocated()
        loss = step.forward()
        activations = torch.cuda.memory_allocated() - at_rest
        step.backward(loss)
    return Held(torch.cuda.max_memory_allocated() - before, activations)


def table(rows: Iterable[tuple[str, int, str, str]], batch: int, device: str) -> str:
    """Markdown: a row for each network, size, precision and recomputation, and the worst of them."""
    lines = [
        f"{machine(device)}. Batch {batch}, AdamW, boundary_rmse, MiB.",
        "",
        FOOTPRINT,
        "|---|---:|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    worst: dict[str, float] = {"peak": 1.0, "activations": 1.0}
    for network, size, precision, recompute in tqdm(list(rows), desc="footprint", unit="step"):
        net, loss = getattr(u2net, network), DeepSupervision(BoundaryRMSE())
        predicted = footprint(net, loss, torch.optim.AdamW, batch, size, precision, recompute, device)
        held = (on_card if device == "cuda" else on_cpu)(
            partial(Step, network, batch, size, precision, recompute, device)
        )
        cells = [f"{network} | {size}² | {precision} | {recompute}"]
        for part in worst:
            ours, theirs = getattr(predicted, part), getattr(held, part)
            worst[part] = max(worst[part], ours / theirs, key=lambda ratio: abs(ratio - 1))
            cells.append(f"{ours / MIB:.1f} | {theirs / MIB:.1f} | {ours / theirs:.3f}")
        lines.append("| " + " | ".join(cells) + " |")
    ends = ", ".join(f"{part} {ratio - 1:+.1%}" for part, ratio in worst.items())
    return "\n".join([*lines, "", f"Furthest from the real bytes: {ends}."])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=SIZES, default="cpu")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--sizes", nargs="+", type=int, metavar="N", help="sides in pixels")
    parser.add_argument("--precisions", nargs="+", choices=HALF, help="(default: 32-true and the half of the device)")
    parser.add_argument("--recompute", nargs="+", choices=CHOICES, default=list(CHOICES))
    parser.add_argument("--batch", type=int, default=2, help="images in a step (default: 2)")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        raise InputError("--device cuda: torch sees no CUDA card here; choose --device cpu")
    sizes, precisions = options.sizes or SIZES[options.device], options.precisions or PRECISIONS[options.device]
    if options.batch < 1 or min(sizes) < 33:
        raise InputError(
            f"--batch {options.batch} --sizes {min(sizes)}: choose at least 1 and 33, for batch normalisation"
        )
    rows = product(options.networks, sizes, precisions, options.recompute)
    text = table(rows, options.batch, options.device)
    print(f"\n{text}")
    if options.write:
        write(text, f"footprint {options.device}", __file__)


if __name__ == "__main__":
    command.run(main)
