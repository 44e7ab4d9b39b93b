"""What a training costs: seconds, processor seconds, and memory at the peak."""

import contextlib
import os
import sys
import time
from pathlib import Path
from types import TracebackType

import psutil
import torch

_GIB = 1024**3


class TrainingCost:
    """Measures its body, a training: `with Cost("cpu") as cost: …`, then `cost.metrics()`.

    On a CUDA card the memory is what torch has allocated there at the peak. On a CPU it is the most that this process
    held at once, Python and libraries included (Linux: VmHWM, which is set back at the start, as another job may have
    run in this process before; elsewhere since the process began); data workers are not in it.
    """

    def __init__(self, accelerator: str) -> None:
        self.on_card = accelerator == "cuda"

    def __enter__(self) -> "TrainingCost":
        if self.on_card:
            torch.cuda.reset_peak_memory_stats()
        else:
            _forget_peak()
        self.began, self.busy = time.perf_counter(), _processor_seconds()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.seconds, self.busy = time.perf_counter() - self.began, _processor_seconds() - self.busy
        self.peak = torch.cuda.max_memory_allocated() if self.on_card else _peak()

    def metrics(self) -> dict[str, float]:
        """`fit_seconds`; `cpu_seconds`, of data workers too (not on Windows); `peak_memory_gib`."""
        return {
            "fit_seconds": round(self.seconds, 1),
            "cpu_seconds": round(self.busy, 1),
            "peak_memory_gib": round(self.peak / _GIB, 3),
        }


def _processor_seconds() -> float:
    used = os.times()  # of children: those that have ended
    return used.user + used.system + used.children_user + used.children_system


def _forget_peak() -> None:
    with contextlib.suppress(OSError):  # not Linux, or not allowed in this container: the peak since the process began
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # proc(5): resets the peak resident set size


def _peak() -> int:
    try:
        [line] = [
            line
            for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
            if line.startswith("VmHWM")
        ]
        return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        return _peak_of_process()


def _peak_of_process() -> int:
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset
    import resource  # which Windows lacks

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
