"""The work itself: labels what a folder lacks, on several processes, with a bar, and says how far it came."""

from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

from portrait_matting.cli.portrait_bar import portrait_bar
from portrait_matting.cli.process_pool import in_turn, open_pool
from portrait_matting.errors import InputError
from portrait_matting.labelling import worker
from portrait_matting.labelling.record import Record, Rejection

_CHUNK = 4  # photos a task
_SAMPLE = 16  # labels whose bytes tell how much disk the others need


@dataclass
class Filled:
    """What came of all photos, and how many labels were made by this call."""

    records: list[Record] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    made: int = 0


def fill(job: worker.Job, photos: Sequence[tuple[str, Path]], workers: int) -> Filled:
    """Labels photos, by name and file, where they have no label yet.

    Raises:
        InputError: the network is at fault, the disk is too small or full, or a worker was killed.
        KeyboardInterrupt: with the line to print.
    """
    filled, sizes, done, told = Filled(), [], 0, False
    chunks = [list(photos[at : at + _CHUNK]) for at in range(0, len(photos), _CHUNK)]
    workers = min(workers, len(chunks))
    try:
        with open_pool(workers, worker.start, (job,)) as pool, portrait_bar(len(photos), 0) as bar:
            for some, results in in_turn(pool, worker.work, chunks, workers):
                done += some
                bar.update(some)
                filled.made += sum(each.made for each in results)
                sizes += [each.size for each in results if each.made]
                filled.records += [each.result for each in results if isinstance(each.result, Record)]
                filled.rejections += [each.result for each in results if isinstance(each.result, Rejection)]
                if not told and len(sizes) >= _SAMPLE:
                    job.folder.check_room(len(photos) - done, sizes)
                    told = True
    except KeyboardInterrupt as stop:
        raise type(stop)(f"stopped: {done:,} of {len(photos):,} are labelled; the same command goes on") from None
    except BrokenProcessPool:
        raise InputError(
            f"a worker process was killed, most likely for want of memory; {done:,} of {len(photos):,} are labelled: "
            f"the same command goes on, and needs less memory with --workers {max(1, workers // 2)}"
        ) from None
    except OSError as error:
        raise cannot_write(job.folder.root, error, f"; {done:,} of {len(photos):,} are labelled") from error
    if not job.photos.exists():  # a disk pulled out is no fault of the files that could not be read
        raise InputError(f"{job.photos} is gone: mount or restore it, and the same command goes on")
    names = {path.relative_to(job.photos).as_posix(): name for name, path in photos}
    try:
        for rejection in filled.rejections:  # an earlier label, of a photo or a matte that was whole then
            job.folder.remove(names[rejection.photo])
    except OSError as error:
        raise cannot_write(job.folder.root, error) from error
    return filled


def cannot_write(root: Path, error: OSError, how_far: str = "") -> InputError:
    """What is said of a disk that is full or fails."""
    return InputError(
        f"{root} cannot be written ({error.strerror}){how_far}: free space or repair the disk, and the same command "
        "goes on"
    )
