"""A piece of a benchmark that may fail or take too long, without taking the rest with it."""

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import torch
from tqdm import tqdm

T = TypeVar("T")
AGAIN = 5  # seconds from one alarm to the next


@dataclass(frozen=True)
class Missed:
    """Why there is no figure."""

    reason: str


class TimeUp(Exception):
    """Raised inside a piece of work that has used up its time."""


class Clock:
    """Seconds until a benchmark has to end, from now."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        return self.end - time.monotonic()

    def share(self, of_what_is_left: float) -> "Clock":
        return Clock(self.left * of_what_is_left)


def attempt(name: str, work: Callable[[], T], clock: Clock, needs: float = 0.0) -> T | Missed:
    """What `work` returns, or why it returned nothing; printed then. `needs` are seconds without which it is not begun.

    Work that goes on when the clock has run out is interrupted, where the system can (not on Windows, and not in the
    midst of a call into C++).
    """
    if clock.left <= needs:
        return missed(name, "no time left")
    try:
        with alarm(clock.left):
            return work()
    except TimeUp:
        return missed(name, "no time left")
    except Exception as error:
        if out_of_memory(error):
            return missed(name, "out of memory")
        if "TimeUp" in repr(error):  # torch.compile wraps what interrupts it
            return missed(name, "no time left")
        reason = " ".join(str(error).split()) or "no message"
        return missed(name, f"{type(error).__name__}: {reason[:150]}")


def out_of_memory(error: Exception) -> bool:
    """True for the allocator's own error, and for what cuDNN says when it gets no scratch memory."""
    hidden = "CUDNN_STATUS_ALLOC_FAILED", "unable to find an engine"
    return isinstance(error, torch.OutOfMemoryError) or any(words in str(error) for words in hidden)


def missed(name: str, reason: str) -> Missed:
    tqdm.write(f"{name}: {reason}")
    return Missed(reason.replace("|", "/"))


@contextlib.contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raises TimeUp inside, once the seconds are over. An alarm within another is the only one while it lasts."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(*_: object) -> None:
        raise TimeUp

    handler, began = signal.signal(signal.SIGALRM, ring), time.monotonic()
    # Again every few seconds: Python drops what is raised inside a destructor.
    outer, _ = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if outer:
            signal.setitimer(signal.ITIMER_REAL, max(outer - (time.monotonic() - began), 0.001), AGAIN)
