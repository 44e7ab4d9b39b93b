"""What is measured of one step: milliseconds of card and host, the kernels, the operations dispatched, a CUDA graph."""

import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from statistics import median
from typing import Any

import torch
from gpu_prototypes import ChangedStep
from gpu_step import GIB
from roofline import Traffic
from torch import Tensor
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode

CHECKED = 3  # the first losses, held against those of today's step
MOST_SECONDS = 1.5  # of a row's timed steps
LEAST_STEPS = 8


class Operations(TorchDispatchMode):
    """Counts the operations dispatched below autograd, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        self.calls[func._schema.name.partition("::")[2]] += 1
        return func(*args, **(kwargs or {}))


def first_steps(step: Callable[[], Tensor | None], device: str) -> dict[str, Any]:
    """Seconds of the first step, which builds and compiles what there is to, and the losses of the first ones."""
    wait(device)
    began = time.perf_counter()
    losses = [step()]
    wait(device)
    first = time.perf_counter() - began
    losses += [step() for _ in range(CHECKED - 1)]
    return {"first_s": first, "losses": [loss.item() for loss in losses if loss is not None]}


def timed(step: Callable[[], object], device: str, repeats: int) -> dict[str, Any]:
    """Milliseconds of a step: median, least and middle half; of the host, how long a call took to come back.

    Where the kernels take less than a step, the processor that launches them is the limit. The host's median alone does
    not say it: a host that is ahead waits for the card, and its calls then take as long as the steps.
    Where the steps would take longer than MOST_SECONDS, there are fewer, but LEAST_STEPS on a card.
    """
    if device == "cuda":
        torch.cuda.empty_cache()
    wait(device)
    began = time.perf_counter()
    for _ in range(2):
        step()
    wait(device)
    fit = int(MOST_SECONDS * 2 / (time.perf_counter() - began))
    count = max(min(repeats, LEAST_STEPS), min(repeats, fit))
    host = []
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        events = [torch.cuda.Event(enable_timing=True) for _ in range(count + 1)]
        events[0].record()
    for index in range(count):
        began = time.perf_counter()
        step()
        host.append((time.perf_counter() - began) * 1e3)
        if device == "cuda":
            events[index + 1].record()
    wait(device)
    taken = [first.elapsed_time(second) for first, second in pairwise(events)] if device == "cuda" else host
    ordered = sorted(taken)
    return {
        "ms": median(taken),
        "least_ms": ordered[0],
        "middle_ms": [ordered[count // 4], ordered[-1 - count // 4]],
        "host_ms": median(host),
        "steps": count,
        "peak_gib": torch.cuda.max_memory_allocated() / GIB if device == "cuda" else None,
        "reserved_gib": torch.cuda.max_memory_reserved() / GIB if device == "cuda" else None,
    }


def graphed(step: ChangedStep, image: Tensor, alpha: Tensor, repeats: int) -> dict[str, Any]:
    """The whole step as one CUDA graph, from the first weights on: its figures, its losses, its peak when captured."""
    for group in step.optimizer.param_groups:
        group["capturable"] = True  # the optimizer's own count lies on the card
    began = time.perf_counter()
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(2):
            step(image, alpha)
    torch.cuda.current_stream().wait_stream(side)
    torch.cuda.synchronize()
    step.drop()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = step(image, alpha)
    torch.cuda.synchronize()
    peak, capture = torch.cuda.max_memory_allocated() / GIB, time.perf_counter() - began
    step.restart()
    losses = []
    for _ in range(CHECKED):
        graph.replay()
        losses.append(loss.item())
    return {**timed(graph.replay, "cuda", repeats), "losses": losses, "capture_s": capture, "peak_gib": peak}


def kernels(step: Callable[[], object], steps: int = 2) -> dict[str, Any]:
    """Calls and milliseconds of a step's kernels, and those that take the most."""
    with profile(activities=[ProfilerActivity.CUDA]) as recorded:
        for _ in range(steps):
            step()
        torch.cuda.synchronize()
    events = [event for event in recorded.key_averages() if not getattr(event, "is_user_annotation", False)]
    events = [event for event in events if event.self_device_time_total]
    events.sort(key=lambda event: event.self_device_time_total, reverse=True)
    return {
        "kernels": sum(event.count for event in events) / steps,
        "kernels_ms": sum(event.self_device_time_total for event in events) / steps / 1e3,
        "top": [[event.key, event.count / steps, event.self_device_time_total / steps / 1e3] for event in events[:20]],
    }


def counted(step: Callable[[], object]) -> dict[str, Any]:
    """Operations that a step dispatches, and GB that they move if each goes to memory and back."""
    with Operations() as operations, Traffic() as traffic:
        step()
    return {
        "operations": operations.calls.total(),
        "by_name": operations.calls.most_common(20),
        "gb": traffic.bytes.total() / 1e9,
    }


def wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()
