"""The main job: find the learning rate, run one cycle, score on the test split. `python -m portrait_matting.train`."""

import logging
import math
import time
from pathlib import Path

import hydra
import psutil
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from portrait_matting.cli import command
from portrait_matting.cli.shell import path_override, word
from portrait_matting.config import command_line
from portrait_matting.config.compose import CONF_DIR, check, config_dir
from portrait_matting.disk.home import expand
from portrait_matting.runs.folder import LAST, find_resume, finished_metrics, open_run, report, write_metrics
from portrait_matting.sweeps import sweep

log = logging.getLogger(__name__)

_START = 30.0  # seconds that Python may need to start and to import what a command is made of


def train(cfg: DictConfig, began: float | None = None) -> dict[str, float]:
    """Runs a whole experiment and returns its final metrics, which `metrics.json` in its folder holds too.

    `resume=last` goes on in the folder of the run that it finds. A run that has nothing left to train is left as it is;
    if its test is missing, it is made up for.

    Args:
        cfg: the recipe.
        began: from when `trainer.max_time` and `train_seconds` count, by time.perf_counter; None: from now.

    Raises:
        InputError: something in the recipe, the data or the checkpoint is wrong; most of it before any work is done.
    """
    began = time.perf_counter() if began is None else began
    check(cfg)
    sweep.check_mode()
    if sweep.is_job():
        if done := sweep.take_up(cfg):
            return done
        sweep.name_in_dashboards(cfg)
        sweep.share_machine()
    if cfg.resume == "last":
        last = find_resume(Path(cfg.run_dir))
        cfg.resume, cfg.run_dir = str(last), str(last.parent.parent)
    run_dir = Path(cfg.run_dir)
    open_run(run_dir, cfg.resume)

    from portrait_matting.callbacks.best_checkpoint import read
    from portrait_matting.learning_rate.deadline import WorkingTime
    from portrait_matting.loggers.recipe import log_recipe, log_summary
    from portrait_matting.loggers.wandb import close_loggers
    from portrait_matting.runs.test_scores import FILE
    from portrait_matting.training.cost import TrainingCost
    from portrait_matting.training.distributed import processes
    from portrait_matting.training.job import build_training_job
    from portrait_matting.training.lightning_messages import silence
    from portrait_matting.training.phases import (
        best_metric,
        choose_max_lr,
        cycle_done,
        fit,
        fitted_before,
        test,
        write_test_scores,
    )
    from portrait_matting.training.resume import cycle, nothing_to_train
    from portrait_matting.training.time_limit import deadline

    silence()
    working = WorkingTime(began)
    over = cfg.resume is not None and nothing_to_train(expand(cfg.resume), cfg.trainer)
    if over and (done := finished_metrics(run_dir)):
        print(report(run_dir, done))
        return done
    failed, metrics, cost = True, {}, {}
    try:
        job = build_training_job(cfg)
        cfg.learning_rate.max_lr, cost = choose_max_lr(job, run_dir)
        job.module.config = OmegaConf.to_container(cfg, resolve=True)
        log_recipe(job.loggers, job.module.config)
        if over:
            trainer = fitted_before(job)
            state = cycle(read(job.resume))
            working.before, cost = state.get("spent", 0.0), {"cycle_done": round(state["done"], 4)} if state else {}
            if not (run_dir / "config.yaml").exists():  # it goes on in another folder
                OmegaConf.save(cfg, run_dir / "config.yaml", resolve=True)
        else:
            OmegaConf.save(cfg, run_dir / "config.yaml", resolve=True)
            until = deadline(job, working)
            with (
                processes(job.hardware.devices, run_dir / "config.yaml"),
                TrainingCost(job.hardware.accelerator) as used,
            ):
                trainer = fit(job, working, until)
            cost |= used.metrics() | cycle_done(trainer)
        about = {
            "max_lr": float(cfg.learning_rate.max_lr),
            "parameters": sum(parameter.numel() for parameter in job.module.net.parameters()),
        }
        metrics = best_metric(trainer) | cost | about  # what is kept where the test fails
        metrics = test(job, trainer) | cost
        write_test_scores(job, run_dir / FILE)
        log_summary(job.loggers, cost)
        failed = False
    finally:
        close_loggers(failed)
        if failed and metrics:
            write_metrics(run_dir, metrics)
        if failed and (run_dir / LAST).exists() and not sweep.is_job():
            log.warning("the run has stopped; to go on with it: %s", _how_to_go_on(run_dir))
    seconds = {"train_seconds": round(working.spent, 1)}
    metrics |= {"max_lr": about["max_lr"], **seconds, "parameters": about["parameters"]}
    write_metrics(run_dir, metrics)
    print(report(run_dir, metrics))
    return metrics


def _how_to_go_on(run_dir: Path) -> str:
    given = HydraConfig.get().overrides.task if HydraConfig.initialized() else []
    kept = [word(override) for override in given if not override.startswith(("resume=", "run_dir="))]
    return " ".join([*config_dir(), *kept, "resume=last", path_override("hydra.run.dir", run_dir)])


@hydra.main(version_base="1.3", config_path=str(CONF_DIR), config_name="train")
def _hydra_main(cfg: DictConfig) -> float:
    # What sweepers minimise. A run without validation is the worst to them: over a NaN Optuna would end the sweep.
    began = None if sweep.is_job() else time.perf_counter() - _age()
    return command.job(lambda: train(cfg, began).get("val/mad", math.inf))


def _age() -> float:
    """Seconds that Python has needed to come here; 0 in a process that has done other things before."""
    age = time.time() - psutil.Process().create_time()
    return age if 0 < age < _START else 0.0


def main() -> None:
    """Runs the command: composes the recipe from the command line and runs it."""
    command.run(lambda: sweep.run_and_summarise(lambda: command_line.run(_hydra_main, "train")))


if __name__ == "__main__":
    main()
