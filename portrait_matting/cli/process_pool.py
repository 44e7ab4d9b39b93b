"""The worker processes of a command: started from a clean server, fed a little at a time, ended with their command."""

import contextlib
import itertools
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sized
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from multiprocessing.connection import wait as wait_for
from typing import Any, TypeVar

T, R = TypeVar("T", bound=Sized), TypeVar("R")

_MOST_ON_WINDOWS = 61  # processes that one can wait for at once there
_AHEAD = 3  # chunks for each worker that are under way


@contextlib.contextmanager
def open_pool(workers: int, start: Callable[..., None], arguments: tuple[Any, ...]) -> Iterator[ProcessPoolExecutor]:
    """Worker processes, each of which begins with `start(*arguments)`, and which end at once on any error.

    They are forked from a server that has imported the module of `start` and has no threads, never from this process,
    whose threads a fork would not survive. Windows, which cannot fork, starts each anew.
    """
    can_fork = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if can_fork else "spawn")
    if can_fork:
        context.set_forkserver_preload([start.__module__])
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers if can_fork else min(workers, _MOST_ON_WINDOWS), context, start, arguments)
    try:
        yield pool
    except BaseException:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # an impatient second Ctrl-C would leave workers
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
        pool.shutdown(cancel_futures=True)
        signal.signal(signal.SIGINT, before)
        raise
    pool.shutdown()


def in_turn(
    pool: ProcessPoolExecutor, work: Callable[[T], R], chunks: Iterable[T], workers: int
) -> Iterator[tuple[int, R]]:
    """The length of each chunk and what `work` made of it, as they come.

    So few are under way at once that memory does not grow with the list.
    """
    rest = iter(chunks)
    pending = {pool.submit(work, chunk): len(chunk) for chunk in itertools.islice(rest, _AHEAD * workers)}
    while pending:
        for future in wait(pending, return_when=FIRST_COMPLETED).done:
            yield pending.pop(future), future.result()
            pending |= {pool.submit(work, chunk): len(chunk) for chunk in itertools.islice(rest, 1)}


def begin_worker(join: Callable[[], None]) -> None:
    """Makes this process a worker: it ignores Ctrl-C, which its parent process handles, and ends with that process.

    Args:
        join: shares what the parent process holds, such as a lock; this process ends where the parent was gone before.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    join()
    parent = multiprocessing.parent_process()
    if wait_for([parent.sentinel], timeout=0):  # the lock was free for a while: another command may have begun by now
        sys.exit()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent) -> None:
    parent.join()
    os._exit(1)
