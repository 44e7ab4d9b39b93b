"""Many photos to their cut-outs: several at once, in bounded memory, stopped at once, and gone on with."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import cv2
import torch

from portrait_matting.errors import InputError
from portrait_matting.matte.matter import Matter
from portrait_matting.prediction.cutout_file import Background, Style
from portrait_matting.prediction.jobs import CutOutJob
from portrait_matting.prediction.mark import mark_of
from portrait_matting.prediction.names import shown
from portrait_matting.prediction.progress import Progress
from portrait_matting.prediction.summary import Summary
from portrait_matting.prediction.video import cut_out_video
from portrait_matting.prediction.workers import Workers


def cut_out_all(jobs: Sequence[CutOutJob], matter: Matter, style: Style, workers: int, progress: Progress) -> Summary:
    """Cuts out photos and writes their files. One that cannot be read is passed over.

    Args:
        jobs: of `jobs.plan`.
        matter: photo to cut-out.
        style: what is written.
        workers: threads in all: photos under way at once, and where those are fewer, threads for each of them.
        progress: shows each to the user.

    Raises:
        InputError: the disk is full or fails, as it would for every other photo.
        KeyboardInterrupt: Ctrl-C, with the line to print. No file is left half written; threads end with their step.
    """
    began, summary = time.perf_counter(), Summary()
    if not jobs:
        return summary
    at_once = min(workers, len(jobs))
    with _threads_each(workers // at_once) as threads:
        crew = Workers(jobs, matter, style, at_once, threads)
        try:
            for _ in jobs:
                ended = crew.ended.get()
                if ended.fatal is not None:
                    raise ended.fatal
                summary.count(ended.reason, ended.job.replace)
                if ended.target not in (None, ended.job.target):
                    summary.evaded.append((ended.job.source, ended.target))
                if ended.pictures > 1:
                    summary.several.append((ended.job.source, ended.pictures))
                progress.photo(ended.reason)
        except KeyboardInterrupt as stop:
            crew.stop()
            raise type(stop)(f"stopped: {_state(crew, jobs)}; the same command resumes it") from None
        except OSError as error:
            crew.stop()
            raise InputError(
                f"{shown(error.filename or 'a file')} cannot be written ({error.strerror}); {_state(crew, jobs)}: "
                "free space or repair the disk, and the same command resumes it"
            ) from error
        finally:
            crew.stop()
    summary.seconds = time.perf_counter() - began
    return summary


def cut_out_videos(
    jobs: Sequence[CutOutJob],
    matter: Matter,
    background: Background | None,
    smoothing: float,
    progress: Progress,
) -> Summary:
    """Cuts out videos one after the other, since each keeps all cores busy.

    Args:
        jobs: of `jobs.plan`.
        matter: photo to cut-out.
        background: a colour, a picture or a blur; None writes alpha.
        smoothing: see `video.cut_out_video`.
        progress: shows each frame to the user.
    """
    began, summary = time.perf_counter(), Summary()
    for job in jobs:
        try:
            job.target.parent.mkdir(parents=True, exist_ok=True)
            mark = mark_of(job.source, job.settings)
            cut_out_video(
                job.source,
                job.target,
                matter,
                background,
                smoothing,
                partial(progress.frame, job.source),
                mark.text() if mark else "",
                job.replace,
            )
            summary.count(None, job.replace)
        except InputError as error:
            summary.count(str(error))
            progress.failed(str(error))
    summary.seconds = time.perf_counter() - began
    return summary


def _state(crew: Workers, jobs: Sequence[CutOutJob]) -> str:
    return f"{crew.written:,} of {len(jobs):,} are done"


@contextmanager
def _threads_each(threads: int) -> Iterator[int]:
    before = torch.get_num_threads(), cv2.getNumThreads()
    cv2.setNumThreads(threads)
    try:
        yield threads
    finally:
        torch.set_num_threads(before[0])  # the workers' choice is the default of threads to come
        cv2.setNumThreads(before[1])
