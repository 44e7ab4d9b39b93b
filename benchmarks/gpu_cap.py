"""The largest batches that train on a card of 8 GB: found by training, from where the planner expects them."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from statistics import median

import torch
from attempt import Clock, Missed, attempt, out_of_memory
from gpu_forecast import Forecast
from gpu_step import GIB, Choice, Step, cudnn, empty, kernels, noise
from roofline import seconds
from sections import CAP
from torch import Tensor
from tqdm import tqdm

STEPS = 10  # with the largest batch


def capped(
    wanted: list[tuple[Choice, int | None]],
    forecast: Forecast,
    budget: int,
    device: str,
    clock: Clock,
    benchmark: bool = False,
    limit: int = 4,
) -> str:
    """Markdown: the largest batch of each choice whose steps run in `budget` bytes, beside the one that is wanted.

    A row takes at most half of the time left, so that one that goes astray leaves time for others. `benchmark` lets
    cuDNN try all its kernels, which takes half a minute for each batch that is tried.
    A CPU has no such cap: there, more than `limit` images are refused instead, which shows no more than that it works.
    """
    lines = [
        f"{wanted[0][0].precision}, {budget / GIB:.2f} GiB for tensors, {STEPS} steps with the largest, "
        f"{kernels(benchmark)}; peaks in GiB.",
        "",
        CAP,
        "|---|---:|---|---:|---:|---:|---:|---:|---:|",
    ]
    with cap(budget, device):
        for choice, least in tqdm(wanted, desc="cap", unit="row"):
            name = f"cap, {choice.network} {choice.size}², recompute {choice.recompute}"
            guess = attempt(f"{name}, prediction", partial(forecast.largest, choice), clock)
            start = least or 1 if isinstance(guess, Missed) else guess
            best = Best()
            ended = attempt(name, partial(climb, choice, start, device, limit, best, benchmark), clock.share(0.5))
            empty()
            found = f"{best.batch} ({ended.reason})" if isinstance(ended, Missed) else str(best.batch)
            cells = [choice.network, f"{choice.size}²", choice.recompute, f"≥ {least}" if least else ""]
            cells += [guess.reason if isinstance(guess, Missed) else str(guess), found, best.says]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


@dataclass
class Best:
    """The largest batch that has run so far, and what its ten steps gave: peaks, losses, images a second, as cells."""

    batch: int = 0
    says: str = " | | "


def climb(choice: Choice, start: int, device: str, limit: int, best: Best, benchmark: bool) -> None:
    """Looks for the largest batch from `start` and keeps in `best` what it has come to."""

    def fits(batch: int, run: Callable[..., str] = two_steps) -> bool:
        empty()
        try:
            if device != "cuda" and batch > limit:
                raise torch.OutOfMemoryError(f"{batch} images")
            best.says = run(replace(choice, batch=batch), device, benchmark)
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            return False
        best.batch = batch
        return True

    batch = search(fits, start)
    while batch and not fits(batch, ten_steps):  # which may need a little more than two do
        batch, best.batch = batch - 1, 0


def two_steps(choice: Choice, device: str, benchmark: bool) -> str:
    """The first makes the optimizer's state, the second holds it from the beginning."""
    step = Step(choice, device)
    image, alpha = noise(choice.batch, choice.size, device)
    with cudnn(benchmark=benchmark):
        seconds(lambda: step(image, alpha), device, repeats=2, warm_up=0)
    return " | | "


def ten_steps(choice: Choice, device: str, benchmark: bool) -> str:
    """As a run does them; the first is not timed. Raises ArithmeticError for a loss that is not finite."""
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    step = Step(choice, device)
    image, alpha = noise(choice.batch, choice.size, device)
    losses: list[Tensor] = []
    with cudnn(benchmark=benchmark):
        taken = seconds(lambda: losses.append(step(image, alpha)), device, STEPS - 1, warm_up=1)
    if not torch.stack(losses).isfinite().all():
        raise ArithmeticError(f"a loss of batch {choice.batch} is not finite")
    held = "not counted"
    if device == "cuda":
        held = f"{torch.cuda.max_memory_allocated() / GIB:.2f}, {torch.cuda.max_memory_reserved() / GIB:.2f}"
    return f"{held} | {losses[0].item():.3f} to {losses[-1].item():.3f} | {choice.batch / median(taken):.1f}"


def search(fits: Callable[[int], bool], guess: int) -> int:
    """The largest number from 1 that fits, 0 if none: from a guess with ever longer strides, then by halves."""
    good, bad, stride = 0, None, 1
    number = max(1, guess)
    while bad is None or bad - good > 1:
        if fits(number):
            good = number
        else:
            bad = number
        if bad is None:
            number = good + stride
        elif good == 0:
            number = max(1, bad - stride)
        else:
            number = (good + bad) // 2
        stride *= 2
    return good


@contextlib.contextmanager
def cap(budget: int, device: str) -> Iterator[None]:
    """Lets the allocator of a card have no more than `budget` bytes."""
    if device != "cuda":
        yield
        return
    empty()
    card = torch.cuda.get_device_properties(torch.cuda.current_device())
    torch.cuda.set_per_process_memory_fraction(min(1.0, budget / card.total_memory))
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
