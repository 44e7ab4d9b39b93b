from pathlib import Path

import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from portrait_matting.config.compose import CONF_DIR, check, compose
from portrait_matting.errors import InputError
from portrait_matting.models import registry
from portrait_matting.models.network import Network

GROUPS = sorted(
    f"{path.parent.name}={path.stem}"
    for path in CONF_DIR.glob("*/*.yaml")
    if not path.stem.startswith("_") and path.parent.name not in ("experiment", "sweep")
)


def test_the_default_recipe_needs_no_data_no_gpu_and_no_account():
    cfg = compose()
    assert cfg.data._target_.endswith("SyntheticDataModule")
    assert (cfg.hardware.accelerator, list(cfg.logger)) == ("cpu", ["csv"])


@pytest.mark.parametrize("choice", GROUPS)
def test_every_choice_composes_and_has_the_types_that_the_code_takes(choice):
    needs = {f"data={kind}": ["data.root=somewhere"] for kind in ("easyportrait", "folder", "cutouts")}
    compose([choice, *needs.get(choice, [])])


@pytest.mark.parametrize("choice", [c for c in GROUPS if c.split("=")[0] in ("loss", "model", "augment")])
def test_every_network_loss_and_augmentation_builds(choice):
    group = choice.split("=")[0]
    node = OmegaConf.to_container(compose([choice]), resolve=True)[group]
    if group == "model":
        assert isinstance(registry.build(node), Network)
    else:
        instantiate(node, _convert_="all")


@pytest.mark.parametrize(
    "override, says",
    [
        ("hardware.batchsize=3", r"hardware.batchsize is no key .*hardware.batch_size"),
        ("hardware.batch_size=abc", r"hardware.batch_size='abc' is a str; give int or 'auto'"),
        ("hardware.batch_size=2.5", r"hardware.batch_size=2.5 is a float; give int or 'auto'"),
        ("hardware.precision=fp8", r"hardware.precision='fp8'.*16-mixed"),
        ("learning_rate.max_lr=fast", r"learning_rate.max_lr='fast'.*float"),
        ("learning_rate.cycle.annihilation=true", r"learning_rate.cycle.annihilation=True is a bool; give float"),
        ("loss.criterion.width=wide", r"loss.criterion.width='wide' is a str; give float"),
        ("optimizer.weight_decay=none", r"optimizer.weight_decay='none' is a str; give float"),
        ("trainer.max_epochs=ten", r"trainer.max_epochs='ten'"),
        ("seed=x", r"seed='x' is a str; give int"),
        ("learning_rate.finder.steps=abc", r"learning_rate.finder.steps='abc' is a str; give int"),
        ("+seeed=3", r"seeed is no key of the recipe"),
        ("+trainer.max_epoch=5", r"trainer.max_epoch is no key of lightning.pytorch.Trainer"),
        ("project=5", r"project=5 is a int; give str, such as project=\"'5'\""),
        ("data=_loading", r"this choice of data is a part of others"),
        ("model=unet", r"model=unet is no choice: give one of u2net, u2netp"),
        ("data=easyportrait", r"data.root is missing: give data.root="),
    ],
)
def test_a_wrong_override_is_refused_when_composing_and_the_line_names_the_cure(override, says):
    with pytest.raises(InputError, match=says) as error:
        compose([override])
    assert "\n" not in str(error.value)


def test_a_value_is_blamed_where_it_was_given_not_where_it_is_copied_to():
    cfg = compose()
    cfg.hardware.input_size = "big"
    with pytest.raises(InputError, match=r"^hardware\.input_size="):
        check(cfg)


def test_lists_stand_for_tuples_and_a_wrong_item_is_found():
    check(compose(["optimizer.betas=[0.8,0.99]"]))
    with pytest.raises(InputError, match=r"loss\.weights"):
        compose(["loss.weights=[1,a]"])


@pytest.mark.parametrize("word", ["off", "1", "null"])
def test_of_a_dictionary_the_value_that_is_wrong_is_named(word):
    with pytest.raises(InputError, match=r"^data\.pieces\.hair=\S+ is a \w+; give true or false$"):
        compose(["data=people", f"data.pieces.hair={word}"])


@pytest.mark.parametrize("policy", ["one_cycle", "triangular", "triangular2", "exp_range", "cosine", "constant"])
def test_the_cycle_takes_the_one_max_lr(policy):
    cfg = compose([f"learning_rate={policy}", "learning_rate.max_lr=0.02"])
    assert instantiate(cfg.learning_rate.cycle).max_lr == 0.02


def test_a_run_folder_may_hold_any_characters(tmp_path: Path):
    folder = tmp_path / "a run, with = signs [and brackets]"
    assert compose(run_dir=folder).callbacks.samples.run_dir == str(folder)
