"""Which keys hold paths, and `~` in them."""

import pytest
from omegaconf import OmegaConf

from portrait_matting.config.compose import compose
from portrait_matting.config.known_keys import known_keys
from portrait_matting.config.path_keys import is_path, settle_paths
from portrait_matting.errors import InputError


def test_every_key_of_a_recipe_that_holds_a_path_is_known():
    keys = {key for recipe in ("train", "evaluate", "plan") for key in known_keys(recipe) if is_path(key)}
    assert keys == {
        *("resume", "run_dir", "data.root", "augment.backgrounds", "model.weights", "checkpoint", "predictions"),
        *("hydra.run.dir", "hydra.sweep.dir", "data.backgrounds"),
        *(f"data.sources.{name}.root" for name in ("real", "cutouts", "labels")),
    }


@pytest.mark.parametrize(
    "key", ["data.image_folder", "callbacks.best.dirpath", "callbacks.mine.out_dir", "data.list_file"]
)
def test_a_new_key_is_one_by_its_name(key):
    assert is_path(key)


@pytest.mark.parametrize("key", ["loss.weights", "project", "hydra.sweep.subdir", "data.bad_share", "hydra.searchpath"])
def test_others_are_none(key):
    assert not is_path(key)


def test_homes_of_a_file_s_paths(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    cfg = OmegaConf.create(
        {
            "data": {"root": "~/x"},
            "checkpoint": ["~/a", "./~/b"],
            "resume": None,
            "project": "~/x",
            "run_dir": "~/${project}",
        }
    )
    settle_paths(cfg)
    assert cfg.data.root == f"{tmp_path}/x"
    assert cfg.checkpoint == [f"{tmp_path}/a", "./~/b"]
    assert cfg.project == "~/x"
    assert cfg.run_dir == f"{tmp_path}/~/x"


def test_an_empty_path_is_refused():
    with pytest.raises(InputError, match=r"^data.root= is empty: give a path"):
        settle_paths(OmegaConf.create({"data": {"root": ""}}))


@pytest.mark.parametrize("key", ["model.weights", "resume", "run_dir"])
def test_an_unset_variable_does_not_pass_for_no_path(key):
    with pytest.raises(InputError, match=f"^{key}= is empty"):
        compose([f"{key}="])
