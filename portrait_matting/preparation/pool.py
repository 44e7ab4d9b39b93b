"""What the worker processes of a preparation do in turn: measure a sample of the portraits, then prepare them all."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from portrait_matting.cli import process_pool
from portrait_matting.preparation import worker
from portrait_matting.preparation.pairing import Pair
from portrait_matting.preparation.record import Record, Rejection
from portrait_matting.preparation.settings import Settings

_CHUNK = {"hard": 4, "soft": 1}  # portraits a task: of either kind about a tenth of a second


def in_turn(
    pool: ProcessPoolExecutor, todo: list[Pair], settings: Settings, workers: int
) -> Iterator[tuple[int, list[Record | Rejection]]]:
    """How many portraits were looked at and what came out, chunk by chunk as they come."""
    chunk = _CHUNK[settings.targets]
    chunks = (todo[at : at + chunk] for at in range(0, len(todo), chunk))
    return process_pool.in_turn(pool, worker.work, chunks, workers)


def measure(pool: ProcessPoolExecutor, todo: list[Pair], count: int) -> list[int]:
    """Bytes that some portraits from all over the list will have, at most `count`; those refused are left out."""
    sample = todo[:: max(1, len(todo) // count)][:count]
    return [size for size in pool.map(worker.measure, sample) if size is not None]
