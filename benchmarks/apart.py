"""Work in a process of its own, which finds nothing that other work left behind: no kernels chosen, no compiled code.

torch keeps what cuDNN chose for a convolution by its shapes, whichever way it was chosen, and looks there before it
looks at cudnn.benchmark (run_single_conv in aten/src/ATen/native/cudnn/Conv_v8.cpp). Of two steps that differ by that
switch alone the second runs the kernels of the first, so they want two processes.
"""

import logging
import multiprocessing
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar

import torch
from attempt import Clock, Missed, attempt, missed
from gpu_step import empty

T = TypeVar("T")
GRACE = 10  # seconds that a process which is stuck in a call into C++ may take longer than its time


class Apart:
    """A process that does one piece of work after the other; it starts with the first. For a `with`."""

    def __init__(self) -> None:
        self.process: multiprocessing.Process | None = None

    def __enter__(self) -> "Apart":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def attempt(self, name: str, work: Callable[[], T], clock: Clock, needs: float = 0.0) -> T | Missed:
        """As `attempt.attempt`, over there; `work` and what it returns must be picklable.

        A process that dies, or that does not come back in time, is replaced by a new one for the next piece.
        """
        if clock.left <= needs:
            return missed(name, "no time left")
        try:
            if self.process is None:
                self._start()
            self.pipe.send((name, work, clock.left, needs))
            if self.pipe.poll(max(0.0, clock.left) + GRACE):
                return self.pipe.recv()
            reason = "no time left"
        except (EOFError, OSError):
            reason = "its process died"
        self.close(at_once=True)
        return missed(name, reason)

    def _start(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.pipe, theirs = spawn.Pipe()
        self.process = spawn.Process(target=_serve, args=(theirs, torch.get_num_threads()))
        self.process.start()
        theirs.close()  # so that the end of the process is the end of the pipe
        self.pipe.recv()  # it is ready: to import torch is no part of anybody's time

    def close(self, at_once: bool = False) -> None:
        """Ends the process, and gives back what it held of the card."""
        if self.process is None:
            return
        self.pipe.close()
        if at_once:
            self.process.kill()
        self.process.join()
        self.process = None


def _serve(pipe: Connection, threads: int) -> None:
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore")
    torch.set_num_threads(threads)
    pipe.send(None)
    while True:
        try:
            name, work, seconds, needs = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        result = attempt(name, work, Clock(seconds), needs)
        empty()
        pipe.send(result)
