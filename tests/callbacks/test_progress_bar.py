import sys

import lightning.pytorch as L
import pytest
from lightning.pytorch.demos.boring_classes import BoringModel as Boring

from portrait_matting.callbacks.progress_bar import ProgressBar


class BoringModel(Boring):
    def training_step(self, batch, batch_idx):
        loss = super().training_step(batch, batch_idx)["loss"]
        self.log("train/loss", loss, on_step=True, on_epoch=True)
        return loss


def shown(tmp_path, capsys, accelerator="cpu"):
    """What a fit and a test write to stdout and stderr."""
    bar = ProgressBar(accelerator)
    trainer = L.Trainer(
        accelerator="cpu", max_epochs=1, limit_train_batches=4, limit_val_batches=1, limit_test_batches=1,
        callbacks=[bar], logger=False, enable_checkpointing=False, enable_model_summary=False,
        default_root_dir=tmp_path,
    )  # fmt: skip
    trainer.fit(BoringModel())
    trainer.test(BoringModel(), verbose=False)
    return "".join(capsys.readouterr()), bar


def test_where_nobody_watches_nothing_is_written(tmp_path, capsys):
    assert "Epoch" not in shown(tmp_path, capsys)[0]


def test_a_terminal_shows_training_and_test(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    said, _ = shown(tmp_path, capsys)
    assert "Epoch 0: 100%" in said
    assert "loss=" in said
    assert "v_num" not in said
    assert "Testing" in said


@pytest.mark.parametrize("accelerator, batches", [("cpu", 1), ("cuda", 20)])
def test_on_a_card_it_waits_seldom(accelerator, batches):
    assert ProgressBar(accelerator).refresh_rate == batches
