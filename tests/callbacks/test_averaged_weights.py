import lightning.pytorch as L
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from portrait_matting.callbacks.averaged_weights import AveragedWeights
from portrait_matting.callbacks.last_checkpoint import LastCheckpoint

pytestmark = pytest.mark.filterwarnings("ignore:.*does not have many workers", "ignore:Checkpoint directory")

STEPS = 6


class Climbing(L.LightningModule):
    """One weight, which every step makes greater; it takes down what it was in each validation."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))
        self.scored: list[float] = []

    def training_step(self, batch, batch_idx):
        return -self.weight * batch.mean()

    def validation_step(self, batch, batch_idx):
        self.scored.append(self.weight.item())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.1)


class Looking(L.Callback):
    """Takes down the weight after each validation, as callbacks that make pictures see it."""

    def __init__(self):
        self.seen: list[float] = []

    def on_validation_end(self, trainer, pl_module):
        self.seen.append(pl_module.weight.item())


class Stopping(L.Callback):
    """Stops the run in one of its hooks, after so many steps."""

    def __init__(self, hook: str, step: int):
        self.step = step
        setattr(self, hook, self._stop)

    def _stop(self, trainer, *_):
        if trainer.global_step == self.step and not trainer.sanity_checking:
            raise KeyboardInterrupt


def fit(folder, *others, resume=None, decay=0.5):
    module = Climbing()
    average = AveragedWeights(decay)
    trainer = L.Trainer(
        max_epochs=2,
        accelerator="cpu",
        logger=False,
        callbacks=[*others, average, LastCheckpoint(folder)],
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    batches = DataLoader(torch.arange(1.0, STEPS / 2 + 1), batch_size=1)
    trainer.fit(module, batches, DataLoader(torch.zeros(2)), ckpt_path=resume, weights_only=True)
    return module, average


def test_what_looks_on_sees_what_was_scored(tmp_path):
    looking = Looking()
    module, _ = fit(tmp_path, looking)
    assert looking.seen == module.scored[1::2]  # of two batches the second
    assert len(set(looking.seen)) == 3  # the sanity check and both epochs: Adam's weight, and its average after 3 and 6


def test_a_short_run_is_no_average_of_its_beginning(tmp_path):
    """Without more ado a decay of 0.998 would leave 0.99 of the first step's weights after six."""
    fit(tmp_path, decay=0.998)
    saved = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert saved["state_dict"]["weight"] > 0.8 * saved["current_model_state"]["weight"]


@pytest.mark.parametrize("hook", ["on_train_batch_end", "on_validation_batch_end", "on_validation_end"])
def test_a_run_that_is_stopped_goes_on_as_if_it_had_not_been(tmp_path, hook):
    fit(tmp_path / "whole")
    with pytest.raises(SystemExit):
        fit(tmp_path, Stopping(hook, STEPS // 2))
    stopped = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert stopped["current_model_state"]["weight"] > stopped["state_dict"]["weight"] > 0  # the average lags behind
    fit(tmp_path, resume=tmp_path / "last.ckpt")
    whole, resumed = (torch.load(folder / "last.ckpt", weights_only=True) for folder in (tmp_path / "whole", tmp_path))
    for part in ("state_dict", "current_model_state", "averaging_state"):
        assert whole[part] == resumed[part]
