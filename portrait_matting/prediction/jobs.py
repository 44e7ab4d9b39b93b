"""Which input becomes which file, what is finished already, and what must not be written over."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from portrait_matting.disk.atomic_write import write_bytes
from portrait_matting.errors import InputError
from portrait_matting.prediction.cutout_file import Style
from portrait_matting.prediction.inputs import is_video
from portrait_matting.prediction.names import Input, shown, target
from portrait_matting.prediction.summary import Summary


@dataclass(frozen=True)
class CutOutJob:
    """A file to read, and the one to write."""

    source: Path
    target: Path


def plan_jobs(
    inputs: Sequence[Input], output: Path, style: Style, overwrite: bool = False
) -> tuple[list[CutOutJob], Summary]:
    """What is to be done, and what already is or cannot be.

    A file that is there is finished, since it is written whole or not at all: so a stopped call can be resumed.

    Args:
        inputs: of `find_inputs`.
        output: the folder that they are cut out into.
        style: what is written of a photo; of a video it is .webm, or .mp4 before a background.
        overwrite: does again what is there, but for a file that is itself an input.
    """
    jobs, summary = [], Summary()
    input_files = {_identity(source.path) for source in inputs} - {None}
    for source in inputs:
        try:
            job = CutOutJob(source.path, target(output, source.name, _suffix(source.path, style)))
            if (identity := _identity(job.target)) in input_files:
                raise InputError(
                    f"{shown(source.path)} would become {shown(job.target)}, an input: give another --output"
                )
        except InputError as error:
            summary.failed.append(str(error))
            continue
        if identity is not None and not overwrite:
            summary.existed += 1
        else:
            jobs.append(job)
    return jobs, summary


def _suffix(path: Path, style: Style) -> str:
    if not is_video(path):
        return style.suffix
    if style.matte:
        raise InputError(f"{shown(path)} is a video, of which no matte alone is written")
    return ".webm" if style.background is None else ".mp4"


def check_writable(output: Path) -> None:
    """Makes the folder if need be.

    Raises:
        InputError: the folder cannot be made, or not be written into.
    """
    if output.exists() and not output.is_dir():
        raise InputError(f"{output} is a file: give a folder as --output")
    try:
        output.mkdir(parents=True, exist_ok=True)
        trial = output / f".{os.getpid()}.trial"
        write_bytes(trial, b"")
        trial.unlink()
    except OSError as error:
        raise InputError(f"{output} cannot be written ({error.strerror}): give another --output") from error


def _identity(path: Path) -> tuple[int, int] | None:
    """What makes two paths the same file; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
