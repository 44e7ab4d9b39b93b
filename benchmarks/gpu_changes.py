"""What would make a training step on a CUDA card shorter: each change alone and all together, with and without a CUDA
graph, cuDNN's search and torch.compile, against the reference's step; and the planner's predictions against the card.

    git clone https://github.com/xuebinqin/U-2-Net
    python benchmarks/gpu_changes.py --reference U-2-Net --seconds 300 --write

One thing at a time: a step of some 2,500 operations takes as long as its processor needs to launch them, and whatever
else uses the cores or the card is measured along with it. So first the steps that are not compiled, then the planner
and cuDNN's search, and at last torch.compile, with all the cores. --part takes some of these, and each ends with its
table; what there was no time for says so. --dry-run does all of it on the CPU with tiny sizes: figures without meaning.

The planner's predictions take two minutes of a processor, before the seconds begin to count. --predictions FILE keeps
them: read where the file is there, else made, with --predict and nothing else, so on a machine without a card.
"""

import argparse
import json
import logging
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import gpu_forecast
import gpu_memory
import torch
from apart import Apart
from attempt import Clock, Missed
from gpu_step import GIB, Choice, half_precision
from gpu_variants import REFERENCE, REFERENCE_TF32, TODAY, Variant, compiled, eager, figures, ladder, memory
from gpu_variants import searched as with_search
from report import machine
from roofline import measured
from sections import CHANGES, PLANNER, write
from tqdm import tqdm

from portrait_matting.cli import command
from portrait_matting.errors import InputError

# The share of the time left that each may take, of 300 s 129, 40, 52 and 67, and what others leave.
PARTS = {"steps": 0.45, "planner": 0.25, "search": 0.43, "compile": 1.0}
RESERVE = 10  # seconds for the start and the end
COMPILING = 60  # seconds without which torch.compile is not begun


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    steps: tuple[tuple[str, int, int], ...]  # network, batch, size
    repeats: int
    peak: tuple[int, int]  # side of a matrix, megabytes of a copy
    backend: str  # of torch.compile


WHOLE = Scale((("u2net", 12, 288), ("u2netp", 48, 320)), 20, (8192, 1024), "inductor")
DRY = Scale((("u2netp", 2, 32),), 1, (256, 8), "aot_eager")  # a backend that compiles nothing and follows all the code


class Bench:
    """What was found so far, and the processes that find it: one at a time."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.device = options, options.device
        self.scale = DRY if options.dry_run else WHOLE
        half = "bf16-mixed" if options.dry_run else half_precision(self.device)
        self.choices = [Choice(network, batch, size, half) for network, batch, size in self.scale.steps]
        self.rows: dict[str, dict[str, dict[str, Any]]] = {choice.network: {} for choice in self.choices}
        self.cells: list[dict[str, Any]] = []
        self.floor = ""
        # Of each network what is wanted most, then what comes after it.
        reference = options.reference
        self.variants = {
            "steps": [
                *self.in_turn(partial(eager, reference=reference)),
                *self.in_turn(ladder),
            ],
            "search": self.in_turn(with_search),
            "compile": self.in_turn(compiled),
        }

    def in_turn(self, of: Any) -> list[Variant]:
        """The first row of each network, then the second of each."""
        return [variant for same in zip(*(of(choice) for choice in self.choices), strict=True) for variant in same]

    def measure(self, part: str, clock: Clock) -> None:
        needs = COMPILING if part == "compile" and self.scale.backend == "inductor" else 0
        with Apart() as process:
            for variant in tqdm(self.variants[part], desc=part, unit="row"):
                work = partial(figures, variant, self.device, self.scale.repeats, self.scale.backend)
                began = time.monotonic()
                found = process.attempt(variant.key, work, clock, needs)
                if isinstance(found, Missed):
                    found = {variant.name: {"missed": found.reason}}
                for name, row in found.items():
                    kept = {"batch": variant.choice.batch, "row_s": round(time.monotonic() - began, 1), **row}
                    self.rows[variant.choice.network][name] = kept
                self.keep()
            if part == "steps":
                peak = process.attempt(
                    "the card's peak", partial(measured, self.device, torch.bfloat16, *self.scale.peak), clock
                )
                self.floor = "" if isinstance(peak, Missed) else f" Peaks: {peak}."

    def plan(self, predictions: dict[str, Any], clock: Clock) -> None:
        with Apart() as process:
            for cell in tqdm(predictions["cells"], desc="planner", unit="cell"):
                choice = Choice(*(cell[name] for name in ("network", "batch", "size", "precision", "recompute")))
                found = process.attempt(str(choice), partial(gpu_memory.peak, choice, self.device), clock)
                how = {"missed": found.reason} if isinstance(found, Missed) else {"measured": found}
                self.cells.append({**cell, "predicted_by": predictions["torch"], **how})
                self.keep()

    def keep(self) -> None:
        if self.options.json:
            found = {"machine": head(self.options), "steps": self.rows, "planner": self.cells}
            self.options.json.write_text(json.dumps(found, indent=1) + "\n")

    def text(self) -> Iterator[str]:
        yield head(self.options) + self.floor
        for choice in self.choices:
            if self.rows[choice.network]:
                yield f"{choice.network}, batch {choice.batch}, {choice.size}², {choice.precision}:"
                yield step_table(self.rows[choice.network])
        if self.cells:
            by = self.cells[0]["predicted_by"]
            yield f"The planner, GiB of the third step, without cuDNN's search; predicted by torch {by}:"
            yield planner_table(self.cells)


def head(options: argparse.Namespace) -> str:
    line = machine(options.device)
    line = f"{line}, CUDA {torch.version.cuda}" if options.device == "cuda" else line
    return f"A dry run: sizes are tiny, the figures mean nothing. {line}." if options.dry_run else f"{line}."


def step_table(rows: dict[str, dict[str, Any]]) -> str:
    """Markdown. Times another row are ratios of medians."""
    lines = [CHANGES, "|---|" + "---:|" * 11]
    for name, row in rows.items():
        if "ms" not in row:
            lines.append(f"| {name} | {row['missed']}" + " |" * 11)
            continue
        others = (rows.get(other, {}).get("ms") for other in (REFERENCE, REFERENCE_TF32, TODAY))
        low, high = row["middle_ms"]
        cells = [
            name,
            f"{row['ms']:.1f} ({low:.1f} to {high:.1f}, {row['least_ms']:.1f})",
            f"{row['batch'] / row['ms'] * 1e3:.1f}",
            *(f"{other / row['ms']:.2f}" if other else "" for other in others),
            f"{row['host_ms']:.1f}",
            f"{row['peak_gib']:.2f}, {row['reserved_gib']:.2f}" if row["peak_gib"] else "",
            f"{row['kernels']:.0f}, {row['kernels_ms']:.1f}" if "kernels" in row else "",
            f"{row['operations']}, {row['gb']:.3g}" if "operations" in row else "",
            likeness(row, rows.get(TODAY, {})),
            f"{row.get('capture_s', row.get('first_s', 0)):.1f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def likeness(row: dict[str, Any], today: dict[str, Any]) -> str:
    """The first loss relative to today's: what a change does to the arithmetic. Later ones part by chance."""
    losses = row.get("losses"), today.get("losses")
    return f"{losses[0][0] / losses[1][0] - 1:+.0e}" if all(losses) and row is not today else ""


def planner_table(cells: list[dict[str, Any]]) -> str:
    lines = [PLANNER, "|---|---:|---:|---|---:|---:|---:|"]
    deviations = []
    for cell in cells:
        found, said = cell.get("measured"), cell["predicted"]
        deviations += [said / found - 1] if found else []
        last = f"{found / GIB:.3f} | {deviations[-1]:+.1%}" if found else f"{cell['missed']} | "
        kind = f"| {cell['network']} | {cell['size']}² | {cell['batch']} | {cell['recompute']}"
        lines.append(f"{kind} | {said / GIB:.3f} | {last} |")
    if deviations:
        lines += ["", f"Worst deviation of {len(deviations)}: {max(deviations, key=abs):+.1%}."]
    return "\n".join(lines)


def predict(options: argparse.Namespace) -> dict[str, Any]:
    """What the planner says of its cells: from the file, or made now and put there."""
    file = options.predictions
    if file and file.is_file():
        return json.loads(file.read_text())
    choices = memory()
    if options.dry_run:
        choices = [replace(choice, batch=1, size=64) for choice in choices if choice.network == "u2netp"][::3]
    forecast = gpu_forecast.Forecast(choices, [], 0, "cpu" if options.dry_run else "cuda")
    names = ("network", "size", "batch", "precision", "recompute")
    cells = [
        {**{name: getattr(choice, name) for name in names}, "predicted": forecast.peak(choice)}
        for choice in tqdm(choices, desc="predicting", unit="cell")
    ]
    forecast.close()
    made = {"torch": torch.__version__, "cells": cells}
    if file:
        file.write_text(json.dumps(made, indent=1) + "\n")
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", type=Path, metavar="DIR", help="a clone of github.com/xuebinqin/U-2-Net")
    parser.add_argument("--seconds", type=float, default=300, help="to be done in (default: 300)")
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS), help="(default: all)")
    parser.add_argument("--predictions", type=Path, metavar="FILE", help="JSON: read, or made where it is not there")
    parser.add_argument("--predict", action="store_true", help="make --predictions FILE and nothing else")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there, row by row")
    parser.add_argument("--dry-run", action="store_true", help="every part on the CPU with tiny sizes")
    parser.add_argument(
        "--write", action="store_true", help="put the tables into benchmarks/README.md, but not those of a dry run"
    )
    options = parser.parse_args()
    options.device = "cpu" if options.dry_run else "cuda"
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore")  # torch's hints at kernels that are not deterministic
    check(options)
    predictions = predict(options) if options.predict or "planner" in options.part else None
    if options.predict:
        return
    if options.dry_run:
        torch.set_num_threads(1)  # the tensors are small: threads cost more than they bring
    bench, clock = Bench(options), Clock(options.seconds - RESERVE)
    for part in (part for part in PARTS if part in options.part):
        own = Clock(clock.left) if part == options.part[-1] else clock.share(PARTS[part])
        tqdm.write(f"{part}: {own.left:.0f} s at the most")
        bench.plan(predictions, own) if part == "planner" else bench.measure(part, own)
        text = "\n\n".join(bench.text())
        print(f"\n{text}\n")
        if options.write and not options.dry_run:  # part by part: what is measured stays, whatever comes
            write(text, "gpu changes", __file__)


def check(options: argparse.Namespace) -> None:
    """Raises InputError for what cannot be done."""
    if options.predict and not options.predictions:
        raise InputError("--predict wants --predictions FILE, to keep them in")
    if options.device == "cuda" and not torch.cuda.is_available() and not options.predict:
        raise InputError("there is no CUDA card here: --dry-run tries everything on the CPU")
    if options.seconds <= RESERVE:
        raise InputError(f"--seconds {options.seconds:g} is too short: give at least 60")
    if options.reference and not (options.reference / "model" / "u2net.py").is_file():
        raise InputError(f"--reference {options.reference} has no model/u2net.py: give a clone of xuebinqin/U-2-Net")


if __name__ == "__main__":
    command.run(main)
