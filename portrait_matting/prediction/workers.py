"""Threads that cut out photos, each taking one photo all the way from its file to that of the cut-out.

Decoding, the network, the refinement and encoding let go of Python's lock. On a CPU a worker has its share of the cores
for the network too: photos side by side keep all cores busy, which the operations on one photo do not. On a graphics
card the workers share the network.
"""

import errno
import os
import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from portrait_matting.disk.atomic_write import write_bytes
from portrait_matting.errors import InputError
from portrait_matting.images.pictures import count_pictures
from portrait_matting.matte.matter import Matter
from portrait_matting.prediction.cutout_file import Style, encode
from portrait_matting.prediction.jobs import CutOutJob
from portrait_matting.prediction.mark import Mark, mark_of, read_mark, sealed
from portrait_matting.prediction.names import shown
from portrait_matting.prediction.photo_file import read_photo
from portrait_matting.prediction.pixel_budget import PixelBudget, pixels
from portrait_matting.prediction.shared_network import SharedNetwork

MOST_PIXELS = 96_000_000
"""Of all photos under way together. A pixel needs up to 30 bytes."""
BATCH_SIZE = 8
"""Photos that a graphics card sees together."""
# Faults of one name, not of the disk: too long, not allowed there, or a folder or a file stands in its way.
_OF_ONE_FILE = {errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ, errno.EISDIR, errno.ENOTDIR, errno.EEXIST}


@dataclass(frozen=True)
class Ended:
    """A job that has come to its end: well, or with what went wrong with this photo, or with every photo.

    Args:
        job: the job.
        reason: what went wrong with this photo.
        fatal: what went wrong with every photo.
        target: where its result is.
        pictures: that the photo's file holds, of which the first is cut out.
    """

    job: CutOutJob
    reason: str | None = None
    fatal: Exception | None = None
    target: Path | None = None
    pictures: int = 1


class Workers:
    """Workers, who begin at once.

    Args:
        jobs: what to do.
        matter: photo to cut-out.
        style: what is written.
        count: how many they are.
        threads: that each computes with.

    Attributes:
        ended: jobs as they come to their end.
        written: how many files stand in their place.
    """

    def __init__(self, jobs: Sequence[CutOutJob], matter: Matter, style: Style, count: int, threads: int) -> None:
        self.matter, self.style, self.threads = matter, style, threads
        self.ended: queue.SimpleQueue[Ended] = queue.SimpleQueue()
        self.written = 0
        self._jobs, self._at_work, self._writing, self._stopped = iter(jobs), count, 0, False
        self._room, self._changed = PixelBudget(MOST_PIXELS), threading.Condition()
        self._shared = SharedNetwork(matter, BATCH_SIZE) if matter.predictor.device == "cuda" else None
        for _ in range(count):
            threading.Thread(target=self._work, daemon=True).start()

    def stop(self) -> None:
        """No file is being written when this returns, and none will be. Each worker ends with the step it is at."""
        with self._changed:
            self._stopped = True
            self._changed.wait_for(lambda: not self._writing)

    def _work(self) -> None:
        torch.set_num_threads(self.threads)  # of what this thread computes
        while job := self._next():
            try:
                self.ended.put(self._cut_out(job))
            except _Stopped:
                break
            except InputError as error:
                self.ended.put(Ended(job, str(error)))
            except _Unwritable as error:
                self.ended.put(Ended(job, fatal=error.cause))
            except MemoryError:
                reason = (
                    f"{shown(job.source)} needs more memory than there is: give fewer --workers, or make it smaller"
                )
                self.ended.put(Ended(job, reason))
            except Exception as error:  # that no code was prepared for one of thousands does not stop the others
                fatal = error if "PORTRAIT_MATTING_DEBUG" in os.environ else None
                reason = f"{shown(job.source)}: {type(error).__name__}: {' '.join(str(error).split())}"
                self.ended.put(Ended(job, reason, fatal))
        with self._changed:
            self._at_work -= 1
            if self._shared and not self._at_work:
                self._shared.close()

    def _next(self) -> CutOutJob | None:
        with self._changed:
            return None if self._stopped else next(self._jobs, None)

    def _cut_out(self, job: CutOutJob) -> Ended:
        with self._room.take(pixels(job.source)):
            self._check()
            mark = mark_of(
                job.source, job.settings
            )  # before the photo is read: if it is changed meanwhile, it is done again another time
            photo = read_photo(job.source)
            self._check()
            matte = self._shared(photo.image) if self._shared else self.matter.mattes([photo.image])[0]
            self._check()
            cut_out = self.matter.cut_out(photo.image, matte)
            self._check()
            content = sealed(encode(cut_out, photo, self.style, mark.text() if mark else ""))
        with self._write():
            target = _write(job, content, mark)
        return Ended(job, target=target, pictures=count_pictures(job.source))

    def _check(self) -> None:
        if self._stopped:
            raise _Stopped

    @contextmanager
    def _write(self) -> Iterator[None]:
        with self._changed:
            self._check()
            self._writing += 1
        written = False
        try:
            yield
            written = True
        finally:
            with self._changed:
                self.written += written
                self._writing -= 1
                self._changed.notify_all()


class _Stopped(Exception):
    """The call has ended."""


class _Unwritable(Exception):
    """The disk takes no more."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _write(job: CutOutJob, content: bytes, mark: Mark | None) -> Path:
    """Writes a job's result, and gives where: under another name if its own was taken by another call meanwhile."""
    for target in job.targets():
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(target, content, replace=job.replace)
        except OSError as error:
            if isinstance(error, FileExistsError) and not job.replace and target.is_file():
                there = read_mark(target)
                if mark and there and there.of_same(mark):
                    return target  # that call has done the same
                continue
            if error.errno in _OF_ONE_FILE:
                raise InputError(f"{shown(target)} cannot be written ({error.strerror}): rename the photo") from error
            raise _Unwritable(error) from error
        return target
    raise InputError(
        f"{shown(job.target)} was written by somebody else meanwhile: look at it, or give another --output"
    )
