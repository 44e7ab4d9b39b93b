"""The composed recipe in the dashboards."""

from collections.abc import Iterable, Mapping
from typing import Any

from lightning.pytorch.loggers import Logger, TensorBoardLogger, WandbLogger
from omegaconf import OmegaConf

from portrait_matting.config.difference import essence
from portrait_matting.loggers.axes import define_axes, lay_out

RANKED_BY = ("val/mad", "val/iou", "test/mad", "test/band_mad", "test/iou")
"""The metrics that stand beside the recipe in TensorBoard's tab HParams."""


def log_recipe(loggers: Iterable[Logger], config: Mapping[str, Any]) -> None:
    """Opens the dashboards of a run: their axes, and the recipe; the run's folder has it as `config.yaml` already.

    wandb gets it whole as the run's config; TensorBoard whole as text, and what decides about the network as HParams.
    """
    sources = list((config.get("data") or {}).get("sources") or {})
    for logger in loggers:
        if isinstance(logger, WandbLogger):
            define_axes(logger.experiment, sources)
            logger.log_hyperparams(dict(config))
        elif isinstance(logger, TensorBoardLogger):
            from torch.utils.tensorboard.summary import hparams  # TensorBoard need not be installed

            writer = logger.experiment
            lay_out(writer, bool(sources))
            log_text(logger, "recipe", config)
            for summary in hparams(_plain(essence(config)), dict.fromkeys(RANKED_BY, 0.0)):
                writer.file_writer.add_summary(summary)
            writer.flush()


def log_summary(loggers: Iterable[Logger], cost: Mapping[str, float]) -> None:
    """Puts what a run cost beside its scores in wandb's table of runs, as `cost/NAME`."""
    for logger in loggers:
        if isinstance(logger, WandbLogger):
            logger.experiment.summary.update({f"cost/{name}": value for name, value in cost.items()})


def log_text(logger: TensorBoardLogger, name: str, facts: Mapping[str, Any]) -> None:
    """Shows facts as YAML in TensorBoard's tab Text, where indented lines are set as code."""
    text = OmegaConf.to_yaml(OmegaConf.create(dict(facts)))
    logger.experiment.add_text(name, "".join(f"    {line}\n" for line in text.splitlines()))


def _plain(flat: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value if isinstance(value, bool | int | float | str) else str(value) for key, value in flat.items()}
