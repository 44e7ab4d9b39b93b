import csv
import json
import os
import signal
import subprocess
import sys
import time
from functools import partialmethod
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from portrait_matting import checkpoint
from portrait_matting.config.compose import CONF_DIR, compose
from portrait_matting.errors import InputError
from portrait_matting.metrics.catalogue import METRICS
from portrait_matting.models.u2net import U2Net
from portrait_matting.runs.gallery import read_gallery
from portrait_matting.runs.test_scores import read_scores
from portrait_matting.train import train
from portrait_matting.training.job import TrainingJob, build_training_job
from portrait_matting.training.phases import fit

# Small enough for a test, real in every part: a drawn person, the lite network, the finder, two epochs.
TINY = [
    "hardware.input_size=48",
    "hardware.batch_size=2",
    "hardware.workers=0",
    "hardware.precision=32-true",
    "data.train=8",
    "data.val=2",
    "data.test=3",
    "data.height=48",
    "data.width=40",
    "trainer.max_epochs=2",
    "trainer.log_every_n_steps=1",
    "trainer.enable_progress_bar=false",
    "learning_rate.finder.steps=20",
]
FIXED = "learning_rate.max_lr=0.01"


def rows(run_dir: Path) -> list[dict[str, str]]:
    with (run_dir / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


def rates(run_dir: Path) -> list[float]:
    return [float(row["lr"]) for row in rows(run_dir) if row["lr"]]


def weights(job: TrainingJob) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in job.module.net.parameters()])


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> tuple[Path, dict[str, float]]:
    """A whole tiny run, with the LR finder: its folder and what it returned."""
    run_dir = tmp_path_factory.mktemp("run")
    return run_dir, train(compose(TINY, run_dir))


def test_a_run_leaves_the_files_of_the_contract(run):
    run_dir, figures = run
    for name in ("config.yaml", "metrics.csv", "lr_finder.csv", "checkpoints/best.ckpt", "checkpoints/last.ckpt"):
        assert (run_dir / name).stat().st_size > 0, name
    for name in ("lr_finder.png", "samples.png"):
        assert cv2.imread(str(run_dir / name)).std() > 1, f"{name} is blank"
    assert json.loads((run_dir / "metrics.json").read_text()) == figures
    wanted = {f"test/{name}" for name in METRICS}
    measured = {"finder_seconds", "fit_seconds", "cpu_seconds", "train_seconds"}
    cost = measured | {"peak_memory_gib", "cycle_done", "parameters"}
    assert figures.keys() == wanted | {"val/mad", "max_lr"} | cost
    assert 0 < figures["finder_seconds"] + figures["fit_seconds"] < figures["train_seconds"]
    assert figures["cycle_done"] == 1
    assert 0.1 < figures["peak_memory_gib"] < 16
    assert figures["parameters"] == 1_131_181
    assert not [path for path in run_dir.rglob(".*") if path.is_file()], "something half-written is left"


def test_a_run_keeps_the_scores_of_each_test_portrait_and_pictures_of_some(run):
    run_dir, figures = run
    names, scores = read_scores(run_dir / "test_scores.csv")
    assert names == ["0", "1", "2"]
    assert list(scores) == list(METRICS)
    for name in ("mad", "band_mad", "iou", "grad"):
        assert scores[name].mean() == pytest.approx(figures[f"test/{name}"], abs=1e-5)
    shown = read_gallery(run_dir / "gallery")
    assert [one.name for one in shown] == names
    for one, mad in zip(shown, scores["mad"], strict=True):
        assert np.abs(one.matte - one.truth).mean() == pytest.approx(mad, abs=0.004)  # 8 bits


def test_every_output_has_its_loss_in_the_log(run):
    header = rows(run[0])[0].keys()
    assert {"train/loss_matte", *(f"train/loss_side{k}" for k in range(1, 7)), "lr", "momentum", "val/mad"} <= header


def test_the_optimizer_peaked_at_what_the_finder_chose(run):
    run_dir, figures = run
    with (run_dir / "lr_finder.csv").open() as file:
        found = list(csv.DictReader(file))
    assert 8 <= len(found) <= 20
    assert list(found[0]) == ["lr", "mean", "smooth", "sweep_1"], "8 steps of training pay for no second sweep"
    assert max(rates(run_dir)) == figures["max_lr"]
    assert OmegaConf.load(run_dir / "config.yaml").learning_rate.max_lr == figures["max_lr"]


def test_the_best_checkpoint_alone_gives_the_network_and_its_recipe(run):
    restored = checkpoint.load(run[0] / "checkpoints/best.ckpt")
    assert restored.config == OmegaConf.to_container(OmegaConf.load(run[0] / "config.yaml"))
    again = checkpoint.load(run[0] / "checkpoints/best.ckpt")
    image = torch.rand(1, 3, 48, 48)
    assert torch.equal(restored.net(image)["matte"], again.net(image)["matte"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "policy",
    ["triangular2", "triangular", "exp_range", "cosine", "constant"],
)
def test_every_policy_peaks_at_max_lr(policy, tmp_path):
    cfg = compose([*TINY, FIXED, f"learning_rate={policy}", "learning_rate.cycle.cycles=1"], tmp_path)
    job = build_training_job(cfg)
    fit(job)
    assert max(rates(tmp_path)) == 0.01
    assert len(rates(tmp_path)) == 8


@pytest.mark.slow
def test_a_number_skips_the_search(tmp_path):
    assert train(compose([*TINY, FIXED], tmp_path))["max_lr"] == 0.01
    assert not (tmp_path / "lr_finder.csv").exists()


class Unplugged(Exception):
    pass


COMPILED = "hardware.compile=true"


@pytest.mark.slow
@pytest.mark.parametrize(
    "steps, how",
    [
        (4, "hardware.compile=false"),  # the end of the first epoch
        (6, "hardware.compile=false"),  # the middle of the second
        (6, COMPILED),
    ],
)
def test_an_interrupted_run_goes_on_to_the_very_weights_of_an_undisturbed_one(steps, how, tmp_path, monkeypatch):
    # All of torch.compile but the making of kernels, which takes minutes.
    compiled = partialmethod(torch.nn.Module.compile, backend="aot_eager")
    monkeypatch.setattr(U2Net, "compile", compiled, raising=False)
    whole = build_training_job(compose([*TINY, FIXED, how], tmp_path / "whole"))
    assert (whole.module.net._compiled_call_impl is not None) == (how == COMPILED)
    fit(whole)

    cfg = compose([*TINY, FIXED, how], tmp_path / "cut")
    cut = build_training_job(cfg)

    def unplug(self, *_):
        if self.trainer.global_step == steps:
            raise Unplugged

    with monkeypatch.context() as patch:
        patch.setattr(type(cut.module), "on_train_batch_end", unplug)
        with pytest.raises(Unplugged):
            fit(cut)

    last = tmp_path / "cut/checkpoints/last.ckpt"
    resumed = build_training_job(compose([*TINY, FIXED, how, f"resume='{last}'"], tmp_path / "cut"))
    trainer = fit(resumed)
    assert trainer.global_step == 8
    assert torch.equal(weights(resumed), weights(whole))
    assert checkpoint.load(last).config["hardware"]["compile"] == (how == COMPILED), "and the file alone is enough"


def test_frozen_statistics_need_a_trained_network(run, tmp_path):
    with pytest.raises(InputError, match=r"batch_norm=frozen .*model\.weights=FILE"):
        build_training_job(compose([*TINY, FIXED, "hardware.batch_norm=frozen"], tmp_path))
    build_training_job(
        compose(
            [*TINY, FIXED, "hardware.batch_norm=frozen", f"model.weights='{run[0]}/checkpoints/best.ckpt'"], tmp_path
        )
    )


@pytest.mark.slow
def test_a_resumed_run_keeps_the_rate_that_was_found(run):
    run_dir, figures = run
    resumed = train(compose([*TINY, "trainer.max_epochs=3", "resume=last"], run_dir))
    assert resumed["max_lr"] == figures["max_lr"]
    assert len(rates(run_dir)) == 8 + 4, "the rows of the first run are kept"


def test_a_folder_that_holds_a_run_is_not_written_over(run):
    before = (run[0] / "metrics.json").read_text()
    with pytest.raises(InputError, match=r"already holds a run.*resume=last"):
        train(compose(TINY, run[0]))
    assert (run[0] / "metrics.json").read_text() == before


@pytest.mark.slow
def test_training_learns(tmp_path):
    job = build_training_job(compose([*TINY, FIXED, "augment=none", "data.train=2", "trainer.max_epochs=40"], tmp_path))
    fit(job)
    losses = [float(row["train/loss_matte"]) for row in rows(tmp_path) if row["train/loss_matte"]]
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize("option", ["model.weights", "resume"])
def test_a_checkpoint_of_another_model_is_refused_before_any_work(option, run, tmp_path):
    best = run[0] / "checkpoints/best.ckpt"
    with pytest.raises(InputError, match=r"best\.ckpt is of (another|model)"):
        train(compose([*TINY, "model=u2net", f"{option}='{best}'"], tmp_path))
    assert not (tmp_path / "lr_finder.csv").exists()


def test_training_starts_from_given_weights(run, tmp_path):
    best = run[0] / "checkpoints/best.ckpt"
    job = build_training_job(compose([*TINY, f"model.weights='{best}'"], tmp_path))
    assert torch.equal(weights(job), torch.cat([p.flatten() for p in checkpoint.load(best).net.parameters()]))


def test_a_run_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"file/run cannot be written .*hydra\.run\.dir=DIR"):
        train(compose(TINY, tmp_path / "file/run"))


@pytest.mark.slow
def test_a_search_that_fails_falls_back_with_a_warning(tmp_path, caplog):
    cfg = compose([*TINY, "learning_rate.finder.min_lr=1e-9", "learning_rate.finder.max_lr=2e-9"], tmp_path)
    assert train(cfg)["max_lr"] == cfg.learning_rate.finder.fallback
    assert "fallback" in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("experiment", sorted(path.stem for path in CONF_DIR.glob("experiment/*.yaml")))
def test_every_experiment_runs(experiment, tmp_path):
    smoke = ["hardware=cpu", "hardware.input_size=64", "hardware.batch_size=2", "hardware.workers=0"]
    small = ["data=synthetic", "data.train=4", "data.val=2", "data.test=2"]
    if "override /data: mix" in (CONF_DIR / f"experiment/{experiment}.yaml").read_text(encoding="utf-8"):
        small = ["data.length=4", "data.sources.drawn.val=2", "data.sources.drawn.test=2"]
        small += ["trainer.max_time=null", "trainer.max_epochs=1"]
    train(compose([f"experiment={experiment}", "trainer=smoke", FIXED, *smoke, *small], tmp_path))


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send SIGTERM to another process")
@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["SIGTERM", "Ctrl-C"])
def test_a_run_that_is_told_to_stop_keeps_its_state_and_is_no_success(number, code, tmp_path):
    endless = ["trainer.max_epochs=1000", *(line for line in TINY if not line.startswith("trainer.max_epochs"))]
    command = [sys.executable, "-m", "portrait_matting.train", f"hydra.run.dir='{tmp_path}'", FIXED, *endless]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while not (tmp_path / "checkpoints" / "best.ckpt").exists() and process.poll() is None:
        time.sleep(0.05)
    last = tmp_path / "checkpoints" / "last.ckpt"
    last.unlink(missing_ok=True)
    process.send_signal(number)
    said = process.communicate(timeout=120)[0]
    assert process.returncode == code, said
    assert last.is_file()
    assert "resume=last" in said.splitlines()[-1]
    assert not (tmp_path / "metrics.json").exists()
