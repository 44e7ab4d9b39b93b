"""What a step needs of a card's memory: the planner's prediction against the allocator's count."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from itertools import product

import torch
from attempt import Clock, Missed, attempt
from gpu_forecast import Forecast
from gpu_step import GIB, Choice, Step, cudnn, empty, kernels, noise
from sections import MEMORY
from tqdm import tqdm

from portrait_matting.memory.ledger import Ledger

RECOMPUTE = ("none", "most", "all")


def rows(networks: Iterable[str], sizes: dict[int, int], precisions: Iterable[str]) -> list[Choice]:
    """`sizes` gives the batch of each size. The rows of a precision come together, the first one's first."""
    return [
        Choice(network, batch, size, precision)
        for precision, network, (size, batch) in product(precisions, networks, sizes.items())
    ]


def predictions(choices: list[Choice], forecast: Forecast, device: str, clock: Clock, benchmark: bool = False) -> str:
    """Markdown: predicted and measured peak of a step in the steady state; a row has none, most and all recomputed.

    `benchmark` lets cuDNN try all its kernels first, as a run does: on an H100 that took over 30 s a step.
    """
    how = "measured" if device == "cuda" else "counted"
    lines = [
        f"GiB of a step, predicted / {how} (deviation), by what is recomputed; {kernels(benchmark)}.",
        "",
        MEMORY,
        "|---|---:|---:|---|" + "---:|" * len(RECOMPUTE),
    ]
    deviations = []
    with tqdm(total=len(choices) * len(RECOMPUTE), desc="memory", unit="step") as bar:
        for choice in choices:
            cells = [f"{choice.network} | {choice.size}² | {choice.batch} | {choice.precision}"]
            for each in recomputing(choice):
                name = f"memory, {each.network} {each.size}² {each.precision}, recompute {each.recompute}"
                foreseen = attempt(f"{name}, prediction", partial(forecast.peak, each), clock)
                found = attempt(name, partial(peak, each, device, benchmark), clock)
                empty()
                missing = [value.reason for value in (foreseen, found) if isinstance(value, Missed)]
                if missing:
                    cells.append(missing[0])
                else:
                    deviations.append(foreseen / found - 1)
                    cells.append(f"{foreseen / GIB:.3f} / {found / GIB:.3f} ({deviations[-1]:+.1%})")
                bar.update()
            lines.append("| " + " | ".join(cells) + " |")
    if deviations:
        worst = max(deviations, key=abs)
        lines += ["", f"Worst deviation of {len(deviations)}: {worst:+.1%}. Wanted on a card: within 10 %."]
    return "\n".join(lines)


def recomputing(choice: Choice) -> list[Choice]:
    return [replace(choice, recompute=recompute) for recompute in RECOMPUTE]


def peak(choice: Choice, device: str, benchmark: bool = False) -> int:
    """Bytes held at the most in the third step: the first two make the optimizer's state and choose the kernels."""
    if device != "cuda":
        return counted_peak(choice)
    before = torch.cuda.memory_allocated()
    with cudnn(benchmark=benchmark):
        step = Step(choice, device)
        image, alpha = noise(choice.batch, choice.size, device)
        for _ in range(2):
            step(image, alpha)
        torch.cuda.reset_peak_memory_stats()
        step(image, alpha)
    return torch.cuda.max_memory_allocated() - before


def counted_peak(choice: Choice) -> int:
    """The same on a CPU, whose allocator keeps no count: the bytes of the tensors that operators return."""
    with Ledger("cpu") as ledger:
        step = Step(choice, "cpu")
        image, alpha = noise(choice.batch, choice.size, "cpu")
        for _ in range(2):
            step(image, alpha)
        ledger.peak = ledger.now
        step(image, alpha)
    return ledger.peak
