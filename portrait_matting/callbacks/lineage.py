"""Where a run comes from, code, data and first weights, and what it leaves, its best checkpoint."""

from pathlib import Path
from typing import Any

import lightning.pytorch as L
import torch
from lightning.pytorch.loggers import TensorBoardLogger, WandbLogger

from portrait_matting.loggers.boards import shown_by
from portrait_matting.loggers.fingerprint import fingerprint
from portrait_matting.loggers.provenance import checkpoint_name, code_version, config_hash, started_from
from portrait_matting.loggers.recipe import log_text


class Lineage(L.Callback):
    """At the start shows `provenance`: the code's version, the data's fingerprint, the recipe's hash and the checkpoint
    that the run began with; after the test files its best checkpoint in wandb as an artifact that tells the same.

    An artifact is called by its content (`provenance.checkpoint_name`), so that the run that made a checkpoint and
    those that began with it meet in wandb's lineage. Offline, where wandb can note no artifact as used, the name stands
    in the run's config and in the metadata of its own artifact. The file is not copied: `wandb sync` sends it from the
    run's folder.

    Args:
        run_dir: the run's folder.
    """

    looks_on = True

    def __init__(self, run_dir: str) -> None:
        self.best = Path(run_dir) / "checkpoints" / "best.ckpt"

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        loggers = shown_by(trainer)
        if not loggers:
            return
        origin = provenance(trainer.datamodule, pl_module.config)
        for logger in loggers:
            if isinstance(logger, WandbLogger):
                logger.experiment.config.update({"provenance": origin}, allow_val_change=True)
                _use(logger, origin["started_from"])
            elif isinstance(logger, TensorBoardLogger):
                log_text(logger, "provenance", origin)

    def on_test_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        runs = [logger.experiment for logger in shown_by(trainer) if isinstance(logger, WandbLogger)]
        if not runs or not self.best.is_file():
            return
        import wandb

        score = {name: float(value) for name, value in trainer.callback_metrics.items() if name == "test/mad"}
        facts = written_in(self.best) | score | provenance(trainer.datamodule, pl_module.config)
        for run in runs:
            metadata = {"run": run.id, "run_name": run.name, **facts}
            artifact = wandb.Artifact(checkpoint_name(self.best), type="model", metadata=metadata)
            artifact.add_file(str(self.best), policy="immutable")
            run.log_artifact(artifact, aliases=["best"])


def provenance(data: Any, config: dict[str, Any]) -> dict[str, Any]:
    """Code, data, recipe and first weights of a run, each as what tells it from another."""
    return {
        "code": code_version(),
        "data": fingerprint(data),
        "config_hash": config_hash(config),
        "started_from": started_from(config),
    }


def written_in(best: Path) -> dict[str, float | int]:
    """When a checkpoint was written and why: `epoch`, `step` and the metric that it was chosen by, `val/mad`."""
    # Mapped: the weights are not read.
    stored = torch.load(best, map_location="cpu", weights_only=True, mmap=True)
    watched = [state for state in stored.get("callbacks", {}).values() if state.get("best_model_score") is not None]
    scores = {state["monitor"]: float(state["best_model_score"]) for state in watched}
    return {"epoch": stored["epoch"], "step": stored["global_step"], **scores}


def _use(logger: WandbLogger, origin: dict[str, str] | None) -> None:
    if logger._offline or not origin or "artifact" not in origin:
        return
    import wandb

    artifact = wandb.Artifact(origin["artifact"], type="model")
    artifact.add_file(origin["file"], policy="immutable")
    logger.experiment.use_artifact(artifact)
