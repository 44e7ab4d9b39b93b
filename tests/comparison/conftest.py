"""Finished runs, written by hand: two arms of two seeds, of which the second arm is worse by more than noise."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
import yaml

from portrait_matting.callbacks.gallery import write_shown
from portrait_matting.comparison.arm import arms
from portrait_matting.comparison.ranking import rank
from portrait_matting.comparison.result import Arm, Difference, RankedArm, Ranking, Run
from portrait_matting.comparison.run import find_runs
from portrait_matting.metrics.catalogue import METRICS
from portrait_matting.runs.gallery import FOLDER, Shown
from portrait_matting.runs.test_scores import FILE, write_scores

IMAGES = 12
SIDE = 24


def portrait(index: int) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[:SIDE, :SIDE]
    alpha = np.clip(4 + index - np.hypot(x - 11.5, y - 11.5), 0, 1).astype(np.float32)
    return np.full((SIDE, SIDE, 3), 40 + 50 * index, np.uint8), alpha


def write_run(folder: Path, seed: int, width: float, error: float, gallery: int = 3) -> None:
    """A run whose MAD is about `error`, IoU 1 - `error`, and whose mattes lack `error` everywhere."""
    (folder / FOLDER).mkdir(parents=True)
    config = {"seed": seed, "loss": {"width": width}, "learning_rate": {"max_lr": 0.01}, "run_dir": str(folder)}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    rng = np.random.default_rng([seed, round(100 * error)])
    off = error + 0.001 * seed + rng.normal(0, 0.0005, IMAGES)
    scores = {name: 1 - off if METRICS[name].higher else off for name in ("mad", "band_mad", "iou", "max_f")}
    write_scores(folder / FILE, [f"photo {index}.jpg" for index in range(IMAGES)], scores)
    cost = {"fit_seconds": 100 * width, "cpu_seconds": 1234.5, "peak_memory_gib": 1.5}
    metrics = {f"test/{name}": float(values.mean()) for name, values in scores.items()} | cost
    (folder / "metrics.json").write_text(json.dumps(metrics))
    with (folder / "metrics.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "step", "lr", "train/loss_epoch", "val/mad", "val/iou"])
        for epoch in range(3):
            writer.writerow([epoch, 10 * epoch, 0.01 / (1 + epoch), "", "", ""])
            writer.writerow([epoch, 10 * epoch + 9, "", 1 + error / (1 + epoch), error + 0.1 / (1 + epoch), 0.5])
    for index in range(gallery):
        image, alpha = portrait(index)
        write_shown(folder / FOLDER, index, Shown(f"photo {index}.jpg", image, alpha, np.clip(alpha - error, 0, 1)))


@pytest.fixture(scope="session")
def sweep(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sweep")
    for seed in range(2):
        write_run(folder / f"narrow {seed}", seed, 0.5, 0.1)
        write_run(folder / f"wide {seed}", seed, 2.0, 0.3, gallery=2)
    return folder


@pytest.fixture(scope="session")
def two(sweep):
    """The arms, the best first."""
    return arms(find_runs([sweep])[0])


@pytest.fixture(scope="session")
def rankings(two):
    return {name: rank(two, name) for name in ("mad", "band_mad", "iou", "max_f")}


def made_arm(name: str, seeds: int = 3, images: int = 16, **metrics) -> Arm:
    runs = [
        Run(Path(name) / str(seed), {"seed": seed}, metrics, [str(index) for index in range(images)], {})
        for seed in range(seeds)
    ]
    return Arm(name, {"loss.width": name}, runs)


def made_row(
    name: str, mean: float, difference: float | None = None, differs: bool = False, seeds: int = 3, p=None
) -> RankedArm:
    found = None
    if difference is not None:
        p = p if p is not None else 0.01 if differs else 0.4
        found = Difference(difference, difference - 0.01, difference + 0.01, p, differs, seeds, 16)
    values = [mean + 0.001 * (at - (seeds - 1) / 2) for at in range(seeds)]
    return RankedArm(made_arm(name, seeds), mean, 0.001 if seeds > 1 else math.nan, values, found)


def made_ranking(*rows: RankedArm, metric: str = "mad", named: bool = False) -> Ranking:
    return Ranking(metric, list(rows), next(one.arm for one in rows if one.against is None), named)


@pytest.fixture
def arm():
    """Makes an arm of a name."""
    return made_arm


@pytest.fixture
def row():
    """Makes a row of a ranking, by the arm's name, its mean and its difference from the reference."""
    return made_row


@pytest.fixture
def ranking():
    """Makes a ranking of rows."""
    return made_ranking
