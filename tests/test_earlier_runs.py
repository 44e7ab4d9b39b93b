"""What version 0.1.0 left on disk still opens, goes on and is compared.

earlier_runs/version_0.1.0.tar.xz was written by commit 4bb69c1, before networks had named outputs and files had rooms:
`sweep/`, four jobs of `-m loss.criterion.edge_weight=1,5 seed=0,1`, each of four steps on drawn portraits; `single/`, a
run of loss=boundary_rmse_bce; and `matte.npy`, what that commit saw in a photo by the one checkpoint that is kept. Its
weights are of three values, so that it is small.
"""

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch

from portrait_matting import checkpoint, compare
from portrait_matting.config.compose import compose
from portrait_matting.images.network_input import NORMALISATIONS
from portrait_matting.matte.predictor import Predictor
from portrait_matting.train import main as train_main
from portrait_matting.train import train

pytestmark = pytest.mark.slow

SMALL = [
    *("data.train=8", "data.val=2", "data.test=3", "data.height=48", "data.width=40"),
    *("hardware.input_size=32", "hardware.batch_size=2", "hardware.workers=0", "hardware.precision=32-true"),
    *("learning_rate.max_lr=0.003", "trainer.max_epochs=1", "trainer.enable_progress_bar=false"),
    *("callbacks.gallery.portraits=2", "callbacks.samples.portraits=1"),
]
LAST = "sweep/edge_weight-5+seed-0/checkpoints/last.ckpt"


@pytest.fixture
def earlier(tmp_path):
    with tarfile.open(Path(__file__).parent / "earlier_runs/version_0.1.0.tar.xz") as archive:
        archive.extractall(tmp_path / "runs", filter="data")
    return tmp_path / "runs"


def test_a_checkpoint_predicts_what_it_did(earlier):
    restored = checkpoint.load(earlier / LAST)
    assert restored.normalisation == NORMALISATIONS["easyportrait"]
    photo = np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    [matte] = Predictor.from_checkpoint(earlier / LAST, device="cpu", precision="32-true")([photo])
    np.testing.assert_allclose(matte, np.load(earlier / "matte.npy"), atol=1e-6)


def test_a_run_goes_on(earlier, tmp_path, caplog):
    """Where it had come to, with its rate, its cycle and the rows that it had written."""
    overrides = [*SMALL, "loss.criterion.edge_weight=5", "trainer.max_epochs=2", f"resume='{earlier / LAST}'"]
    metrics = train(compose(overrides, tmp_path / "on"))
    state = torch.load(tmp_path / "on/checkpoints/last.ckpt", weights_only=True)
    assert state["global_step"] == 8
    assert "the run was begun with another optimizer: optimizer.decay_all=True, where False" in caplog.text
    assert state["config"]["model"]["normalisation"] == "easyportrait"
    assert metrics["test/mad"] >= 0


@pytest.mark.slow
def test_a_run_that_goes_on_with_another_loss_says_so(earlier, tmp_path, caplog):
    train(compose([*SMALL, "loss=bce", "trainer.max_epochs=2", f"resume='{earlier / LAST}'"], tmp_path / "on"))
    assert "the run was begun with another loss: loss.criterion" in caplog.text


@pytest.mark.slow
def test_a_start_from_it_keeps_its_normalisation(earlier, tmp_path):
    train(compose([*SMALL, f"model.weights='{earlier / LAST}'"], tmp_path / "from"))
    assert checkpoint.load(tmp_path / "from/checkpoints/best.ckpt").config["model"]["normalisation"] == "easyportrait"


def test_finished_jobs_of_a_sweep_are_passed_over(earlier, monkeypatch, capsys):
    """Their recipes say the same in today's words: nothing is in conflict and nothing is trained again."""
    monkeypatch.chdir(earlier)
    before = {path: path.read_bytes() for path in earlier.glob("sweep/*/metrics.json")}
    sweep = ["-m", "loss.criterion.edge_weight=1,5", "seed=0,1", *SMALL, "hydra.sweep.dir=sweep"]
    monkeypatch.setattr("sys.argv", ["train", *sweep, "optimizer.decay_all=true"])
    train_main()
    assert {path: path.read_bytes() for path in earlier.glob("sweep/*/metrics.json")} == before
    assert len(before) == 4
    assert "failed" not in capsys.readouterr().out


def test_a_sweep_in_which_all_decayed_does_not_go_on_as_one_in_which_kernels_alone_do(earlier, monkeypatch, capsys):
    monkeypatch.chdir(earlier)
    sweep = ["-m", "loss.criterion.edge_weight=1,5", "seed=0,1", *SMALL, "hydra.sweep.dir=sweep"]
    monkeypatch.setattr("sys.argv", ["train", *sweep])
    with pytest.raises(SystemExit):
        train_main()
    assert "holds a run with optimizer.decay_all=True, where False is asked for" in capsys.readouterr().out


def test_they_are_compared(earlier):
    compare.main([str(earlier / "sweep"), str(earlier / "single"), "--output", str(earlier / "out")])
    table = (earlier / "out/compare.csv").read_text()
    assert "edge_weight=1" in table
    assert "edge_weight=5" in table


@pytest.mark.slow
def test_an_earlier_run_and_one_of_today_by_one_recipe_are_one_arm(earlier, tmp_path):
    recipe = ["loss.criterion.edge_weight=5", "optimizer.decay_all=true"]  # there was no choice then
    train(compose([*SMALL, *recipe, "seed=2"], tmp_path / "today"))
    compare.main([str(earlier / "sweep"), str(tmp_path / "today"), "--output", str(earlier / "out")])
    rows = (earlier / "out/compare.csv").read_text().splitlines()
    assert json.loads((tmp_path / "today/metrics.json").read_text())["test/mad"] >= 0
    arms = {row.split(",")[rows[0].split(",").index("arm")] for row in rows[1:]}
    assert arms == {"edge_weight=1", "edge_weight=5"}
