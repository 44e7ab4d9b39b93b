"""Slurm by what a job sees of it: variables of the environment, and a `squeue` on the PATH."""

import os
import sys
import time

import pytest

from portrait_matting.errors import InputError
from portrait_matting.training.slurm import parse, seconds_left

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a program on the PATH is a shell script here")


@pytest.fixture(autouse=True)
def no_slurm(monkeypatch, tmp_path):
    for name in ("SLURM_JOB_ID", "SLURM_JOBID", "SLURM_JOB_END_TIME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))  # no squeue of a cluster on which the tests run


def squeue(folder, script):
    program = folder / "squeue"
    program.write_text(f"#!{sys.executable}\nimport sys\n{script}\n")
    program.chmod(0o755)


def test_the_end_that_the_environment_tells_counts_less_two_percent(monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    monkeypatch.setenv("SLURM_JOB_END_TIME", str(int(time.time()) + 7200))
    assert seconds_left() == pytest.approx(7200 * 0.98, abs=3)
    monkeypatch.setenv("SLURM_JOB_END_TIME", str(int(time.time()) + 100))
    assert seconds_left() == pytest.approx(70, abs=3)


@pytest.mark.parametrize("said, left", [("1-02:00:00", 93600), ("2:00:00", 7200), ("20:00", 1200)])
@pytest.mark.parametrize("name", ["SLURM_JOB_ID", "SLURM_JOBID"])
def test_an_older_slurm_is_asked_for_the_time_left_of_the_job(name, said, left, monkeypatch, tmp_path):
    monkeypatch.setenv(name, "17")
    squeue(tmp_path, f"assert sys.argv[1:] == ['--noheader', '--jobs', '17', '--format', '%L']\nprint('{said}')")
    assert seconds_left() == pytest.approx(left - max(0.02 * left, 30))


@pytest.mark.parametrize(
    "script, words",
    [
        (None, "squeue does not tell of job 17"),
        ("print('slurm_load_jobs error: Invalid job id', file=sys.stderr); sys.exit(1)", "Invalid job id"),
        ("print('')", "squeue does not tell of job 17"),
        ("print('UNLIMITED')", "job 17 has no time limit, squeue says UNLIMITED"),
        ("print('INVALID')", "no time limit"),
        ("print('0:20')", "20 s are left of job 17"),
    ],
)
def test_where_slurm_does_not_tell_or_no_time_is_left_one_line_says_so(script, words, monkeypatch, tmp_path):
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    if script:
        squeue(tmp_path, script)
    with pytest.raises(InputError, match=r"^trainer\.max_time=slurm") as error:
        seconds_left()
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_outside_of_slurm_one_line_says_so():
    with pytest.raises(InputError, match=r"this is no job of Slurm.*trainer\.max_time=00:01:30:00"):
        seconds_left()


def test_an_end_that_is_over_is_said(monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    monkeypatch.setenv("SLURM_JOB_END_TIME", str(int(time.time()) - 5))
    with pytest.raises(InputError, match="0 s are left of job 17"):
        seconds_left()


@pytest.mark.parametrize("text", ["NOT_SET", "", "1:2:3:4", "-5:00"])
def test_what_is_no_time_of_slurm(text):
    assert parse(text) is None
