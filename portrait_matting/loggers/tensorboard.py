"""The logger of TensorBoard: event files in the run's folder."""

from collections.abc import Mapping

from lightning.pytorch.loggers import TensorBoardLogger

from portrait_matting.errors import InputError
from portrait_matting.loggers.axes import EPOCH
from portrait_matting.loggers.names import tidied


def tensorboard_logger(run_dir: str) -> TensorBoardLogger:
    """Writes TensorBoard's event files into the run's folder: `tensorboard --logdir runs`. A resumed run adds another
    file, which is shown as the same run's.
    """
    try:
        return _TensorBoard(run_dir, name="", version="", default_hp_metric=False)
    except ModuleNotFoundError as error:
        raise InputError("logger=tensorboard needs TensorBoard: pip install 'portrait-matting[tensorboard]'") from error


class _TensorBoard(TensorBoardLogger):
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        # The epoch is for wandb to draw over; here it would be a chart.
        super().log_metrics({name: value for name, value in tidied(metrics).items() if name != EPOCH}, step)

    def save(self) -> None:
        self.experiment.flush()  # and no hparams.yaml: config.yaml lies beside it
