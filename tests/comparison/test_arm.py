import functools
import os
from pathlib import Path

import numpy as np
import pytest
from omegaconf import DictConfig, OmegaConf

from portrait_matting.comparison.arm import arms
from portrait_matting.comparison.result import Run
from portrait_matting.config.compose import compose


@functools.cache
def composed(*choices: str) -> DictConfig:
    return compose(choices)


def run(*overrides: str, folder: Path = Path("run"), score: float = 0.0) -> Run:
    """By a recipe: its choices are composed, once for all tests; its single values are set in that."""
    single = dict(one.split("=", 1) for one in overrides if "." in one or one.startswith("seed"))
    cfg = composed(*[one for one in overrides if one.partition("=")[0] not in single]).copy()
    for key, value in single.items():
        OmegaConf.update(cfg, key, OmegaConf.create(f"value: {value}").value, force_add=True)
    cfg.run_dir = str(folder)
    return Run(folder, OmegaConf.to_container(cfg, resolve=True), {}, ["a"], {"mad": np.array([score])})


def names(*recipes: str) -> list[str]:
    """Of arms by recipes, each a line of overrides."""
    return [one.name for one in arms([run(*recipe.split()) for recipe in recipes])]


def test_runs_that_differ_in_their_seed_are_one_arm():
    weak, strong = "loss.criterion.edge_weight=1", "loss.criterion.edge_weight=5"
    found = arms([run(edge, f"seed={seed}") for edge, seed in ((strong, 2), (weak, 0), (strong, 0), (weak, 10))])
    assert [one.name for one in found] == ["edge_weight=5", "edge_weight=1"]
    assert [[each.seed for each in one.runs] for one in found] == [[0, 2], [0, 10]]
    assert [one.settings for one in found] == [{"loss.criterion.edge_weight": 5.0}, {"loss.criterion.edge_weight": 1.0}]


def test_where_a_run_writes_makes_no_arm():
    found = arms([run(folder=Path("a")), run("seed=1", "logger=tensorboard", folder=Path("b"))])
    assert len(found) == 1
    assert found[0].settings == {}


def test_a_key_that_is_null_is_as_one_that_an_older_version_lacked():
    older, newer = run(), run("seed=1")
    del older.config["learning_rate"]["cycle"]["gamma"]
    assert len(arms([older, newer])) == 1


def test_of_a_seed_that_ran_twice_the_later_counts(tmp_path):
    twice = [run(folder=tmp_path / name, score=score) for name, score in (("late", 1.0), ("early", 2.0))]
    for one, written in zip(twice, (200, 100), strict=True):
        one.folder.mkdir()
        (one.folder / "metrics.json").touch()
        os.utime(one.folder / "metrics.json", (written, written))
    assert [one.runs for one in arms(twice)] == [[twice[0]]]


@pytest.mark.parametrize(
    "folders, name", [(["x/baseline"], "baseline"), (["x/sweep/seed-0", "x/sweep/seed-1"], "sweep")]
)
def test_one_arm_is_called_by_its_folder(folders, name):
    found = arms([run(f"seed={seed}", folder=Path(folder)) for seed, folder in enumerate(folders)])
    assert [one.name for one in found] == [name]


@pytest.mark.parametrize(
    "recipes, wanted",
    [
        (
            ["loss.criterion.edge_weight=1", "loss.criterion.width=0.1", "loss.criterion.width=0.025"],
            ["width=0.05 edge_weight=1", "width=0.1 edge_weight=5", "width=0.025 edge_weight=5"],
        ),
        (
            ["", "loss=bce", "loss=boundary_rmse_bce"],
            ["BoundaryRMSE edge_weight=5", "BCE edge_weight=1", "WeightedSum edge_weight=5"],
        ),
        (
            ["", "loss.criterion.edge_weight=2", "loss=bce"],
            ["BoundaryRMSE edge_weight=5", "BoundaryRMSE edge_weight=2", "BCE edge_weight=1"],
        ),
        (
            [
                "",
                "learning_rate=constant learning_rate.max_lr=0.001",
                "learning_rate=cosine learning_rate.max_lr=0.001",
            ],
            ["max_lr=auto policy=one_cycle", "max_lr=0.001 policy=constant", "max_lr=0.001 policy=cosine"],
        ),
        (["learning_rate.finder.rule=valley", "learning_rate.finder.rule=steepest"], ["rule=valley", "rule=steepest"]),
        # The augmentation's crop is as large as the input: that is no difference of its own.
        (["hardware.input_size=80", "hardware.input_size=160"], ["input_size=80", "input_size=160"]),
        (
            ["hardware.precision=32-true", "hardware.precision=bf16-mixed hardware.input_size=96"],
            ["precision=32-true input_size=72", "precision=bf16-mixed input_size=96"],
        ),
        (["model=u2net", ""], ["u2net", "u2netp"]),
        (["augment=none", "", "augment=strong"], ["no transforms", "3 transforms", "9 transforms"]),
        (
            ["augment=none", "", "augment.transforms.1.p=0.0"],
            ["no transforms", "3 transforms p=0.5", "3 transforms p=0"],
        ),
        (["", "optimizer=adam"], ["AdamW weight_decay=0.01", "Adam weight_decay=0"]),
        (["", "hardware.fused=null"], ["fused=true", "fused=null"]),
        (
            ["", "hardware=gpu_80gb"],
            ["accelerator=cpu batch_size=8 input_size=72", "accelerator=cuda batch_size=32 input_size=720"],
        ),
        (["data.draw_seed=1", "data.draw_seed=2 data.train=8"], ["train=1200 draw_seed=1", "train=8 draw_seed=2"]),
        (
            ["", "model.weights=runs/a/best.ckpt", "model.weights=runs/b/best.ckpt"],
            ["weights=null", "weights=a/best.ckpt", "weights=b/best.ckpt"],
        ),
        (
            ["model.weights=a.ckpt optimizer.weight_decay=0.1", "model.weights=b.ckpt optimizer.weight_decay=0.2"],
            ["weights=a.ckpt weight_decay=0.1", "weights=b.ckpt weight_decay=0.2"],
        ),
        (
            ["data.root=/x/hard/all", "data.root=/x/soft/all"],
            ["root=hard/all", "root=soft/all"],
        ),
        (
            ["learning_rate.max_lr=0.0034871923847", "learning_rate.max_lr=0.012345678"],
            ["max_lr=0.00348719", "max_lr=0.0123457"],
        ),
        (["", "optimizer=sgd"], ["AdamW weight_decay=0.01", "SGD weight_decay=0.0001"]),
        (
            ["optimizer.weight_decay=0.3", "optimizer.weight_decay=0.30000000000000004", "optimizer.weight_decay=1e-7"],
            ["weight_decay=0.3", "weight_decay=0.30000000000000004", "weight_decay=1e-07"],
        ),
    ],
)
def test_names_say_what_differs(recipes, wanted):
    assert names(*recipes) == wanted


def test_settings_have_every_key_that_differs():
    """What a name leaves out, since the class tells it, a table may still want."""
    first, second = arms([run(), run("loss=bce")])
    assert first.settings == {
        "loss.criterion._target_": "portrait_matting.losses.BoundaryRMSE",
        "loss.criterion.edge_weight": 5.0,
    }
    assert second.settings == {
        "loss.criterion._target_": "portrait_matting.losses.BCE",
        "loss.criterion.edge_weight": 1.0,
    }


def test_an_arm_without_any_of_the_keys_has_a_name():
    with_key, without = run(), run()
    with_key.config["model"]["depth"] = 3
    assert [one.name for one in arms([with_key, without])] == ["depth=3", "no depth"]


def test_names_are_unique():
    """Two classes of one name in one package each: the name has as much of the package as tells them apart."""
    first, second = run(), run()
    first.config["model"] |= {"_target_": "ours.net.build"}
    second.config["model"] |= {"_target_": "theirs.net.build"}
    assert [one.name for one in arms([first, second])] == ["ours.net.build", "theirs.net.build"]
