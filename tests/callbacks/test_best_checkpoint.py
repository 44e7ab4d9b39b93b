from pathlib import Path

import lightning.pytorch as L
import pytest
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.demos.boring_classes import BoringModel

from portrait_matting.callbacks.best_checkpoint import BestCheckpoint, read, scores
from portrait_matting.callbacks.last_checkpoint import LastCheckpoint
from portrait_matting.errors import InputError


class Scored(BoringModel):
    """One whose validations measure what is given, in their order."""

    def __init__(self, *measured, name="val/mad"):
        super().__init__()
        self.measured, self.name = list(measured), name

    def on_validation_epoch_end(self):
        self.log(self.name, torch.tensor(self.measured.pop(0), dtype=torch.float64))


def fitted(folder, *measured, epochs, resume=None, **given):
    best = BestCheckpoint(folder, **given)
    trainer = L.Trainer(
        accelerator="cpu", callbacks=[best, LastCheckpoint(folder, 0)], logger=False, enable_progress_bar=False,
        enable_model_summary=False, num_sanity_val_steps=0, max_epochs=epochs, limit_train_batches=2,
        limit_val_batches=1,
    )  # fmt: skip
    trainer.fit(Scored(*measured, name=best.monitor), ckpt_path=resume, weights_only=True)
    return best


def epoch(folder):
    return read(Path(folder) / "best.ckpt")["epoch"]


@pytest.fixture
def run(tmp_path):
    """Three epochs, of which the second is the best."""
    fitted(tmp_path / "run", 0.4, 0.3, 0.35, epochs=3)
    return tmp_path / "run"


def test_it_is_of_the_best_validation_and_says_how_good_it_is(run):
    assert epoch(run) == 1
    assert scores(read(run / "best.ckpt")) == {"val/mad": 0.3}


@pytest.mark.parametrize("how", ["in place", "moved", "by a link", "another system's path"])
@pytest.mark.parametrize("then, kept", [((0.5, 0.31), 1), ((0.5, 0.29), 4)])
def test_a_resumed_run_keeps_the_best(then, kept, how, run, tmp_path):
    folder = run
    if how == "moved":
        folder = run.rename(tmp_path / "elsewhere")
    elif how == "by a link":
        (tmp_path / "link").symlink_to(run)
        folder = tmp_path / "link"
    elif how == "another system's path":
        checkpoint = torch.load(run / "last.ckpt", weights_only=True)
        for state in checkpoint["callbacks"].values():
            state |= {"dirpath": "C:\\runs", "best_model_path": "C:\\runs\\best.ckpt"} if "dirpath" in state else {}
        torch.save(checkpoint, run / "last.ckpt")
    best = fitted(folder, *then, epochs=5, resume=folder / "last.ckpt")
    assert epoch(folder) == kept
    assert float(best.best_model_score) == min(0.3, *then)


def test_one_that_was_written_after_the_checkpoint_that_is_resumed_is_kept(run):
    early = torch.load(run / "last.ckpt", weights_only=True)
    fitted(run, 0.2, 0.6, epochs=5, resume=run / "last.ckpt")
    torch.save(early, run / "last.ckpt")  # the run was killed before the last one was written
    fitted(run, 0.25, 0.6, epochs=5, resume=run / "last.ckpt")
    assert scores(read(run / "best.ckpt")) == {"val/mad": 0.2}


def test_where_it_is_gone_the_next_validation_is_the_best(run):
    (run / "best.ckpt").unlink()
    fitted(run, 0.6, 0.5, epochs=5, resume=run / "last.ckpt")
    assert scores(read(run / "best.ckpt")) == {"val/mad": 0.5}


def test_one_of_weights_alone_is_as_good_as_the_last_one_tells(run):
    alone = torch.load(run / "best.ckpt", weights_only=True)
    torch.save({key: alone[key] for key in ("state_dict", "epoch", "global_step")}, run / "best.ckpt")
    fitted(run, 0.6, 0.5, epochs=5, resume=run / "last.ckpt")
    assert epoch(run) == 1


def test_a_metric_that_is_better_when_higher(tmp_path):
    fitted(tmp_path, 0.4, 0.6, 0.5, epochs=3, monitor="val/iou")
    assert epoch(tmp_path) == 1


@pytest.mark.parametrize(
    "given, words",
    [
        ({"monitor": "val/nonsense"}, "monitor=val/nonsense is measured in no validation: .*val/mad"),
        ({"monitor": "train/loss"}, "monitor=train/loss"),
        ({"monitor": "val/iou", "mode": "min"}, "mode=min keeps the worst val/iou"),
        ({"mode": "max"}, "mode=max keeps the worst val/mad"),
    ],
)
def test_what_would_keep_another_than_the_best_is_refused(given, words, tmp_path):
    with pytest.raises(InputError, match=words):
        BestCheckpoint(tmp_path, **given)


def test_checkpoints_of_earlier_runs_know_it_by_its_old_name(tmp_path):
    assert BestCheckpoint(tmp_path).state_key == ModelCheckpoint(tmp_path, monitor="val/mad").state_key


def test_a_truncated_one_is_named(tmp_path):
    (tmp_path / "best.ckpt").write_bytes(b"half")
    with pytest.raises(InputError, match=r"best\.ckpt is no checkpoint, or is truncated"):
        read(tmp_path / "best.ckpt")


def test_a_source_of_a_mix_may_choose(tmp_path):
    assert BestCheckpoint(tmp_path, "val/real/mad").mode == "min"
    assert BestCheckpoint(tmp_path, "val/real/iou").mode == "max"
    for none in ("val/real/madd", "test/real/mad", "val/a/b/mad"):
        with pytest.raises(InputError, match="is measured in no validation"):
            BestCheckpoint(tmp_path, none)
