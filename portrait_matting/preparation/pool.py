"""The worker processes of a preparation: started from a clean server, fed a little at a time, ended at once."""

import itertools
import multiprocessing
import signal
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from contextlib import contextmanager

from portrait_matting.preparation import worker
from portrait_matting.preparation.output import Output
from portrait_matting.preparation.pairing import Pair
from portrait_matting.preparation.record import Record, Rejection
from portrait_matting.preparation.settings import Settings
from portrait_matting.preparation.source import Source

_CHUNK = {"hard": 4, "soft": 1}  # portraits a task: of either kind about a tenth of a second
_MOST_ON_WINDOWS = 61  # processes that one can wait for at once there


@contextmanager
def open_pool(source: Source, output: Output, settings: Settings, workers: int) -> Iterator[ProcessPoolExecutor]:
    """Worker processes, which end at once on any error.

    They are forked from a server that has imported what they need and has no threads, never from this process, whose
    threads a fork would not survive. Windows, which cannot fork, starts each anew.
    """
    can_fork = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if can_fork else "spawn")
    if can_fork:
        context.set_forkserver_preload([worker.__name__])
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        workers if can_fork else min(workers, _MOST_ON_WINDOWS), context, worker.start, (source, output, settings)
    )
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
    pool: ProcessPoolExecutor, todo: list[Pair], settings: Settings, workers: int
) -> Iterator[tuple[int, list[Record | Rejection]]]:
    """How many portraits were looked at and what came out, chunk by chunk as they come.

    So few are under way at once that memory does not grow with the list.
    """
    chunk = _CHUNK[settings.targets]
    chunks = (todo[at : at + chunk] for at in range(0, len(todo), chunk))
    pending = {pool.submit(worker.work, some): len(some) for some in itertools.islice(chunks, 3 * workers)}
    while pending:
        for future in wait(pending, return_when=FIRST_COMPLETED).done:
            yield pending.pop(future), future.result()
            pending |= {pool.submit(worker.work, some): len(some) for some in itertools.islice(chunks, 1)}


def measure(pool: ProcessPoolExecutor, todo: list[Pair], count: int) -> list[int]:
    """Bytes that some portraits from all over the list will have, at most `count`; those refused are left out."""
    sample = todo[:: max(1, len(todo) // count)][:count]
    return [size for size in pool.map(worker.measure, sample) if size is not None]
