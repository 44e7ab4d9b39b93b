"""The job as a whole: which portraits are still to do, done by all cores, and stopped at any moment without harm."""

import time
from collections import defaultdict
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path

from portrait_matting.cli.portrait_bar import portrait_bar
from portrait_matting.cli.process_pool import open_pool
from portrait_matting.errors import InputError
from portrait_matting.preparation import worker
from portrait_matting.preparation.earlier import Key, is_current, part_from, refused_before, standing
from portrait_matting.preparation.journal import Journal
from portrait_matting.preparation.output import Output
from portrait_matting.preparation.pairing import Pair
from portrait_matting.preparation.pool import in_turn, measure
from portrait_matting.preparation.portrait import paths
from portrait_matting.preparation.record import Record, Rejection
from portrait_matting.preparation.settings import Settings
from portrait_matting.preparation.source import Source, location

_SAMPLE = 16  # portraits whose bytes tell how much disk all need


@dataclass(frozen=True)
class Copy:
    """What came out: all portraits of the copy and all files refused, and of this call how many and how long."""

    records: list[Record]
    rejections: list[Rejection]
    done: int
    seconds: float


def copy(
    source: Source, pairs: list[Pair], rejections: list[Rejection], output: Output, settings: Settings, workers: int
) -> Copy:
    """Prepares what is not prepared yet, of `pairs`, into the opened `output`.

    Portraits that an earlier source gave stay, unless this source has them and they are refused now.

    Raises:
        InputError: the disk is too small or full, or a worker was killed.
        KeyboardInterrupt: with the line to print.
    """
    began = time.perf_counter()
    records = standing(output, settings)
    key_of = {location(entry): (entry.split, entry.stem) for entry in source.entries}
    whole = _whole(source)
    rejections = [each for each in rejections if key_of[each.file] in whole or key_of[each.file] not in records]
    pairs, parted = part_from(records, pairs)
    rejections += parted
    todo = [pair for pair in pairs if not is_current(records.get((pair.split, pair.name)), pair)]
    for pair in pairs:
        if pair.user and (key := (pair.split, pair.name)) in records:  # the meta table may have come later
            records[key] = replace(records[key], user=pair.user)
    done = len(pairs) - len(todo)
    try:
        for folder in {Path(path).parent for pair in pairs for path in paths(pair.split, pair.name, settings.targets)}:
            (output.root / folder).mkdir(parents=True, exist_ok=True)
        with (
            open_pool(workers, worker.start, (source, output, settings)) as pool,
            Journal(output.unfinished / "journal") as journal,
        ):
            output.check_room(len(todo), measure(pool, todo, _SAMPLE))
            with portrait_bar(len(pairs), done) as bar:
                for count, results in in_turn(pool, todo, settings, workers):
                    fresh = [result for result in results if isinstance(result, Record)]
                    journal.add(fresh)
                    records |= {(record.split, record.name): record for record in fresh}
                    rejections += [result for result in results if isinstance(result, Rejection)]
                    bar.update(count)
                    done += count
        if not source.root.exists():  # a disk pulled out is no fault of the files that could not be read
            raise InputError(f"{source.root} is gone: mount or restore it, and the same command resumes it")
        for key in {key_of[rejection.file] for rejection in rejections} & whole:
            records.pop(key, None)
            for path in paths(*key, settings.targets):
                (output.root / path).unlink(missing_ok=True)
    except KeyboardInterrupt as stop:
        raise type(stop)(f"stopped: {done:,} of {len(pairs):,} are done; the same command resumes it") from None
    except BrokenProcessPool:
        raise InputError(
            f"a worker process was killed, most likely for want of memory; {done:,} of {len(pairs):,} are done: the "
            f"same command resumes it, and needs less memory with --workers {max(1, workers // 2)}"
        ) from None
    except OSError as error:
        raise InputError(
            f"{output.root} cannot be written ({error.strerror}); {done:,} of {len(pairs):,} are done: free space or "
            "repair the disk, and the same command resumes it"
        ) from error
    rejections += refused_before(output, pairs, key_of)
    return Copy(sorted(records.values()), sorted(set(rejections)), len(todo), time.perf_counter() - began)


def _whole(source: Source) -> set[Key]:
    """The portraits of which the source has both image and mask.

    The masks of all splits come in one zip. Beside a single split's photos, those of a split that was prepared before
    have no photo, which says nothing against what was prepared.
    """
    kinds: defaultdict[Key, set[str]] = defaultdict(set)
    for entry in source.entries:
        kinds[entry.split, entry.stem].add(entry.kind)
    return {key for key, present in kinds.items() if len(present) == 2}
