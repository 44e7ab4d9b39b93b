"""A folder of people as the command `draw` fills it, by its own workers."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest


def drawn(output):
    with suppress(OSError):
        return len(os.listdir(output / "images"))
    return 0


def tree(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def people(output, workers):
    words = [str(output), "--style", "people", "--count", "6", "--size", "80", "--workers", str(workers)]
    return subprocess.Popen(
        [sys.executable, "-m", "portrait_matting.draw", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.slow
def test_people_are_the_same_killed_and_gone_on_with_by_any_number_of_workers(bodies, tmp_path):
    outputs = [tmp_path / name for name in ("one", "two", "killed")]
    process = people(outputs[2], 1)
    while not drawn(outputs[2]) and process.poll() is None:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    process.communicate()
    assert 0 < drawn(outputs[2]) < 6
    for output, workers in zip(outputs, (1, 2, 2), strict=True):
        _, said = people(output, workers).communicate(timeout=600)
        assert "Traceback" not in said
    found = [tree(output) for output in outputs]
    assert len(found[0]) == 14
    assert found[0] == found[1] == found[2]
