"""A network that is no U²-Net goes through every command, chosen by overrides alone."""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from portrait_matting import checkpoint, compare, plan, predict
from portrait_matting.config.compose import compose
from portrait_matting.errors import InputError
from portrait_matting.evaluate import evaluate
from portrait_matting.images.network_input import Normalisation
from portrait_matting.models import registry
from portrait_matting.models.network import trainable_groups, trial_outputs
from portrait_matting.plan import plan as plan_command
from portrait_matting.train import train

pytestmark = pytest.mark.slow

NETWORK = ["model._target_=two_scales.two_scales"]
SMALL = [
    *NETWORK,
    *("data.train=8", "data.val=2", "data.test=3", "data.height=48", "data.width=40"),
    *("hardware.input_size=64", "hardware.batch_size=2", "hardware.workers=0", "hardware.precision=32-true"),
    *("trainer.max_epochs=1", "trainer.enable_progress_bar=false", "callbacks.gallery.portraits=2"),
]


@pytest.fixture(scope="module", autouse=True)
def importable():
    """The network lies beside the tests of models; a user's lies in the working folder or is installed."""
    sys.path.insert(0, str(Path(__file__).parent / "models"))
    yield
    sys.path.pop(0)
    registry._vouched.clear()


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for seed in (0, 1):
        finder = ["learning_rate.finder.steps=20"] if seed == 0 else ["learning_rate.max_lr=0.01"]
        train(compose([*SMALL, *finder, f"seed={seed}"], folder / f"seed-{seed}"))
    return folder


def test_it_is_trained_and_each_of_its_outputs_is_logged(runs):
    run = runs / "seed-0"
    metrics = json.loads((run / "metrics.json").read_text())
    assert 0 <= metrics["test/mad"] <= 1
    assert metrics["max_lr"] > 0
    with (run / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {"train/loss_matte", "train/loss_coarse"} <= rows[0].keys()
    assert (run / "lr_finder.png").is_file()


def test_its_checkpoint_knows_its_normalisation_and_its_rates(runs):
    path = runs / "seed-0/checkpoints/last.ckpt"
    restored = checkpoint.load(path)
    assert type(restored.net).__name__ == "TwoScales"
    assert restored.normalisation == Normalisation((127.5, 120.0, 110.0), (64.0, 60.0, 56.0))
    groups = torch.load(path, weights_only=True)["optimizer_states"][0]["param_groups"]
    assert [(group.get("lr_scale"), group["weight_decay"]) for group in groups] == [
        *((0.1, 0.01), (0.1, 0.0)),  # kernels, and biases and normalisation, of the backbone
        *((None, 0.01), (None, 0.0)),  # of the heads
    ]
    assert groups[0]["lr"] == groups[1]["lr"] == pytest.approx(0.1 * groups[2]["lr"])


def test_a_run_of_it_goes_on(runs, tmp_path):
    last = runs / "seed-1/checkpoints/last.ckpt"
    metrics = train(
        compose([*SMALL, "seed=1", "learning_rate.max_lr=0.01", "trainer.max_epochs=2", f"resume='{last}'"], tmp_path)
    )
    assert metrics["test/mad"] >= 0
    assert torch.load(tmp_path / "checkpoints/last.ckpt", weights_only=True)["global_step"] == 8


def test_it_is_fine_tuned_with_the_normalisation_of_its_weights(runs, tmp_path):
    best = runs / "seed-1/checkpoints/best.ckpt"
    given = "model.normalisation={mean: [127.5, 120.0, 110.0], std: [64.0, 60.0, 56.0]}"
    for override in ("model.normalisation=auto", given):
        folder = tmp_path / str(len(override))
        train(compose([*SMALL, "learning_rate.max_lr=0.01", f"model.weights='{best}'", override], folder))
        assert checkpoint.load(folder / "checkpoints/best.ckpt").normalisation.std == (64.0, 60.0, 56.0)


@pytest.mark.slow
def test_hardware_auto_plans_it(tmp_path):
    auto = [override for override in SMALL if not override.startswith("hardware.")]
    cfg = compose(
        [*auto, "hardware=auto", "hardware.input_size=64", "hardware.effective_batch=4", "learning_rate.max_lr=0.01"],
        tmp_path,
    )
    train(cfg)
    assert (cfg.hardware.batch_size, cfg.hardware.recompute) == (4, "none")


def test_it_is_planned_without_recomputation_and_in_its_multiples(tmp_path, capsys):
    overrides = [*NETWORK, "sizes=[96, 128, 720]", "input_size=128", "progress=false"]
    row = plan_command(compose(overrides, tmp_path / "a", recipe="plan"))
    said = capsys.readouterr().out
    assert row.recompute == "none"
    assert "left out for TwoScales: 720 (sizes are multiples of 32)" in said
    assert "most, all (it has no blocks to compute again)" in said
    with pytest.raises(InputError, match=r"^input_size=100 is no multiple of 32.*choose 96 or 128"):
        plan.plan(compose([*NETWORK, "input_size=100"], tmp_path / "b", recipe="plan"))


def test_it_is_scored(runs, tmp_path, monkeypatch):
    monkeypatch.setenv(registry.VARIABLE, "two_scales")
    best = runs / "seed-0/checkpoints/best.ckpt"
    overrides = [f"checkpoint='{best}'", "split=test", "data.test=3", "data.height=48", "data.width=40", "pictures=1"]
    overrides += ["resamples=50", "progress=false", "hardware.workers=0"]
    found = evaluate(compose(overrides, tmp_path, recipe="evaluate"))
    trained = json.loads((runs / "seed-0/metrics.json").read_text())
    assert found["mad"] == pytest.approx(trained["test/mad"], abs=2e-3)  # at the portraits' own size, unrounded


def test_it_cuts_out(runs, tmp_path, monkeypatch):
    monkeypatch.setenv(registry.VARIABLE, "two_scales")
    Image.fromarray(np.full((70, 50, 3), 90, np.uint8)).save(tmp_path / "photo.png")
    best = str(runs / "seed-0/checkpoints/best.ckpt")
    predict.main([str(tmp_path / "photo.png"), "--checkpoint", best, "--output", str(tmp_path / "out")])
    assert Image.open(tmp_path / "out/photo.png").size == (50, 70)


def test_a_file_builds_it_only_where_the_user_vouches_for_its_module(runs, monkeypatch):
    monkeypatch.setattr(registry, "_vouched", set())
    with pytest.raises(
        InputError, match=r"two_scales\.two_scales is no network of .*PORTRAIT_MATTING_NETWORKS=two_sca"
    ):
        checkpoint.load(runs / "seed-0/checkpoints/best.ckpt")


def test_runs_of_it_are_compared(runs, capsys):
    compare.main([str(runs), "--pictures", "1"])
    assert (runs / "compare.html").is_file()


@pytest.mark.parametrize(
    "override, says",
    [
        ("hardware.input_size=72", r"hardware\.input_size=72 is no multiple of 32.*64 or 96"),
        ("hardware.recompute=most", r"hardware\.recompute=most: TwoScales has no blocks"),
        ("loss.weights={matte:1,side1:1}", r"loss\.weights names the output side1: the network has coarse, matte"),
        ("model._target_=two_scales.F.relu", r"two_scales\.F\.relu"),
        ("model._target_=two_scales.Tensor", r"two_scales\.Tensor builds no network"),
        ("model.normalisation=imagenett", r"model\.normalisation=imagenett is unknown"),
    ],
)
def test_what_does_not_fit_it_is_one_line(override, says, tmp_path):
    with pytest.raises(InputError, match=says):
        train(compose([*SMALL, "learning_rate.max_lr=0.01", override], tmp_path))


def test_the_network_of_the_docs_is_one(tmp_path, monkeypatch):
    page = (Path(__file__).parents[1] / "docs/networks.md").read_text(encoding="utf-8")
    (tmp_path / "my_networks.py").write_text(page.split("```python\n")[1].split("```")[0], encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(registry.VARIABLE, "my_networks")
    net = registry.build({"_target_": "my_networks.TwoHeads", "width": 4, "weights": None})
    assert list(trial_outputs(net, 64)) == ["matte", "coarse"]
    assert len(trainable_groups(net)) == 2


def test_a_key_that_its_yaml_lacks_is_named():
    with pytest.raises(InputError, match=r"model\.normalisation is missing: a network's YAML says"):
        compose([*SMALL, "~model.normalisation"])
