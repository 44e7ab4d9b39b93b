import os
import platform
import subprocess
import sys

import pytest

from portrait_matting.disk import lock as module
from portrait_matting.disk.lock import Held, Lock

TAKE = """
import sys, time
from pathlib import Path
from portrait_matting.disk.lock import Lock
lock = Lock(Path(sys.argv[1]))
lock.take()
print("taken", flush=True)
sys.stdin.read()
"""


def other(path):
    """Another process that holds the lock until it is asked to end."""
    process = subprocess.Popen(
        [sys.executable, "-c", TAKE, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "taken\n"
    return process


def test_a_lock_is_of_one_process_and_says_of_which(tmp_path):
    with other(tmp_path / "lock") as process:
        with pytest.raises(Held, match=f"process {process.pid} on {platform.node()}"):
            Lock(tmp_path / "lock").take()
        process.kill()
    mine = Lock(tmp_path / "lock")
    mine.take(patience=5)
    assert str(os.getpid()) in (tmp_path / "lock.holder").read_text(encoding="utf-8")
    mine.close()
    assert not (tmp_path / "lock.holder").exists()


def test_a_lock_is_waited_for(tmp_path):
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    first.take()
    with pytest.raises(Held):
        second.take(patience=0.1)
    first.close()
    second.take(patience=0.1)
    second.close()
    second.close()


def test_a_removed_lock_leaves_nothing_and_can_be_taken_again(tmp_path):
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    first.take()
    first.remove()
    assert list(tmp_path.iterdir()) == []
    second.take()
    with pytest.raises(Held):
        first.take()
    second.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked here")
def test_a_forked_process_does_not_keep_it(tmp_path):
    first, (reading, writing) = Lock(tmp_path / "lock"), os.pipe()
    first.take()
    if not (child := os.fork()):
        os.read(reading, 1)
        os._exit(0)
    try:
        first.close()
        second = Lock(tmp_path / "lock")
        second.take()
        second.close()
    finally:
        os.write(writing, b".")
        os.waitpid(child, 0)
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize("error", [NotImplementedError(), OSError(module.errno.ENOLCK, "no locks available")])
def test_where_there_are_no_locks_nothing_is_held(error, tmp_path, monkeypatch):
    lock = Lock(tmp_path / "lock")

    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(type(lock._lock), "acquire", refuse)
    lock.take()
    lock.close()


def test_a_file_that_cannot_be_made_is_no_lock_of_another(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        Lock(tmp_path / "file" / "lock").take()
