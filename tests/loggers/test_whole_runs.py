"""What lies in the dashboards after whole runs: everything that the README promises."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from portrait_matting.config.compose import compose
from portrait_matting.metrics.catalogue import METRICS
from portrait_matting.train import train

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

TINY = [
    "hardware.input_size=48",
    "hardware.batch_size=2",
    "hardware.workers=0",
    "hardware.precision=32-true",
    "data.train=4",
    "data.val=2",
    "data.test=2",
    "data.height=48",
    "data.width=40",
    "trainer.max_epochs=2",
    "trainer.log_every_n_steps=1",
    "trainer.enable_progress_bar=false",
    "learning_rate.finder.steps=20",
    "callbacks.portraits.share=1",
]
OUTPUTS = {f"outputs/{name}" for name in ("matte", *(f"side{k}" for k in range(1, 7)))}
STAGES = {f"gradients/{name}" for name in ("total", "stage1", "stage6", "stage1d", "heads")}
EVERY_STEP = OUTPUTS | STAGES | {"train/loss", "schedule/lr", "schedule/momentum"}
EVERY_STEP |= {"speed/images_per_second", "speed/memory_gib"}
VALIDATED = {f"val/{name}" for name in ("mad", "band_mad", "mse", "band_mse", "sad", "band_sad", "iou", "dice")}
TESTED = {f"test/{name}" for name in METRICS}


def best(run_dir: Path, name: str, choose) -> float:
    with (run_dir / "metrics.csv").open() as file:
        return choose(float(row[name]) for row in csv.DictReader(file) if row[name])


def test_tensorboard(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    metrics = train(compose([*TINY, "logger=tensorboard"], tmp_path))
    events = EventAccumulator(str(tmp_path), size_guidance={"scalars": 0, "images": 0, "tensors": 0}).Reload()
    tags = events.Tags()
    assert set(tags["scalars"]) >= EVERY_STEP | VALIDATED | TESTED | {"train/loss_epoch", "lr_finder/loss"}
    for name in EVERY_STEP:
        assert [event.step for event in events.Scalars(name)] == [0, 1, 2, 3], name
    assert [event.value for event in events.Scalars("lr_finder/max_lr")] == pytest.approx([metrics["max_lr"]])
    assert events.Scalars("test/mad")[-1].value == pytest.approx(metrics["test/mad"], abs=1e-6)
    assert [event.step for event in events.Images("portraits/0")] == [2, 4]
    assert {"lr_finder/picture", "curves/precision_recall", "curves/calibration", "portraits/1"} <= set(tags["images"])
    texts = {
        name: events.Tensors(f"{name}/text_summary")[0].tensor_proto.string_val[0].decode()
        for name in ("recipe", "provenance")
    }
    assert "batch_size: 2" in texts["recipe"]
    assert "commit:" in texts["provenance"]
    assert "train_portraits: 4" in texts["provenance"]
    assert events.SummaryMetadata("_hparams_/session_start_info")
    assert not (tmp_path / "hparams.yaml").exists()


def inspected(run: Path, *options: str) -> str:
    """What wandb itself reads of an offline run."""
    command = [str(Path(sys.executable).with_name("wandb")), "leet", "inspect", "--json", *options, str(run)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def swept(tmp_path_factory) -> Path:
    """A sweep over two seeds with wandb, where there is no account, no key and nobody to ask."""
    home = tmp_path_factory.mktemp("sweep")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WANDB_", "NETRC"))}
    repository = str(Path(__file__).parent.parent.parent)
    command = [sys.executable, "-m", "portrait_matting.train", "-m", "seed=0,1", "logger=wandb", *TINY]
    done = subprocess.run(
        [*command, "hydra.sweep.dir=SEEDS"],
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=kept | {"HOME": str(home), "PYTHONPATH": repository, "OMP_NUM_THREADS": "1"},  # as here: sums round alike
    )
    assert done.returncode == 0, done.stderr
    assert not (home / ".local").exists(), "nothing is left in the user's home"
    return home / "SEEDS"


def test_wandb(swept):
    run_dir = swept / "seed-0"
    [run] = run_dir.glob("wandb/offline-run-*")
    metrics = json.loads((run_dir / "metrics.json").read_text())
    whole = json.loads(inspected(run, "--summary"))
    summary, config = whole["summary"], whole["config"]

    assert summary.keys() >= EVERY_STEP | VALIDATED | TESTED | {"lr_finder/max_lr", "cost/fit_seconds"}
    assert summary["val/mad"] == {"min": pytest.approx(best(run_dir, "val/mad", min))}
    assert summary["val/iou"] == {"max": pytest.approx(best(run_dir, "val/iou", max))}
    assert summary["test/mad"] == pytest.approx(metrics["test/mad"], abs=1e-6)
    table = summary["portraits"]
    assert (table["_type"], table["nrows"], table["ncols"]) == ("incremental-table-file", 4, 10)
    for chart in ("lr_finder/curve", "curves/precision_recall", "curves/calibration"):
        assert summary[f"{chart}_table"]["nrows"] > 2, chart
    assert summary["lr_finder/picture"]["_type"] == "images/separated"

    assert config["hardware"]["batch_size"] == 2
    assert config["learning_rate"]["max_lr"] == pytest.approx(metrics["max_lr"])
    assert {"code", "data", "config_hash", "started_from"} == config["provenance"].keys()
    assert config["provenance"]["data"]["train_portraits"] == 4

    records = [json.loads(line) for line in inspected(run).splitlines()]
    by = {kind: [record[kind] for record in records if record["type"] == kind] for kind in ("metric", "history")}
    axes = {metric["name"]: metric.get("step_metric") for metric in by["metric"] if "name" in metric}
    assert axes["val/mad"] == axes["val/iou"] == "epoch"
    assert axes["train/loss_epoch"] == "trainer/global_step"
    rows = [row["item"] for row in by["history"]]
    assert [row["trainer/global_step"] for row in rows if "gradients/total" in row] == [0, 1, 2, 3]
    assert [row["epoch"] for row in rows if "val/mad" in row] == [0, 1]

    artifacts = [record["artifact"] for record in records if record["type"] == "artifact"]
    [checkpoint] = [artifact for artifact in artifacts if artifact["type"] == "model"]
    facts = json.loads(checkpoint["metadata"])
    assert facts["val/mad"] == pytest.approx(metrics["val/mad"], abs=1e-6)
    assert facts["config_hash"] == config["provenance"]["config_hash"]
    assert facts["data"] == config["provenance"]["data"]
    [file] = checkpoint["manifest"]["contents"]
    assert Path(file["local_path"]) == run_dir / "checkpoints" / "best.ckpt"


def test_each_job_of_a_sweep_is_a_run_of_its_own_in_one_group(swept):
    named = {}
    for seed in (0, 1):
        [run] = (swept / f"seed-{seed}").glob("wandb/offline-run-*")
        records = [json.loads(line) for line in inspected(run).splitlines()]
        [named[seed]] = [record["run"] for record in records if record["type"] == "run"]
    assert named[0]["run_id"] != named[1]["run_id"]
    assert [named[seed]["display_name"] for seed in (0, 1)] == ["seed=0", "seed=1"]
    assert {one["run_group"] for one in named.values()} == {"SEEDS"}


def test_metrics_csv_is_the_same_with_and_without_dashboards(tmp_path, swept):
    train(compose([*TINY, "seed=0"], tmp_path))
    assert (tmp_path / "metrics.csv").read_text() == (swept / "seed-0" / "metrics.csv").read_text()
    assert not list(tmp_path.glob("events*")) + list(tmp_path.glob("wandb"))
