"""Two processes on the CPU against one with the same global batch. Slow: each starts Python and torch anew."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from omegaconf import OmegaConf
from PIL import Image

from portrait_matting.synthetic.scene import draw_portrait
from portrait_matting.training.distributed import _VARIABLES, _failed, processes

RECIPE = [
    "hardware.input_size=48",
    "hardware.workers=0",
    "hardware.precision=32-true",
    "data.train=32",
    "data.val=4",
    "data.test=5",
    "data.height=64",
    "data.width=48",
    "trainer.max_epochs=2",
    "trainer.log_every_n_steps=1",
    "trainer.enable_progress_bar=false",
    "learning_rate.max_lr=0.005",
]


def run(folder: Path, *overrides: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key not in _VARIABLES}
    command = [sys.executable, "-m", "portrait_matting.train", *overrides, *RECIPE]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-3000:]


def losses(folder: Path) -> list[float]:
    header, *lines = (line.split(",") for line in (folder / "metrics.csv").read_text().splitlines())
    column = header.index("train/loss_epoch")
    return [float(line[column]) for line in lines if line[column]]


def figures(folder: Path) -> dict[str, float]:
    return json.loads((folder / "metrics.json").read_text())


@pytest.mark.slow
@pytest.mark.parametrize("accumulate", [1, 3])  # of four batches the last is alone in a step of three
def test_two_processes_train_to_the_figures_of_one_with_the_same_global_batch(accumulate, tmp_path):
    by = f"hardware.accumulate={accumulate}"
    run(tmp_path, "hydra.run.dir=one", "hardware.batch_size=8", by)
    two = ["hardware.batch_size=4", "hardware.devices=2", "trainer.sync_batchnorm=false"]
    run(tmp_path, "hydra.run.dir=two", *two, by)
    one, two = figures(tmp_path / "one"), figures(tmp_path / "two")
    # The same samples in the same steps; only batch normalisation sees half of each batch.
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=0.05)
    assert two["test/mad"] == pytest.approx(one["test/mad"], abs=0.03)
    assert (tmp_path / "two/samples.png").exists()


@pytest.mark.slow
def test_two_processes_train_at_the_rate_that_one_of_them_found(tmp_path):
    own = ("learning_rate.max_lr", "data.train", "trainer.max_epochs", "hardware.input_size")
    auto = [line for line in RECIPE if not line.startswith(own)]
    auto += ["data.train=16", "trainer.max_epochs=1", "hardware.input_size=32"]
    command = [sys.executable, "-m", "portrait_matting.train", "hydra.run.dir=run", "hardware.devices=2", *auto]
    environment = {key: value for key, value in os.environ.items() if key not in _VARIABLES}
    done = subprocess.run(
        [*command, "hardware.batch_size=4", "learning_rate.finder.fallback=0.0023", "learning_rate.finder.steps=20"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    told = done.stdout + done.stderr
    assert told.count("looking for the learning rate") == 1, "one looks for all"
    found = figures(tmp_path / "run")
    assert found["finder_seconds"] > 0
    # The other process reads this file, and nothing else.
    assert OmegaConf.load(tmp_path / "run/config.yaml").learning_rate.max_lr == found["max_lr"]
    header, *lines = (line.split(",") for line in (tmp_path / "run/metrics.csv").read_text().splitlines())
    rates = [float(line[header.index("lr")]) for line in lines if line[header.index("lr")]]
    assert max(rates) == found["max_lr"]


@pytest.mark.slow
def test_a_sweep_of_two_process_jobs_is_one_sweep(tmp_path):
    run(tmp_path, "-m", "hydra.sweep.dir=sweep", "seed=0,1", "hardware.batch_size=4", "hardware.devices=2")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sweep"]
    jobs = [figures(tmp_path / "sweep" / job) for job in ("seed-0", "seed-1")]
    assert jobs[0]["test/mad"] != jobs[1]["test/mad"]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send SIGTERM to another process")
def test_two_processes_stop_together_though_one_is_told(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key not in _VARIABLES}
    endless = ["trainer.max_epochs=1000", *(line for line in RECIPE if not line.startswith("trainer.max_epochs"))]
    command = [sys.executable, "-m", "portrait_matting.train", "hydra.run.dir=run", "hardware.devices=2", *endless]
    process = subprocess.Popen(
        [*command, "hardware.batch_size=4"], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    )
    while not (tmp_path / "run/checkpoints/best.ckpt").exists() and process.poll() is None:
        time.sleep(0.05)
    (tmp_path / "run/checkpoints/last.ckpt").unlink(missing_ok=True)
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=60)[1]  # until no process that holds stderr is left
    assert process.returncode == 143, said
    assert "another process of this run failed" not in said
    assert (tmp_path / "run/checkpoints/last.ckpt").is_file()


def test_a_process_that_was_told_to_end_has_not_failed():
    def ended(code):
        return SimpleNamespace(poll=lambda: code)

    assert [code for code in (None, 0, 1, 2, 130, 143, -9) if _failed(ended(code))] == [1, 2, -9]


def test_one_device_starts_nothing_and_sets_nothing(tmp_path):
    before = dict(os.environ)
    with processes(1, tmp_path / "none.yaml"):
        assert dict(os.environ) == before


def test_after_a_failure_no_process_and_no_variable_is_left(tmp_path, monkeypatch):
    started, before = [], {name: os.environ.get(name) for name in _VARIABLES}
    real = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: started.append(real(["sleep", "60"])) or started[-1])
    with pytest.raises(ZeroDivisionError), processes(3, tmp_path / "config.yaml"):
        1 / int(os.environ["LOCAL_RANK"])
    assert len(started) == 2
    assert all(process.wait(timeout=5) for process in started)
    assert {name: os.environ.get(name) for name in _VARIABLES} == before


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])  # in which process a second bad file is met first
def test_an_error_of_one_process_ends_all_with_its_line(seed, tmp_path):
    for split, count in (("train", 32), ("val", 2), ("test", 2)):
        for half in ("images", "alphas"):
            (tmp_path / "data" / half / split).mkdir(parents=True)
        for index in range(count):
            image, alpha = draw_portrait(split, 0, index, 64, 48)
            Image.fromarray(image).save(tmp_path / "data/images" / split / f"{index}.png")
            Image.fromarray(np.rint(alpha * 255).astype(np.uint8)).save(
                tmp_path / "data/alphas" / split / f"{index}.png"
            )
    for index in (3, 7, 11, 20, 22, 25):
        cut = tmp_path / "data/images/train" / f"{index}.png"
        cut.write_bytes(cut.read_bytes()[:2000])  # its size can be read, its pixels cannot
    recipe = [key for key in RECIPE if not key.startswith("data.")]
    environment = {key: value for key, value in os.environ.items() if key not in _VARIABLES}
    command = [sys.executable, "-m", "portrait_matting.train", "data=folder", "data.root=data"]
    command += [f"seed={seed}", "hardware.devices=2", "hardware.batch_size=2", *recipe]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode not in (0, -signal.SIGKILL)
    assert "2 of 32 portraits cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
