import errno
import os
import shutil
import signal

import pytest
import torch

from portrait_matting.callbacks.interruption import StopBetweenSteps, WholeCheckpoints
from portrait_matting.cli.explain import explain


@pytest.fixture
def callback():
    before = signal.getsignal(signal.SIGINT)
    callback = StopBetweenSteps()
    callback.on_train_start(None, None)
    yield callback
    callback.on_train_end(None, None)
    assert signal.getsignal(signal.SIGINT) is before


def ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)


def test_the_first_is_held_until_the_step_is_complete(callback):
    callback.on_train_batch_end(None, None)
    ctrl_c()
    with pytest.raises(KeyboardInterrupt):
        callback.on_train_batch_end(None, None)


def test_the_second_acts_at_once(callback):
    ctrl_c()
    with pytest.raises(KeyboardInterrupt):
        ctrl_c()


def test_a_full_disk_leaves_the_old_checkpoint_whole(tmp_path, monkeypatch):
    place = tmp_path / "checkpoints" / "last.ckpt"
    WholeCheckpoints().save_checkpoint({"step": 1}, place)
    move = shutil.move

    def into_a_full_disk(source, target, *arguments, **named):
        move(source, target, *arguments, **named)
        with open(target, "r+b") as file:
            file.truncate(10)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(source))

    monkeypatch.setattr(shutil, "move", into_a_full_disk)
    with pytest.raises(OSError, match=r"No space left on device: '.*last\.ckpt'") as error:
        WholeCheckpoints().save_checkpoint({"step": 2}, place)
    assert "Make room" in explain(error.value)
    assert torch.load(place, weights_only=True) == {"step": 1}
    assert [path.name for path in place.parent.iterdir()] == ["last.ckpt"]
    monkeypatch.undo()
    WholeCheckpoints().save_checkpoint({"step": 2}, place)
    assert torch.load(place, weights_only=True) == {"step": 2}
