"""The folder that a copy grows in: one preparation at a time, settings that cannot change, files whole or absent."""

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from portrait_matting.disk.atomic_write import atomic_write
from portrait_matting.disk.lock import Held, Lock
from portrait_matting.errors import InputError
from portrait_matting.preparation.settings import Settings, check_settings

UNFINISHED = ".unfinished"
_WORKER = "worker-"  # and its number: the lock of a worker process
_MARGIN, _LOST = 1.1, 3 * 2048  # the sample is not the whole; each of up to three files ends within a block of 4 KiB
_PATIENCE = 10.0  # seconds in which the workers of a killed preparation see that it is gone and end


class Output:
    """An output folder, held by one preparation. Picklable: its workers hold a part of it, each by `join`.

    A preparation takes the folder's lock, and each of its workers one of its own beside the unfinished files. Another
    preparation takes the first, then waits for those of all workers that the last one left behind: so it begins only
    when no process of that is left to write. A worker that comes later than that finds its parent process gone (see
    `worker.start`), since a parent process that lives still has the folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.unfinished = root / UNFINISHED
        self._lock = Lock(root / ".lock")

    def open(self, settings: Settings) -> None:
        """Makes the folder if need be, takes the lock, and clears away what was left half written.

        Raises:
            InputError: the folder holds other things, or a copy with other settings, or another preparation is at
                work in it, or it cannot be written.
        """
        path = self.root / "settings.json"
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            if not path.exists() and any(entry.name[0] != "." for entry in os.scandir(self.root)):
                raise InputError(f"{self.root} holds other things already: give an empty or a new folder as OUTPUT")
            self._take_alone()
            if existing := path.read_text(encoding="utf-8") if path.exists() else "":
                check_settings(existing, settings, path)
            else:
                path.write_text(settings.text(), encoding="utf-8")
            self.unfinished.mkdir(exist_ok=True)
            for left in self.unfinished.iterdir():
                if left.name != "journal":
                    left.unlink()
        except OSError as error:
            self._lock.remove()
            raise InputError(f"{self.root} cannot be written ({error.strerror}): give another OUTPUT") from error
        except InputError:
            self._lock.remove()
            raise

    def check_room(self, portraits: int, sample: Sequence[int]) -> None:
        """Refuses a disk that will not hold so many portraits more, by the bytes of a sample of them.

        Raises:
            InputError: there is less room than they need.
        """
        if not sample:
            return
        needed = portraits * (sum(sample) / len(sample) * _MARGIN + _LOST)
        free = shutil.disk_usage(self.root).free
        if free < needed:
            raise InputError(
                f"{self.root} has {human(free)} free, and {portraits:,} portraits need about {human(needed)}: free "
                "space, give an OUTPUT on another disk, or a smaller --size"
            )

    def join(self) -> None:
        """Takes a lock of its own, in a worker: from now on another preparation waits for this process's end."""
        self._lock = Lock(self.unfinished / f"{_WORKER}{os.getpid()}")
        self._lock.take()

    def write(self, path: str, content: bytes) -> None:
        """Writes a file of the copy: the whole of it, or none."""
        with atomic_write(self.root / path, self.unfinished / f"{os.getpid()}") as unfinished:
            unfinished.write_bytes(content)

    def finish(self) -> None:
        """Clears away the journal and the lock: everything is in its place, and nothing is written after this."""
        shutil.rmtree(self.unfinished)
        self._lock.remove()

    def close(self) -> None:
        """Gives the lock back."""
        self._lock.close()

    def _take_alone(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        try:
            self._lock.take(_PATIENCE)
            for path in sorted(self.unfinished.glob(f"{_WORKER}*[0-9]")):
                worker = Lock(path)
                worker.take(max(0.0, deadline - time.monotonic()))
                worker.close()
        except Held as other:
            raise InputError(
                f"another preparation is at work in {self.root} ({other}): wait for its end, or give another OUTPUT"
            ) from None

    def __getstate__(self) -> dict:
        return {"root": self.root, "unfinished": self.unfinished}


def check_place(source: Path, output: Path) -> None:
    """Refuses an output folder that would mix with the source.

    Raises:
        InputError: `output` is `source`, or lies where the pictures of `source` are looked for.
    """
    inside, root = output.resolve(), source.resolve()
    if inside == root:
        raise InputError(f"OUTPUT is SOURCE, {source}: give another folder, the originals stay as they are")
    if inside.is_relative_to(root) and inside.relative_to(root).parts[0] in ("images", "annotations"):
        raise InputError(f"OUTPUT {output} is among the pictures of SOURCE {source}: give a folder outside it")


def human(size: float) -> str:
    """Bytes in the unit that reads best, by powers of 1,000 as disks are sold.

    >>> human(91_800_000_000)
    '91.8 GB'
    """
    power = max(power for power in range(5) if power == 0 or size >= 1000**power)
    return f"{size / 1000**power:,.{min(1, power)}f} {('bytes', 'kB', 'MB', 'GB', 'TB')[power]}"
