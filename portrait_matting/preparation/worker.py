"""A worker process: takes portraits, writes their files, and ends with the process that it works for."""

import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.connection import wait

import cv2

from portrait_matting.preparation.output import Output
from portrait_matting.preparation.pairing import Pair
from portrait_matting.preparation.portrait import PreparedPortrait, prepare_portrait
from portrait_matting.preparation.record import Record, Rejection
from portrait_matting.preparation.settings import Settings
from portrait_matting.preparation.source import Source

_job: tuple[Source, Output, Settings]


def start(source: Source, output: Output, settings: Settings) -> None:
    """Makes this process a worker: of one thread, which ignores Ctrl-C: the main process handles it."""
    global _job
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(0)  # the workers are the parallelism
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # of broken files, which are reported by name
    output.join()
    parent = multiprocessing.parent_process()
    if wait([parent.sentinel], timeout=0):  # gone before the lock was shared: another preparation may have begun by now
        sys.exit()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _job = (source, output, settings)


def work(pairs: list[Pair]) -> list[Record | Rejection]:
    """Prepares portraits and writes their files; the images come last, so that none stands there without its mask."""
    source, output, settings = _job
    results: list[Record | Rejection] = []
    for pair in pairs:
        result = prepare_portrait(pair, source.read, settings)
        if isinstance(result, PreparedPortrait):
            for path, content in reversed(result.files.items()):
                output.write(path, content)
            results.append(result.record)
        else:
            results += result
    return results


def measure(pair: Pair) -> int | None:
    """How many bytes a portrait's files will have; None if it is refused. Writes nothing."""
    source, _, settings = _job
    result = prepare_portrait(pair, source.read, settings)
    return result.record.copy_bytes if isinstance(result, PreparedPortrait) else None


def _end_with(parent) -> None:
    parent.join()
    os._exit(1)
