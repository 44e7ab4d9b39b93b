"""The work itself: draws what a folder lacks, on several processes, with a bar, and says how far it came if stopped."""

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from portrait_matting.cli.portrait_bar import portrait_bar
from portrait_matting.cli.process_pool import in_turn, open_pool
from portrait_matting.drawing import worker
from portrait_matting.drawing.folder import DrawingFolder
from portrait_matting.drawing.style import Style
from portrait_matting.errors import InputError

_CHUNK = 4  # portraits a task, a tenth of a second or more
_SAMPLE = 16  # portraits whose bytes tell how much disk the others need
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def fill(folder: DrawingFolder, style: Style, count: int, workers: int) -> int:
    """Draws those of the first `count` portraits that are not there yet: how many these were.

    Raises:
        InputError: the disk is too small or full, a worker was killed, or a portrait cannot be drawn.
        KeyboardInterrupt: with the line to print.
    """
    todo = folder.missing(style.recipe, count)
    done, sample, told = count - len(todo), [], False
    if not todo:
        return 0
    chunks = (todo[at : at + _CHUNK] for at in range(0, len(todo), _CHUNK))
    workers = min(workers, -(-len(todo) // _CHUNK))
    try:
        with (
            _single_threaded(),
            open_pool(workers, worker.start, (style, folder)) as pool,
            portrait_bar(count, done) as bar,
        ):
            if style.recipe.style == "people":
                pool.submit(worker.warm_up).result()  # by one worker alone: what is kept on disk is built once
            for some, sizes in in_turn(pool, worker.work, chunks, workers):
                done += some
                bar.update(some)
                sample += sizes
                if not told and len(sample) >= _SAMPLE:
                    folder.check_room(count - done, sample)
                    told = True
    except KeyboardInterrupt as stop:
        raise type(stop)(f"stopped: {done:,} of {count:,} are drawn; the same command goes on") from None
    except BrokenProcessPool:
        raise InputError(
            f"a worker process was killed, most likely for want of memory; {done:,} of {count:,} are drawn: the same "
            f"command goes on, and needs less memory with --workers {max(1, workers // 2)}"
        ) from None
    except OSError as error:
        raise cannot_write(folder, error, f"; {done:,} of {count:,} are drawn") from error
    return len(todo)


def cannot_write(folder: DrawingFolder, error: OSError, how_far: str = "") -> InputError:
    """What is said of a disk that is full or fails: that of the folder, or of another file that the error names."""
    place = error.filename
    if isinstance(place, str) and not Path(place).absolute().is_relative_to(folder.root.absolute()):
        return InputError(
            f"{place} cannot be used ({error.strerror}){how_far}: mend that, and the same command goes on"
        )
    return InputError(
        f"{folder.root} cannot be written ({error.strerror}){how_far}: free space or repair the disk, and the same "
        "command goes on"
    )


@contextlib.contextmanager
def _single_threaded() -> Iterator[None]:
    """What the workers find in their environment: libraries read it when they are imported."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
