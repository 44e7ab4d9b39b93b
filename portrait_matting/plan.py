"""What fits on a card: a table, and the overrides that use it. `python -m portrait_matting.plan`."""

import csv
import math
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from portrait_matting.cli import command
from portrait_matting.cli.explain import explain
from portrait_matting.cli.shell import word
from portrait_matting.config import command_line
from portrait_matting.config.compose import CONF_DIR, check, config_dir
from portrait_matting.disk.atomic_write import atomic_write
from portrait_matting.errors import InputError
from portrait_matting.runs.folder import open_evaluation

if TYPE_CHECKING:  # --help is to answer without torch
    from portrait_matting.memory.configuration import TrainingConfiguration

_LEAST = {"effective_batch": 1, "least_batch": 1}
_HEADER = ("size", "precision", "recompute", "largest batch", "to use", "memory", "time")
_NOTE = """\
to use: batch size x accumulation, and the memory of it. A GB is 2^30 bytes, as in the names of cards.
time: of an image, against the fastest row of the same size: an estimate, from FLOPs and with half precision twice as
fast as single. The row with the * is chosen; what follows `python -m portrait_matting.train` to train by it:"""


def plan(cfg: DictConfig) -> "TrainingConfiguration":
    """Predicts what fits, prints the table, writes `plan.csv`, and returns the row to train by.

    Raises:
        InputError: something in the recipe is wrong, or nothing of its input size fits.
    """
    check(cfg, "plan")
    _check_ranges(cfg)

    import torch

    from portrait_matting.config.optimizer import recipe_optimizer
    from portrait_matting.hardware import choose_precision
    from portrait_matting.memory import budget
    from portrait_matting.memory.configuration import choose_configuration, override
    from portrait_matting.memory.plan import plan_configurations as plan_rows
    from portrait_matting.models import registry
    from portrait_matting.models.network import check_input_size
    from portrait_matting.models.recompute import choices

    try:
        headroom = instantiate(cfg.headroom)
        loss = instantiate(cfg.loss, _convert_="all")
        optimizer = recipe_optimizer(cfg.optimizer)
    except InstantiationException as error:
        raise InputError(explain(error) or " ".join(str(error.__cause__ or error).split())) from error
    budget_bytes = budget.usable(cfg.memory_gb, headroom)
    run_dir = Path(cfg.run_dir)
    open_evaluation(run_dir)
    if (run_dir / "plan.csv").exists():
        raise InputError(f"{run_dir} already holds plan.csv: choose another hydra.run.dir=DIR")
    half = choose_precision("auto", "cuda") if cfg.memory_gb == "auto" else "16-mixed"  # the same bytes
    model = OmegaConf.to_container(cfg.model, resolve=True)
    registry.vouch(model["_target_"])
    with torch.device("meta"):
        net = registry.build(model)
    check_input_size(net, cfg.input_size, "input_size=")
    sizes = [size for size in cfg.sizes if size % net.multiple == 0]
    recompute = [how for how in cfg.recompute if how in choices(net)] or ["none"]
    for left_out, why in (
        ([size for size in cfg.sizes if size not in sizes], f"sizes are multiples of {net.multiple}"),
        ([how for how in cfg.recompute if how not in recompute], "it has no blocks to compute again"),
    ):
        if left_out:
            print(f"left out for {type(net).__name__}: {', '.join(map(str, left_out))} ({why})")
    rows = plan_rows(
        lambda: registry.build(model),
        loss,
        optimizer,
        budget_bytes,
        {*sizes, cfg.input_size},
        [half if precision == "16-mixed" else precision for precision in cfg.precisions],
        recompute,
        cfg.effective_batch,
        exact_size=cfg.input_size,
        progress=cfg.progress,
    )
    _write(run_dir / "plan.csv", rows)
    of_size = [row for row in rows if row.input_size == cfg.input_size]
    chosen = (
        choose_configuration(rows, cfg.input_size, cfg.least_batch) if any(row.batch_size for row in of_size) else None
    )
    if chosen or any(row.batch_size for row in rows):
        print(f"memory_gb={cfg.memory_gb}: {budget_bytes / budget.GB:.2f} GB for tensors, besides the headroom\n")
        print(_table(rows, chosen))
    if chosen is None:
        least = min(of_size, key=lambda row: row.predicted_bytes)
        needed = math.ceil(budget.needed_gb(least.predicted_bytes, headroom) * 10) / 10
        raise InputError(
            f"memory_gb={cfg.memory_gb} is too little for input_size={cfg.input_size}: one image in {least.precision} "
            f"with recompute={least.recompute} needs memory_gb={needed}; choose a smaller input_size or headroom"
        )
    print(f"\n{_NOTE}\n\n  {' '.join([*_given(), 'hardware=gpu_8gb', override(chosen)])}")
    return chosen


def _given() -> list[str]:
    """The overrides of this command that hold for training too."""
    given = HydraConfig.get().overrides.task if HydraConfig.initialized() else []
    groups = ("model", "loss", "optimizer", "hardware")
    kept = [word(override) for override in given if override.lstrip("+~").startswith(groups)]
    return [*config_dir(), *kept]


def _check_ranges(cfg: DictConfig) -> None:
    for name, least in _LEAST.items():
        if cfg[name] < least:
            raise InputError(f"{name}={cfg[name]} is too small: choose at least {least}")
    for name in ("precisions", "recompute"):
        if not cfg[name]:
            raise InputError(f"{name}=[] leaves nothing to plan: leave it out, or name one or more")


def _table(rows: Sequence["TrainingConfiguration"], chosen: "TrainingConfiguration | None") -> str:
    lines = [["", *_HEADER]]
    for row in rows:
        cells = [row.input_size, row.precision, row.recompute, row.largest or "does not fit"]
        use = ["", ""]
        if row.largest:
            use = [f"{row.batch_size} x {row.accumulate}", f"{row.predicted_bytes / 2**30:.2f} GB"]
        if lines[-1][1] not in ("size", str(row.input_size)):
            lines.append([""] * (len(_HEADER) + 1))
        lines.append(["*" if row == chosen else "", *map(str, [*cells, *use, f"{row.relative_time:.2f}"])])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    left = (2, 3)  # text; all others are numbers
    return "\n".join(
        "  ".join(
            f"{cell:{width}}" if index in left else f"{cell:>{width}}"
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _write(path: Path, rows: Sequence["TrainingConfiguration"]) -> None:
    with atomic_write(path) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(rows[0])], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) | {"relative_time": round(row.relative_time, 3)} for row in rows)


@hydra.main(version_base="1.3", config_path=str(CONF_DIR), config_name="plan")
def _hydra_main(cfg: DictConfig) -> float:
    return command.job(lambda: plan(cfg).batch_size)


def main() -> None:
    """Runs the command: composes the recipe from the command line and plans."""
    command.run(lambda: command_line.run(_hydra_main, "plan"))


if __name__ == "__main__":
    main()
