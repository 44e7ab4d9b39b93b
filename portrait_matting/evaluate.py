"""Scoring mattes against the truth: numbers, tables, and a page to look at. `python -m portrait_matting.evaluate`."""

from pathlib import Path

import hydra
from omegaconf import DictConfig, OmegaConf

from portrait_matting.cli import command
from portrait_matting.config import command_line
from portrait_matting.config.compose import CONF_DIR, check
from portrait_matting.errors import InputError
from portrait_matting.runs.folder import open_evaluation


def evaluate(cfg: DictConfig) -> dict[str, float]:
    """Scores every candidate of a recipe, writes the tables and the report, and returns the first one's metrics.

    Raises:
        InputError: something in the recipe, the data, a checkpoint or a folder of mattes is wrong.
    """
    check(cfg, "evaluate")
    if not cfg.checkpoint and not cfg.predictions:
        raise InputError(
            "there is nothing to score: give checkpoint=FILE, or predictions=DIR, a folder of mattes; "
            "checkpoint=portraits is the network that comes with the package"
        )
    for name, least in (("pictures", 0), ("resamples", 1), ("seed", 0)):
        if cfg[name] < least:
            raise InputError(f"{name}={cfg[name]} is too small: choose at least {least}")
    run_dir = Path(cfg.run_dir)
    open_evaluation(run_dir)

    from portrait_matting.evaluation.job import build_evaluation_job, report, score

    job = build_evaluation_job(cfg)
    evaluation = score(job)
    OmegaConf.save(cfg, run_dir / "config.yaml", resolve=True)
    return report(job, evaluation, run_dir)


@hydra.main(version_base="1.3", config_path=str(CONF_DIR), config_name="evaluate")
def _hydra_main(cfg: DictConfig) -> float:
    return command.job(lambda: evaluate(cfg)["mad"])


def main() -> None:
    """Runs the command: composes the recipe from the command line and scores."""
    command.run(lambda: command_line.run(_hydra_main, "evaluate"))


if __name__ == "__main__":
    main()
