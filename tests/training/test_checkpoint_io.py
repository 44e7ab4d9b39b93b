import errno
import os
import shutil

import pytest
import torch

from portrait_matting.cli.explain import explain
from portrait_matting.training.checkpoint_io import AtomicCheckpointIO


def test_a_full_disk_leaves_the_old_checkpoint_whole(tmp_path, monkeypatch):
    place = tmp_path / "checkpoints" / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint({"step": 1}, place)
    move = shutil.move

    def into_a_full_disk(source, target, *arguments, **named):
        move(source, target, *arguments, **named)
        with open(target, "r+b") as file:
            file.truncate(10)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(source))

    monkeypatch.setattr(shutil, "move", into_a_full_disk)
    with pytest.raises(OSError, match=r"No space left on device: '.*last\.ckpt'") as error:
        AtomicCheckpointIO().save_checkpoint({"step": 2}, place)
    assert "Make room" in explain(error.value)
    assert torch.load(place, weights_only=True) == {"step": 1}
    assert [path.name for path in place.parent.iterdir()] == ["last.ckpt"]
    monkeypatch.undo()
    AtomicCheckpointIO().save_checkpoint({"step": 2}, place)
    assert torch.load(place, weights_only=True) == {"step": 2}
