"""Images a second, one change at a time from the reference's step to ours; the share of the roofline; a profile."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import torch
from apart import Apart
from attempt import Clock, Missed, out_of_memory
from gpu_step import GIB, Adam, AdamW, Choice, SevenBCE, Step, cudnn, empty, noise, our_loss
from roofline import Work, count, data_sheet, measured, seconds
from sections import SPEED
from torch.autograd import DeviceType
from torch.autograd.profiler_util import FunctionEventAvg
from torch.profiler import ProfilerActivity, profile
from tqdm import tqdm
from training_step import reference_step

TOP, NAME = 10, 70  # rows of a profile, letters of a kernel's name
COMPILING = 60  # seconds without which torch.compile is not begun
MOST = 0.7  # of the time left that a row may take, unless it is the last


@dataclass(frozen=True)
class Rung:
    """One row of the table: what is run, and with which of cuDNN's switches."""

    label: str
    choice: Choice
    benchmark: bool = False
    tf32: bool = False
    folder: Path | None = None  # of the reference, which then is run in place of `choice`


@dataclass(frozen=True)
class Speed:
    batch: int
    seconds: float
    bytes: int | None

    @property
    def images(self) -> float:
        return self.batch / self.seconds


def ladder(choice: Choice, half: str, backend: str, device: str, folder: Path | None) -> Iterator[Rung]:
    """From the reference's step to ours; a "+" keeps all that came before it.

    `choice` gives network, batch and size; `half` the mixed precision; `backend` that of torch.compile.
    """
    tensor_floats = device == "cuda" and torch.cuda.get_device_capability()[0] >= 8
    plain = replace(choice, channels_last=False, loss=SevenBCE, optimizer=Adam)
    if folder:
        yield Rung("reference, 32-true", plain, folder=folder)
        if tensor_floats:  # which torch allows in convolutions, unless told otherwise
            yield Rung("reference, TF32, torch's default", plain, tf32=True, folder=folder)
    yield Rung("the reference's arithmetic in our network, 32-true", plain)
    step = replace(plain, channels_last=True)
    yield Rung("+ channels_last", step)
    yield Rung("+ cudnn.benchmark", step, benchmark=True)
    if tensor_floats:
        yield Rung("+ TF32", step, benchmark=True, tf32=True)
    run = partial(Rung, benchmark=True, tf32=tensor_floats)
    step = replace(step, precision=half)
    yield run(f"+ {half}", step)
    step = replace(step, optimizer=AdamW)
    yield run("+ fused AdamW", step)
    step = replace(step, loss=our_loss)
    yield run(OURS, step)
    yield run("the same, recompute most", replace(step, recompute="most"))
    yield run("the same, recompute all", replace(step, recompute="all"))
    yield run(COMPILED, replace(step, compile=backend))


OURS = "+ our loss, all outputs at once"
COMPILED = "the same, recompute none, torch.compile"


def report(rungs: list[Rung], device: str, repeats: int, peak: tuple[int, int], clock: Clock) -> Iterator[str]:
    """Markdown: the ladder, the share of the roofline, a profile. `peak` has the sizes by which it is measured."""
    ours = next(rung.choice for rung in rungs if rung.label == OURS)
    with Apart() as searching:
        text, found = speeds(rungs, device, repeats, clock.share(0.85), searching)
        yield text
        yield shares(ours, found, device, *peak, clock, searching)
        batch = found[OURS].batch if OURS in found else ours.batch
        yield profiled(replace(ours, batch=batch), device, clock, searching)


def turns(rungs: list[Rung]) -> list[Rung]:
    """The rows in the order in which they are measured: what is wanted most before the long tail.

    First, without cuDNN's search and therefore quickly, what the others are compared with. Then our step, our step
    compiled, and the rows that run by the kernels found for it. Last float32, TF32 before it, each of which wants a
    search of its own, half a minute on an H100.
    """

    def later(rung: Rung) -> tuple[bool, ...]:
        searches = rung.benchmark and rung.choice.precision == "32-true"
        return rung.benchmark, rung.label != OURS, rung.label != COMPILED, searches, searches and not rung.tf32

    return sorted(rungs, key=later)


def speeds(
    rungs: list[Rung], device: str, repeats: int, clock: Clock, searching: Apart
) -> tuple[str, dict[str, Speed]]:
    """Markdown, and what was measured of each rung. A rung that does not fit the card runs with half the batch.

    Rungs with cudnn.benchmark run in the process `searching`, those without in one that ends before it begins: no rung
    runs the kernels that were chosen for another in another way.
    """
    results: dict[str, Speed | Missed] = {}
    order = turns(rungs)  # those without cudnn.benchmark come first
    with Apart() as guessing, tqdm(total=len(order), desc="speed", unit="row") as bar:
        for rung in order:
            if rung.benchmark:
                guessing.close()
            needs = COMPILING if rung.choice.compile == "inductor" else 0
            process = searching if rung.benchmark else guessing
            work = partial(speed_of, rung, device, repeats)
            own = clock.share(1.0 if rung is order[-1] else MOST)
            results[rung.label] = process.attempt(rung.label, work, own, needs)
            bar.update()
    found = {label: speed for label, speed in results.items() if isinstance(speed, Speed)}
    return table(rungs, results, repeats), found


def table(rungs: list[Rung], results: dict[str, Speed | Missed], repeats: int) -> str:
    """Markdown: a row for each rung."""
    choice, first = rungs[0].choice, results[rungs[0].label]
    lines = [
        f"{choice.network}, {choice.size}², median of {repeats} step(s). Wanted on a card: 4 times the reference.",
        "",
        SPEED,
        "|---|---:|---:|---:|---:|---:|",
    ]
    ours = next(index for index, rung in enumerate(rungs) if rung.label == OURS)
    for index, rung in enumerate(rungs):
        speed = results[rung.label]
        before = results[rungs[min(index - 1, ours)].label] if index else None
        if isinstance(speed, Missed):
            lines.append(f"| {rung.label} | | {speed.reason} | | | |")
            continue
        others = first, before
        against = [f"{speed.images / other.images:.2f}" if isinstance(other, Speed) else "" for other in others]
        held = "" if speed.bytes is None else f"{speed.bytes / GIB:.2f}"
        lines.append(f"| {rung.label} | {speed.batch} | {speed.images:.1f} | {' | '.join(against)} | {held} |")
    return "\n".join(lines)


def speed_of(rung: Rung, device: str, repeats: int) -> Speed:
    batch = rung.choice.batch
    while True:
        try:
            return timed(rung, batch, device, repeats)
        except RuntimeError as error:
            if batch == 1 or not out_of_memory(error):
                raise
        empty()
        batch //= 2


def timed(rung: Rung, batch: int, device: str, repeats: int) -> Speed:
    image, alpha = noise(batch, rung.choice.size, device)
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    with cudnn(rung.benchmark, rung.tf32):
        network = rung.choice.network
        step = reference_step(rung.folder, network, device) if rung.folder else Step(rung.choice, device)
        taken = median(seconds(lambda: step(image, alpha), device, repeats))
    return Speed(batch, taken, torch.cuda.max_memory_allocated() if device == "cuda" else None)


def shares(
    choice: Choice, found: dict[str, Speed], device: str, product: int, copied: int, clock: Clock, process: Apart
) -> str:
    """Markdown: how near our step, as it is and compiled, comes to what the machine can do at the most.

    `product` is the side of the matrices and `copied` the megabytes by which that is measured.
    """
    dtype = torch.float16 if choice.precision == "16-mixed" else torch.bfloat16
    peak = process.attempt("the machine's peak", partial(measured, device, dtype, product, copied), clock)
    if isinstance(peak, Missed):
        return f"The machine's peak: {peak.reason}."
    peaks = [peak, data_sheet(torch.cuda.get_device_name()) if device == "cuda" else None]
    peaks = [peak for peak in peaks if peak]
    heads = " | ".join(f"share, {peak.source}" for peak in peaks)
    lines = [
        f"Peaks in {str(dtype).removeprefix('torch.')}: {'; '.join(map(str, peaks))}.",
        "",
        f"| step | TFLOP | GB moved: all, convolutions alone | bound by | ms | {heads} |",
        "|---|---:|---:|---|---:|" + "---:|" * len(peaks),
    ]
    for label in (OURS, COMPILED):
        if label not in found:
            continue
        speed = found[label]
        counted = process.attempt(f"{label}, counted", partial(work_of, choice, speed.batch, device), clock)
        if isinstance(counted, Missed):
            lines.append(f"| {label} | {counted.reason} | | | |" + " |" * len(peaks))
            continue
        work, convolutions = counted
        moved = f"{work.bytes / 1e9:.2f}, {convolutions / 1e9:.2f}"
        cells = [f"{work.flops / 1e12:.3f}", moved, work.bound(peaks[0]), f"{speed.seconds * 1e3:.1f}"]
        cells += [f"{work.least_seconds(peak) / speed.seconds:.1%}" for peak in peaks]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def work_of(choice: Choice, batch: int, device: str) -> tuple[Work, int]:
    """What a step does, and the bytes that its convolutions move. Compiled or not, the arithmetic is the same."""
    step = Step(choice, device)
    image, alpha = noise(batch, choice.size, device)
    work, by_operation = count(lambda: step(image, alpha))
    return work, sum(by_operation[name] for name in ("convolution", "convolution_backward"))


def profiled(choice: Choice, device: str, clock: Clock, process: Apart, steps: int = 3) -> str:
    """Markdown, or why there is none."""
    tables = process.attempt("profile", partial(profile_of, choice, device, steps), clock)
    return f"Not profiled: {tables.reason}." if isinstance(tables, Missed) else tables


def profile_of(choice: Choice, device: str, steps: int) -> str:
    """Markdown: the operations of a step that take the most time; on a card by their kernels' time, and the kernels."""
    events = events_of(choice, device, steps)
    if device != "cuda":
        return top("operation, CPU time", events, lambda event: event.self_cpu_time_total, steps)
    on_card = [event.device_type == DeviceType.CUDA for event in events]
    operations = [event for event, kernel in zip(events, on_card, strict=True) if not kernel]
    kernels = [event for event, kernel in zip(events, on_card, strict=True) if kernel]
    tables = {"operation, time of its kernels": operations, "kernel": kernels}
    return "\n\n".join(
        top(name, rows, lambda event: event.self_device_time_total, steps) for name, rows in tables.items()
    )


def events_of(choice: Choice, device: str, steps: int) -> list[FunctionEventAvg]:
    step = Step(choice, device)
    image, alpha = noise(choice.batch, choice.size, device)
    with cudnn():
        seconds(lambda: step(image, alpha), device, repeats=1)
        activities = [ProfilerActivity.CPU] + [ProfilerActivity.CUDA] * (device == "cuda")
        with profile(activities=activities) as recorded:
            seconds(lambda: step(image, alpha), device, steps, warm_up=0)
    # Spans that somebody named, such as an optimizer's step, hold the time of what is inside them once more.
    return [event for event in recorded.key_averages() if not getattr(event, "is_user_annotation", False)]


def top(what: str, events: list[FunctionEventAvg], microseconds: Callable[[Any], float], steps: int) -> str:
    total = sum(map(microseconds, events)) or 1.0
    lines = [f"| {what} | calls a step | ms a step | share |", "|---|---:|---:|---:|"]
    for event in sorted(events, key=microseconds, reverse=True)[:TOP]:
        name = event.key if len(event.key) <= NAME else event.key[:NAME] + "…"
        calls, spent = event.count / steps, microseconds(event)
        name = name.replace("|", "/")
        lines.append(f"| `{name}` | {calls:.0f} | {spent / steps / 1e3:.2f} | {spent / total:.1%} |")
    return "\n".join(lines)
