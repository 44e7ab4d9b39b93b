"""A folder that a command fills: by one command at a time, files whole or absent, its worker processes included."""

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from portrait_matting.disk.atomic_write import atomic_write
from portrait_matting.disk.lock import Held, Lock
from portrait_matting.errors import InputError

UNFINISHED = ".unfinished"
_WORKER = "worker-"  # and its number: the lock of a worker process
_MARGIN, _LOST = 1.1, 3 * 2048  # the sample is not the whole; each of up to three files ends within a block of 4 KiB


class WorkFolder:
    """A folder, held by one command. Picklable: its workers hold a part of it, each by `join`.

    A command takes the folder's lock, and each of its workers one of its own beside the unfinished files. Another
    command takes the first, then waits for those of all workers that the last one left behind: so it begins only when
    no process of that is left to write. A worker that comes later than that finds its parent process gone (see
    `cli.process_pool.begin_worker`), since a parent process that lives still has the folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.unfinished = root / UNFINISHED
        self._lock = Lock(root / ".lock")

    def take(self, patience: float) -> None:
        """Takes the lock, and waits for the end of workers that were left behind, all within `patience` seconds.

        Raises:
            Held: another command has the folder; the lock may have been taken by then.
            OSError: the folder cannot be written.
        """
        deadline = time.monotonic() + patience
        self._lock.take(patience)
        for path in sorted(self.unfinished.glob(f"{_WORKER}*[0-9]")):
            worker = Lock(path)
            worker.take(max(0.0, deadline - time.monotonic()))
            worker.close()

    def take_alone(self, patience: float, others: str) -> None:
        """As `take`, and says in a line who has the folder: `others`, such as "another process draws into".

        Raises:
            InputError: another command has the folder.
            OSError: it cannot be written.
        """
        try:
            self.take(patience)
        except Held as other:
            raise InputError(f"{others} {self.root} ({other}): wait for its end, or give another OUTPUT") from None

    def clear(self, keep: str | None = None) -> None:
        """Makes the room for unfinished files, and clears away what was left half written there, all but `keep`."""
        self.unfinished.mkdir(exist_ok=True)
        for left in self.unfinished.iterdir():
            if left.name != keep:
                left.unlink()

    def check_room(self, count: int, sample: Sequence[int]) -> None:
        """Refuses a disk that will not hold so many portraits more, by the bytes of a sample of them.

        Raises:
            InputError: the disk is too small.
        """
        if not sample:
            return
        needed = count * (sum(sample) / len(sample) * _MARGIN + _LOST)
        free = shutil.disk_usage(self.root).free
        if free < needed:
            raise InputError(
                f"{self.root} has {human(free)} free, and {count:,} portraits need about {human(needed)}: free "
                "space, give an OUTPUT on another disk, or a smaller --size"
            )

    def join(self) -> None:
        """Takes a lock of its own, in a worker: from now on another command waits for this process's end."""
        self._lock = Lock(self.unfinished / f"{_WORKER}{os.getpid()}")
        self._lock.take()

    def write(self, path: str, content: bytes) -> None:
        """Writes a file of the folder, by its path in it: the whole of it, or none."""
        with atomic_write(self.root / path, self.unfinished / f"{os.getpid()}") as unfinished:
            unfinished.write_bytes(content)

    def finish(self) -> None:
        """Clears away what was unfinished and the lock: everything is in place, and nothing is written after this."""
        shutil.rmtree(self.unfinished)
        self._lock.remove()

    def give_up(self) -> None:
        """Gives the lock back and leaves no file of it, where nothing was begun."""
        self._lock.remove()

    def close(self) -> None:
        """Gives the lock back."""
        self._lock.close()

    def __getstate__(self) -> dict:
        return {"root": self.root, "unfinished": self.unfinished}


def human(size: float) -> str:
    """Bytes in the unit that reads best, by powers of 1,000 as disks are sold.

    >>> human(91_800_000_000)
    '91.8 GB'
    """
    power = max(power for power in range(5) if power == 0 or size >= 1000**power)
    return f"{size / 1000**power:,.{min(1, power)}f} {('bytes', 'kB', 'MB', 'GB', 'TB')[power]}"
