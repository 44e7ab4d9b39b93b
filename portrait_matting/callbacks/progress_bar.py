"""The bar of training, validation and test: one line that moves at a terminal, and nothing where nobody watches."""

import sys

import lightning.pytorch as L
from lightning.pytorch.callbacks import TQDMProgressBar

_ON_A_CARD = 20  # batches between two refreshes: each waits for the card, to show the loss


class ProgressBar(TQDMProgressBar):
    """tqdm's bar on stdout, and no other kind, whatever is installed; none where stdout is no terminal.

    In a file every refresh would be a piece of one endless line. The loss is read at a refresh and not at every batch,
    as Lightning does of what is logged with `prog_bar`, whether there is a bar or not.

    Args:
        accelerator: that the run trains on.
    """

    def __init__(self, accelerator: str) -> None:
        super().__init__(refresh_rate=_ON_A_CARD if accelerator == "cuda" else 1)

    @property
    def is_enabled(self) -> bool:
        return super().is_enabled and sys.stdout.isatty()

    def get_metrics(self, trainer: L.Trainer, pl_module: L.LightningModule) -> dict[str, int | str | float]:
        shown = super().get_metrics(trainer, pl_module)
        shown.pop("v_num", None)  # the version of a logger's folder: ours has none
        loss = trainer.callback_metrics.get("train/loss")
        return shown if loss is None else {"loss": loss.item(), **shown}
