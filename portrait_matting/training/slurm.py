"""What Slurm says of the job that this process runs in: how long it may still go on."""

import os
import re
import subprocess
import time

from portrait_matting.errors import InputError

SLURM = "slurm"
"""`trainer.max_time` of a run that ends when the time limit of its Slurm job does."""
_MARGIN, _LEAST_MARGIN = 0.02, 30.0  # of the time left, and seconds: at the limit Slurm ends a job wherever it is
_CURE = "give a time, as trainer.max_time=00:01:30:00"


def seconds_left() -> float:
    """The seconds until the time limit of this Slurm job, less 2 % of them, or 30 s where that is more.

    From SLURM_JOB_END_TIME (Slurm 22.05 and later), else from `squeue`.

    Raises:
        InputError: this is no job of Slurm, or it has no time limit, or none is left, or `squeue` does not answer.
    """
    job = os.environ.get("SLURM_JOB_ID") or os.environ.get("SLURM_JOBID")
    if not job:
        raise InputError(f"trainer.max_time=slurm, but this is no job of Slurm, SLURM_JOB_ID is not set: {_CURE}")
    end = os.environ.get("SLURM_JOB_END_TIME", "")
    left = int(end) - time.time() if end.isdecimal() else _asked(job)
    usable = left - max(_MARGIN * left, _LEAST_MARGIN)
    if usable <= 0:
        raise InputError(f"trainer.max_time=slurm: {max(left, 0):.0f} s are left of job {job}, too few to train in")
    return usable


def _asked(job: str) -> float:
    command = ["squeue", "--noheader", "--jobs", job, "--format", "%L"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        said, wrong = done.stdout.strip(), done.stderr.strip() or f"exit code {done.returncode}"
    except (OSError, subprocess.TimeoutExpired) as error:
        said, wrong = "", str(error)
    if not said:
        raise InputError(f"trainer.max_time=slurm, but squeue does not tell of job {job} ({wrong}): {_CURE}")
    if (left := parse(said.splitlines()[0])) is None:
        raise InputError(f"trainer.max_time=slurm, but job {job} has no time limit, squeue says {said}: {_CURE}")
    return left


def parse(text: str) -> float | None:
    """The seconds of a time as Slurm writes it, [DAYS-][[HOURS:]MINUTES:]SECONDS; None for a word, as UNLIMITED.

    >>> parse("1-02:03:04"), parse("59:10"), parse("7"), parse("UNLIMITED")
    (93784.0, 3550.0, 7.0, None)
    """
    if not (found := re.fullmatch(r"(?:(\d+)-)?(?:(?:(\d+):)?(\d+):)?(\d+)", text.strip())):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
