"""What the dashboards cost: the same training with logger=csv, with TensorBoard and with wandb, side by side.

    python benchmarks/dashboards.py --write

Each has a process of its own, and they take turns of one whole training, from the first step to the last validation,
with every callback of the recipe. Compared are processor seconds, of all threads and of wandb's own process: they are
what logging takes from a training on the same cores, and they hardly change where others use the machine. The share in
the logging calls is measured inside one run: the seconds for which the training waited for the dashboards' callbacks
and loggers, over those that it took.
"""

import argparse
import contextlib
import functools
import io
import logging
import multiprocessing
import resource
import tempfile
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from statistics import median
from typing import Any, NamedTuple

import wandb
from report import machine, ratio
from sections import DASHBOARDS, write
from tqdm import tqdm

from portrait_matting.callbacks import samples
from portrait_matting.callbacks.gradients import GradientNorms
from portrait_matting.callbacks.lineage import Lineage
from portrait_matting.callbacks.throughput import Throughput
from portrait_matting.callbacks.validation_table import ValidationTable
from portrait_matting.cli import command
from portrait_matting.config.compose import compose
from portrait_matting.errors import InputError
from portrait_matting.loggers import tensorboard as tensorboard_module
from portrait_matting.loggers import wandb as wandb_module
from portrait_matting.loggers.recipe import log_recipe
from portrait_matting.training.job import build_training_job
from portrait_matting.training.phases import fit

CONTESTANTS = ("csv", "tensorboard", "wandb")


class Turn(NamedTuple):
    """Seconds of a training: of its processors, by the clock, and by the clock in the logging calls."""

    processor: float
    training: float
    logging: float


class Clock:
    """Adds up the seconds in the functions that it is put around; one that another calls counts once."""

    def __init__(self) -> None:
        self.seconds, self._inside = 0.0, False

    def around(self, function: Callable) -> Callable:
        @functools.wraps(function)
        def timed(*arguments: Any, **keywords: Any) -> Any:
            if self._inside:
                return function(*arguments, **keywords)
            self._inside, began = True, time.perf_counter()
            try:
                return function(*arguments, **keywords)
            finally:
                self._inside = False
                self.seconds += time.perf_counter() - began

        return timed


_clock = Clock()


def build() -> None:
    """Makes a contestant's process ready: everything that is logged is timed."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    logging.getLogger("lightning.fabric").setLevel(logging.WARNING)
    warnings.simplefilter("ignore")
    for kind in (GradientNorms, Throughput, ValidationTable, Lineage):
        for hook in [name for name in vars(kind) if name.startswith("on_")]:
            setattr(kind, hook, _clock.around(getattr(kind, hook)))
    for kind in (tensorboard_module._TensorBoard, wandb_module._Wandb):
        kind.log_metrics = _clock.around(kind.log_metrics)
    samples.log_picture = _clock.around(samples.log_picture)


def take_turn(contestant: str, options: argparse.Namespace, steps: int, epochs: int) -> Turn:
    """One training in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        recipe = [f"logger={contestant}", f"hardware.batch_size={options.batch}", f"hardware.input_size={options.size}"]
        recipe += [f"data.train={steps * options.batch}", f"data.val={options.val}", "data.test=1"]
        recipe += [f"trainer.max_epochs={epochs}", "trainer.enable_progress_bar=false", "hardware.workers=0"]
        job = build_training_job(compose([*recipe, "learning_rate.max_lr=0.003"], run_dir=folder))
        log_recipe(job.loggers, job.module.config)
        before, busy, began = _clock.seconds, processor_seconds(), time.perf_counter()
        fit(job)
        training, logged = time.perf_counter() - began, _clock.seconds - before
        wandb_module.close_loggers(failed=False)
        if contestant == "wandb":
            wandb.teardown()  # ends its process, whose time is known then
        return Turn(processor_seconds() - busy, training, logged)


def processor_seconds() -> float:
    """Of all threads of this process, and of those that it started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measure(options: argparse.Namespace) -> dict[str, list[Turn]]:
    """The turns of every contestant, after a short one, in which libraries warm up."""
    turns: dict[str, list[Turn]] = {name: [] for name in CONTESTANTS}
    spawn = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        pools = {
            name: stack.enter_context(ProcessPoolExecutor(1, mp_context=spawn, initializer=build))
            for name in CONTESTANTS
        }
        bar = stack.enter_context(tqdm(total=(1 + options.repeats) * len(CONTESTANTS), unit="run"))
        for turn in range(1 + options.repeats):
            for name, pool in pools.items():
                length = (options.steps, options.epochs) if turn else (2, 1)
                took = pool.submit(take_turn, name, options, *length).result()
                if turn:
                    turns[name].append(took)
                bar.update()
    return turns


def table(turns: dict[str, list[Turn]], options: argparse.Namespace) -> str:
    """Markdown: a row for each contestant."""
    lines = [
        f"{machine('cpu')}. Lite network, batch {options.batch}, {options.size}², {options.epochs} epochs of "
        f"{options.steps} steps, {options.val} validation portraits, {options.repeats} turn(s).",
        "",
        DASHBOARDS,
        "|---|---:|---:|---:|",
    ]
    plain = turns[CONTESTANTS[0]]
    for name, own in turns.items():
        times = "1" if own is plain else ratio([one.processor for one in own], [one.processor for one in plain])
        share = sum(one.logging for one in own) / sum(one.training for one in own)
        lines.append(f"| {name} | {median(one.processor for one in own):.1f} | {times} | {share:.2%} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=8, help="images in a step (default: 8)")
    parser.add_argument("--size", type=int, default=160, help="side of the images in pixels (default: 160)")
    parser.add_argument("--steps", type=int, default=50, help="steps in an epoch (default: 50)")
    parser.add_argument("--epochs", type=int, default=3, help="epochs of a training (default: 3)")
    parser.add_argument("--val", type=int, default=40, help="validation portraits (default: 40)")
    parser.add_argument("--repeats", type=int, default=5, help="measured turns (default: 5)")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    options = parser.parse_args()
    if options.repeats < 1:
        raise InputError(f"--repeats {options.repeats}: measure at least one turn")
    text = table(measure(options), options)
    print(f"\n{text}")
    if options.write:
        write(text, "dashboards", __file__)


if __name__ == "__main__":
    command.run(main)
