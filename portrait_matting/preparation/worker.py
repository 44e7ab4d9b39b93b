"""A worker process: takes portraits, writes their files, and ends with the process that it works for."""

import cv2

from portrait_matting.cli.process_pool import begin_worker
from portrait_matting.preparation.output import Output
from portrait_matting.preparation.pairing import Pair
from portrait_matting.preparation.portrait import PreparedPortrait, prepare_portrait
from portrait_matting.preparation.record import Record, Rejection
from portrait_matting.preparation.settings import Settings
from portrait_matting.preparation.source import Source

_job: tuple[Source, Output, Settings]


def start(source: Source, output: Output, settings: Settings) -> None:
    """Makes this process a worker, of one thread."""
    global _job
    begin_worker(output.join)
    cv2.setNumThreads(0)  # the workers are the parallelism
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # of broken files, which are reported by name
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
