"""A worker process: takes photos, labels them, writes their files, and ends with its parent process."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import torch

from portrait_matting.cli.process_pool import begin_worker
from portrait_matting.labelling.folder import LabelFolder
from portrait_matting.labelling.label_file import Mark, digest, encode
from portrait_matting.labelling.record import Record, Rejection
from portrait_matting.labelling.teacher import PhotoError, Teacher


@dataclass(frozen=True)
class Job:
    """What every worker is given.

    Attributes:
        teacher: who labels.
        folder: that is filled.
        photos: the folder of photos.
        min_confidence: below it a label is left out.
        copy: copies photos even where hard links would do.
    """

    teacher: Teacher
    folder: LabelFolder
    photos: Path
    min_confidence: float
    copy: bool


@dataclass(frozen=True)
class Done:
    """What came of a photo, whether its label was made just now, and the bytes that were written for it."""

    result: Record | Rejection
    made: bool = False
    size: int = 0


_job: Job


def start(job: Job) -> None:
    """Makes this process a worker, of one thread."""
    global _job
    begin_worker(job.folder.join)
    cv2.setNumThreads(0)  # the workers are the parallelism
    torch.set_num_threads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # of broken files, which are reported by name
    job.teacher.build()
    _job = job


def work(photos: list[tuple[str, Path]]) -> list[Done]:
    """Labels photos, by name and file, unless their labels are there."""
    return [label_photo(_job, name, path) for name, path in photos]


def label_photo(job: Job, name: str, path: Path) -> Done:
    """Labels one photo, or finds its label, and puts both where they belong.

    Raises:
        InputError: the network is at fault.
        OSError: the disk is full or fails.
    """
    try:
        return _labelled(job, name, path)
    except PhotoError as error:
        return Done(Rejection(path.relative_to(job.photos).as_posix(), str(error)))


def record_of(mark: Mark, name: str, photo: str, min_confidence: float) -> Record:
    """The row of a label."""
    kept = mark.confidence is None or mark.confidence >= min_confidence
    return Record(name, photo, mark.confidence, kept, mark.coverage, mark.height, mark.width)


def _labelled(job: Job, name: str, path: Path) -> Done:
    try:
        photo = path.read_bytes()
    except OSError as error:
        raise PhotoError(f"cannot be read: {error.strerror or error}") from error
    made_of = digest(photo, *job.teacher.others(name))
    mark, label = job.folder.mark(name), None
    if mark is None or mark.made_of != made_of:
        alpha, confidence = job.teacher.label(name, photo, path)
        label, mark = encode(alpha, made_of, confidence)
    record = record_of(mark, name, path.relative_to(job.photos).as_posix(), job.min_confidence)
    size = job.folder.put(name, path, record.kept, label, job.copy)
    return Done(record, label is not None, size)
