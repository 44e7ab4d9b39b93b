"""Seconds of one training step, ours against the reference project's, measured side by side on this machine.

    git clone https://github.com/xuebinqin/U-2-Net
    python benchmarks/training_step.py --reference U-2-Net --write

A step is forward, loss, backward and optimizer. Ours is built from the recipe, as a run builds it: deep supervision
under boundary_rmse, AdamW, channels-last order, the precision that hardware.precision=auto chooses; a third contestant,
ours in float32, shows how much of the difference is precision. The reference's is that of its u2net_train.py without
the printing: seven BCELoss on sigmoids, Adam, float32. All see the same drawn portraits and take turns, so that a
machine that is slow for a while is slow for all; a ratio compares two steps of one turn.
"""

import argparse
import importlib.util
import logging
import multiprocessing
import tempfile
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import lightning.pytorch as L
import numpy as np
import torch
from report import machine, ratio, slot
from sections import STEP, write
from torch import Tensor, nn
from tqdm import tqdm

from portrait_matting.cli import command
from portrait_matting.config.compose import compose
from portrait_matting.errors import InputError
from portrait_matting.hardware import choose_precision
from portrait_matting.training.job import TrainingJob, build_training_job

HARDWARE = {"cpu": "cpu", "cuda": "gpu_8gb"}  # the recipe of each device; size and batch are overridden
REFERENCE = {"u2net": "U2NET", "u2netp": "U2NETP"}
WARM_UP = 1  # turn of two steps: memory pools, oneDNN's and cuDNN's choices of kernels

Step = Callable[[Tensor, Tensor], None]


def our_job(network: str, precision: str, options: argparse.Namespace, run_dir: str) -> TrainingJob:
    """The parts of a training run on `options.batch` portraits of side `options.size`."""
    recipe = [f"model={network}", f"hardware={HARDWARE[options.device]}", f"hardware.precision={precision}"]
    recipe += [f"hardware.batch_size={options.batch}", f"hardware.input_size={options.size}", "hardware.workers=0"]
    return build_training_job(compose([*recipe, f"data.train={options.batch}"], run_dir=run_dir))


def our_step(job: TrainingJob, device: str) -> Step:
    module = job.module.to(device).train()
    optimizer = module.configure_optimizers()
    # For its precision plugin, which is what a run computes in, and for cuDNN's benchmark mode.
    trainer = L.Trainer(
        **job.hardware.trainer_arguments(),
        benchmark=job.cfg.trainer.benchmark,
        logger=False,
        enable_checkpointing=False,
    )
    scaler = getattr(trainer.precision_plugin, "scaler", None)

    def step(image: Tensor, alpha: Tensor) -> None:
        with trainer.precision_plugin.forward_context():
            outputs = module.net(image.contiguous(memory_format=module.memory_format))
            loss = module.loss(outputs, {"image": image, "alpha": alpha})["loss"]
        if scaler:
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        else:
            loss.backward()
            optimizer.step()
        optimizer.zero_grad()

    return step


def reference_step(folder: Path, network: str, device: str) -> Step:
    """The step of the clone in `folder`; raises InputError when there is none."""
    path = folder / "model" / "u2net.py"
    if not path.is_file():
        raise InputError(f"--reference {folder} has no model/u2net.py: give a clone of github.com/xuebinqin/U-2-Net")
    spec = importlib.util.spec_from_file_location("reference_u2net", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    net = getattr(module, REFERENCE[network])(3, 1).to(device).train()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    criterion = nn.BCELoss()

    def step(image: Tensor, alpha: Tensor) -> None:
        optimizer.zero_grad()
        sum(criterion(output, alpha) for output in net(image)).backward()
        optimizer.step()

    return step


def contestants(network: str, options: argparse.Namespace) -> list[str]:
    """The reference, if there is one, and ours by precision; where auto is float32 itself, ours is one."""
    ours = dict.fromkeys(("32-true", choose_precision("auto", options.device)))
    return [*(["reference"] if options.reference else []), *ours]


def portraits(options: argparse.Namespace) -> tuple[np.ndarray, np.ndarray]:
    """The batch that all contestants see: image (B, 3, S, S), normalised, and alpha (B, 1, S, S), both float32."""
    with tempfile.TemporaryDirectory() as run_dir:
        data = our_job("u2netp", "32-true", options, run_dir).data
    data.setup("fit")
    batch = next(iter(data.train_dataloader()))
    return batch["image"].numpy(), batch["alpha"].numpy()


def build(name: str, network: str, batch: tuple[np.ndarray, np.ndarray], options: argparse.Namespace) -> None:
    """Makes this process the contestant `name`. The reference's runs nothing of ours."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore")  # the reference's deprecated calls, Lightning's hints about a trainer not fitted
    torch.set_num_threads(options.threads)
    if name == "reference":
        step = reference_step(options.reference, network, options.device)
    else:
        with tempfile.TemporaryDirectory() as run_dir:
            step = our_step(our_job(network, name, options, run_dir), options.device)
    image, alpha = (torch.from_numpy(array).to(options.device) for array in batch)
    _contest.update(step=step, image=image, alpha=alpha, device=options.device)


def take_turn() -> float:
    """Seconds of the second of two steps of the contestant that this process is.

    The first is as slow as the others' turns have left the caches and, in a virtual machine, the free memory.
    """
    for _ in range(2):
        began = time.perf_counter()
        _contest["step"](_contest["image"], _contest["alpha"])
        if _contest["device"] == "cuda":
            torch.cuda.synchronize()
    return time.perf_counter() - began


_contest: dict[str, Any] = {}  # of this process


def measure(network: str, options: argparse.Namespace) -> dict[str, list[float]]:
    """Seconds of each step of each contestant, turn by turn.

    Each has a process of its own, as in real use: how memory is handed out is a matter of the whole process.
    """
    names, batch = contestants(network, options), portraits(options)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    with ExitStack() as stack:
        spawn = multiprocessing.get_context("spawn")
        pools = {name: stack.enter_context(ProcessPoolExecutor(1, mp_context=spawn)) for name in names}
        for name, pool in pools.items():
            pool.submit(build, name, network, batch, options).result()
        bar = stack.enter_context(tqdm(total=(WARM_UP + options.repeats) * len(names), desc=network, unit="step"))
        for turn in range(WARM_UP + options.repeats):
            for name, pool in pools.items():
                took = pool.submit(take_turn).result()
                if turn >= WARM_UP:
                    seconds[name].append(took)
                bar.update()
    return seconds


def table(seconds: dict[str, dict[str, list[float]]], options: argparse.Namespace) -> str:
    """Markdown: a row for each network and contestant."""
    lines = [
        f"{machine(options.device)}. Batch {options.batch}, {options.size}², {options.repeats} turn(s).",
        "",
        STEP,
        "|---|---|---:|---:|",
    ]
    for network, contestants in seconds.items():
        theirs = contestants.get("reference")
        for name, own in contestants.items():
            label = "reference, 32-true" if name == "reference" else f"ours, {name}"
            speed = "1" if own is theirs else ratio(theirs, own) if theirs else "not compared"
            lines.append(f"| {network} | {label} | {median(own):.3f} | {speed} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", type=Path, metavar="DIR", help="a clone of github.com/xuebinqin/U-2-Net")
    parser.add_argument("--device", choices=HARDWARE, default="cpu")
    parser.add_argument("--size", type=int, default=288, help="side of the images in pixels (default: 288)")
    parser.add_argument("--batch", type=int, default=4, help="images in a step (default: 4)")
    parser.add_argument("--repeats", type=int, default=10, help="measured turns (default: 10)")
    parser.add_argument("--networks", nargs="+", choices=REFERENCE, default=list(REFERENCE))
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    options = parser.parse_args()
    if options.repeats < 1:
        raise InputError(f"--repeats {options.repeats}: measure at least one turn")
    if options.batch == 1 and options.size <= 32:
        raise InputError("--batch 1 --size 32 leaves batch normalisation a single value: choose a larger size or batch")
    if not options.reference:
        print("no --reference DIR: our own step alone is measured, and compared with nothing")
    options.threads = torch.get_num_threads()
    text = table({network: measure(network, options) for network in options.networks}, options)
    print(f"\n{text}")
    if options.write:
        write(text, slot(options.device), __file__)


if __name__ == "__main__":
    command.run(main)
