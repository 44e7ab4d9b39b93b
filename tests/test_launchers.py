"""Sweeps of real, tiny trainings under every launcher and sweeper, disturbed and not. Slow: each starts torch anew."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import pytest

from portrait_matting.config.compose import CONF_DIR
from portrait_matting.sweeps.hydra_callback import cores
from portrait_matting.synthetic.easyportrait import write_easyportrait

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SMALLEST = [
    "hardware.input_size=32",
    "hardware.batch_size=2",
    "hardware.precision=32-true",
    "data.train=4",
    "data.val=2",
    "data.test=2",
    "data.height=40",
    "data.width=32",
    "trainer.max_epochs=1",
    "trainer.log_every_n_steps=1",
    "trainer.enable_progress_bar=false",
    "callbacks.last.every_minutes=0",  # epochs of tenths of a second, in which it is killed
    "learning_rate.max_lr=0.01",
]


def smallest(overrides: Sequence[str]) -> list[str]:
    """A recipe of a second with other overrides on top, each key once."""
    given = {override.split("=")[0] for override in overrides}
    return [*(override for override in SMALLEST if override.split("=")[0] not in given), *overrides]


def start(folder: Path, *overrides: str, threads: str | None = "1") -> subprocess.Popen:
    folder.mkdir(exist_ok=True)
    environment = {key: value for key, value in os.environ.items() if key != "OMP_NUM_THREADS"}
    environment |= {"OMP_NUM_THREADS": threads} if threads else {}
    command = [sys.executable, "-m", "portrait_matting.train", "-m", "hydra.sweep.dir=s", *smallest(overrides)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True, **pipes)


def end(process: subprocess.Popen, *codes: int) -> str:
    said = process.communicate(timeout=800)[0]
    assert process.returncode in codes, said
    return said


def sweep(folder: Path, *overrides: str, code: int = 0, threads: str | None = "1") -> str:
    return end(start(folder, *overrides, threads=threads), code)


def wait_for(process: subprocess.Popen, there: Callable[[], bool]) -> None:
    while not there():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.01)


def scores(folder: Path) -> dict[str, dict[str, float]]:
    """By job, what was scored, without what it cost."""
    read = {path.parent.name: json.loads(path.read_text()) for path in sorted(folder.glob("s/*/metrics.json"))}
    return {job: {k: v for k, v in one.items() if k.startswith(("test/", "val/"))} for job, one in read.items()}


def test_a_sweep_that_is_interrupted_and_killed_ends_with_the_figures_of_an_undisturbed_one(tmp_path):
    recipe = ["seed=0,1", "hardware.workers=0", "trainer.max_epochs=6"]
    sweep(tmp_path / "whole", *recipe)
    cut = tmp_path / "cut"

    process = start(cut, *recipe)
    wait_for(process, (cut / "s/seed-0/checkpoints/last.ckpt").exists)
    os.killpg(process.pid, signal.SIGINT)
    said = end(process, 130)
    assert "unfinished seed-0" in said
    assert "finished   0 of 2" in said
    assert not (cut / "s/seed-1").exists(), "Ctrl-C stops the sweep, not the job alone"

    process = start(cut, *recipe)
    wait_for(process, (cut / "s/seed-1/checkpoints/last.ckpt").exists)
    os.killpg(process.pid, signal.SIGKILL)
    said = end(process, -signal.SIGKILL)
    assert "seed-0 resumes from its last checkpoint" in said

    said = sweep(cut, *recipe)
    assert "seed-0 is finished already" in said
    assert "seed-1 resumes from its last checkpoint" in said
    assert scores(cut) == scores(tmp_path / "whole")


def test_joblib_shares_the_machine_and_one_failure_stops_nothing(tmp_path):
    at_once = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "hardware.workers=1"]
    said = sweep(tmp_path, "seed=0,1,-1", *at_once, code=2, threads=None)
    assert "finished   2 of 3" in said
    assert "failed     seed--1: seed=-1 is out of range" in said
    assert "Traceback" not in said
    for seed in (0, 1):
        log = (tmp_path / f"s/seed-{seed}/train.log").read_text()
        assert int(re.search(r"threads for this job: (\d+)", log)[1]) <= max(1, cores() // 2)

    # What an out-of-memory killer does, and that the same command mends it.
    process = start(tmp_path, "seed=0,1,2", "trainer.max_epochs=1", *at_once)
    job = tmp_path / "s/seed-2/.lock"
    wait_for(process, job.exists)
    os.kill(holder(job), signal.SIGKILL)
    said = end(process, 2)
    assert "error: a job's process was killed" in said
    assert "unfinished seed-2" in said
    assert "finished   3 of 3" in sweep(tmp_path, "seed=0,1,2", *at_once)


def holder(lock: Path) -> int:
    """The process that holds a lock, by Linux's list of them."""
    inode = str(lock.stat().st_ino)
    while True:
        for line in Path("/proc/locks").read_text().splitlines():
            parts = line.split()
            if parts[5].rpartition(":")[2] == inode:
                return int(parts[4])
        time.sleep(0.01)


def test_an_optuna_study_that_was_stopped_goes_on(tmp_path):
    optuna = pytest.importorskip("optuna")
    pytest.importorskip("hydra_plugins.hydra_optuna_sweeper")
    recipe = ["sweep=optuna", "hydra.sweeper.n_trials=3", "hardware.workers=0"]
    recipe += ["learning_rate.max_lr=tag(log, interval(0.0003, 0.03))", "trainer.max_epochs=3"]
    process = start(tmp_path, *recipe)
    wait_for(process, lambda: len(list(tmp_path.glob("s/*/checkpoints/last.ckpt"))) == 2)
    os.killpg(process.pid, signal.SIGKILL)
    end(process, -signal.SIGKILL)
    before = scores(tmp_path)
    assert len(before) == 1

    said = sweep(tmp_path, *recipe)
    assert "resumes from its last checkpoint" in said
    assert len(scores(tmp_path)) == 3
    assert before.items() <= scores(tmp_path).items()
    study = optuna.load_study(study_name="portrait_matting", storage=f"sqlite:///{tmp_path}/s/study.db")
    trials = [trial for trial in study.trials if trial.state == optuna.trial.TrialState.COMPLETE]
    assert sorted(trial.value for trial in trials) == sorted(one["val/mad"] for one in scores(tmp_path).values())
    assert len({trial.params["learning_rate.max_lr"] for trial in trials}) == 3
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "plugin, overrides",
    [
        ("submitit", ["hydra/launcher=submitit_local", "hydra.launcher.cpus_per_task=1"]),
        ("ray", ["hydra/launcher=ray", "+hydra.launcher.ray.init.num_cpus=2"]),
    ],
)
def test_other_launchers_run_the_same_jobs(plugin, overrides, tmp_path):
    pytest.importorskip(f"hydra_plugins.hydra_{plugin}_launcher")
    said = sweep(tmp_path, "seed=0,-1", "hardware.workers=1", *overrides, code=2)
    assert "finished   1 of 2" in said
    assert "failed     seed--1: seed=-1 is out of range" in said
    assert scores(tmp_path).keys() == {"seed-0"}


ALL_SWEEPS = """
import json, sys
from portrait_matting import train

for overrides in json.loads(sys.argv[1]):
    sys.argv = ["train", "-m", *overrides]
    train.main()
"""


def test_every_sweep_file_runs(tmp_path):
    portraits = tmp_path / "portraits"
    write_easyportrait(portraits, train=4, val=2, test=2, height=40, width=32)
    for mask in portraits.glob("annotations/*/*.png"):
        alpha = portraits / "alphas" / mask.relative_to(portraits / "annotations")
        alpha.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(alpha), cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE) * 255)
    own = {
        "constant_rate": ["learning_rate.max_lr=0.001,0.003"],
        "finder_range": [
            "learning_rate.finder.min_lr=1e-5,1e-4",
            "learning_rate.finder.sweeps=1",
            "hardware.batch_size=2",
        ],
        "finder_rule": ["learning_rate.max_lr=auto", "learning_rate.finder.steps=20"],
        "input_size": ["hardware.input_size=32,64", "hardware.precision=32-true,bf16-mixed"],
        "one_cycle_peak": ["learning_rate.max_lr=0.001,0.003"],
        "precision": ["hardware.precision=32-true,bf16-mixed"],
        "start": ["model.weights=null,runs/sweep/edge_mask/edge_weight-1+seed-0/checkpoints/best.ckpt"],
        "targets": [f"data.root={portraits}"],
    }
    names = sorted(path.stem for path in CONF_DIR.glob("sweep/*.yaml") if path.stem != "optuna")
    commands = []
    for name in names:
        command = smallest([f"sweep={name}", "seed=0", "hardware.workers=0", *own.get(name, [])])
        if name == "targets":  # other data, with other keys
            command = [one for one in command if not one.startswith("data.") or one in own[name]]
        commands.append(command)
    commands.sort(key=lambda command: "sweep=start" in command)  # it starts from a run of another
    run = [sys.executable, "-c", ALL_SWEEPS, json.dumps(commands)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=850)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    for name in names:
        note = json.loads((tmp_path / f"runs/sweep/{name}/sweep.json").read_text())
        scored = {path.parent.name for path in tmp_path.glob(f"runs/sweep/{name}/*/metrics.json")}
        assert scored == set(note["jobs"])
        assert len(scored) > 1
