import copy
import functools

import pytest
import yaml
from omegaconf import OmegaConf

from portrait_matting.config.compose import CONF_DIR, compose
from portrait_matting.config.difference import AUTO, conflict, differing, essence, flatten


@functools.cache
def composed(*choices):
    return compose(choices, "runs/one")


def recipe(*overrides):
    """As it is saved with a run: overrides of groups are composed, which takes long, those of values are put in."""
    choices = [one for one in overrides if one.partition("=")[0] in (*GROUPS, "data.root")]
    cfg = composed(*choices).copy()
    for one in overrides:
        if one not in choices:
            key, _, value = one.partition("=")
            OmegaConf.update(cfg, key, yaml.safe_load(value), force_add=True)
    return OmegaConf.to_container(cfg, resolve=True)


GROUPS = [path.name for path in CONF_DIR.iterdir() if path.is_dir()]
BASE = recipe()


def test_flatten_by_hand():
    nested = {
        "seed": 1,
        "model": {"depth": 2, "weights": None},
        "sizes": [3, 4],
        "steps": [{"name": "a", "sizes": [5, 6]}, {"name": "b"}],
        "nothing": [],
        "empty": {},
    }
    assert flatten(nested) == {
        "seed": 1,
        "model.depth": 2,
        "model.weights": None,
        "sizes": [3, 4],
        "steps.0.name": "a",
        "steps.0.sizes": [5, 6],
        "steps.1.name": "b",
        "nothing": [],
        "empty": {},
    }


def test_a_flat_recipe_holds_every_value_of_the_nested_one():
    flat = flatten(BASE)
    assert flat["loss.criterion.edge_weight"] == 5.0
    assert flat["loss.weights"] is None
    assert flatten(recipe("loss.weights={matte: 1, side2: 0.5}"))["loss.weights.side2"] == 0.5
    assert flat["augment.transforms.1.p"] == 0.5
    assert flat["model.weights"] is None
    assert not [key for key, value in flat.items() if isinstance(value, dict) and value]


@pytest.mark.parametrize(
    "override",
    [
        "resume=last",
        "project=another",
        "logger=tensorboard",
        "logger=wandb",
        "hardware.workers=7",
        "data.bad_share=0.5",
        "callbacks.samples.portraits=3",
        "callbacks.gallery.portraits=4",
        "callbacks.best.dirpath=elsewhere",
        "callbacks.last.save_on_exception=false",
        "trainer.enable_progress_bar=false",
        "trainer.enable_model_summary=true",
        "trainer.log_every_n_steps=1",
        "trainer.num_sanity_val_steps=0",
        "trainer.profiler=simple",
        "trainer.detect_anomaly=true",
        "trainer.default_root_dir=elsewhere",
        "hardware.effective_batch=24",
    ],
)
def test_what_changes_nothing_in_the_network_is_left_out(override):
    assert recipe(override) != BASE
    assert differing([BASE, recipe(override)]) == {}
    assert conflict(recipe(override), BASE) is None


def test_the_folder_of_a_run_is_left_out():
    assert differing([BASE, recipe("run_dir=runs/two")]) == {}


@pytest.mark.parametrize(
    "override",
    [
        "seed=1",
        "model=u2net",
        "model.weights=some.ckpt",
        "loss.criterion.edge_weight=1.0",
        "loss.criterion.width=0.1",
        "loss.weights=[1,0,0,0,0,0,0]",
        "optimizer.weight_decay=0.1",
        "learning_rate.max_lr=0.01",
        "learning_rate.finder.rule=steepest",
        "learning_rate.cycle.div=25.0",
        "learning_rate.cycle.policy=constant",
        "hardware.accelerator=cuda",
        "hardware.precision=32-true",
        "hardware.batch_size=4",
        "hardware.accumulate=2",
        "hardware.devices=2",
        "hardware.input_size=96",
        "hardware.batch_norm=accumulated",
        "hardware.recompute=all",
        "hardware.fused=null",
        "data.train=16",
        "data.height=128",
        "data.draw_seed=1",
        "data.subset=0.5",
        "augment.transforms.1.p=0.25",
        "trainer.max_epochs=1",
        "trainer.max_time='00:01:00:00'",
        "trainer.gradient_clip_val=1.0",
        "trainer.limit_train_batches=2",
        "trainer.limit_val_batches=2",
        "trainer.limit_test_batches=2",
        "trainer.val_check_interval=0.5",
        "trainer.deterministic=true",
        "callbacks.best.monitor=val/iou",
    ],
)
def test_what_changes_the_network_or_its_score_stays_and_is_said_once(override):
    key = override.partition("=")[0]
    other = recipe(override)
    key = {"model": "model._target_"}.get(key, key)
    was, asked = flatten(BASE)[key], flatten(other)[key]
    assert differing([BASE, other]) == {key: [was, asked]}
    assert conflict(other, BASE) == f"{key}={was}, where {asked} is asked for"


def test_data_elsewhere_is_other_data():
    roots = [recipe("data=folder", f"data.root={root}") for root in ("a", "b")]
    assert differing(roots) == {"data.root": ["a", "b"]}


def test_an_own_callback_may_train_another_network():
    averaging = "lightning.pytorch.callbacks.StochasticWeightAveraging"
    other = recipe(f"callbacks.mean._target_={averaging}", "callbacks.mean.swa_lrs=0.01")
    assert differing([BASE, other]) == {
        "callbacks.mean._target_": [None, averaging],
        "callbacks.mean.swa_lrs": [None, 0.01],
    }


@pytest.mark.parametrize("target", ["portrait_matting.callbacks.averaging.Averaging", "my_callbacks.Freeze"])
def test_a_callback_that_does_not_say_that_it_looks_on_counts(target):
    """Of the package as of anybody: it may freeze, average or clip, and it has no place in the older recipe."""
    other = recipe(f"callbacks.mine._target_={target}", "callbacks.mine.decay=0.99")
    assert differing([BASE, other]) == {"callbacks.mine._target_": [None, target], "callbacks.mine.decay": [None, 0.99]}
    assert conflict(other, BASE) == f"callbacks.mine._target_=None, where {target} is asked for"
    stronger = recipe(f"callbacks.mine._target_={target}", "callbacks.mine.decay=0.9")
    assert differing([other, stronger]) == {"callbacks.mine.decay": [0.99, 0.9]}


EARLIER = {
    "samples": "portrait_matting.callbacks.SamplePictures",
    "gallery": "portrait_matting.gallery.Gallery",
    "interruption": "portrait_matting.interruption.StopBetweenSteps",
    "gradients": "portrait_matting.dashboard.gradients.GradientNorms",
    "throughput": "portrait_matting.dashboard.throughput.Throughput",
    "portraits": "portrait_matting.dashboard.validation_table.ValidationTable",
    "curves": "portrait_matting.dashboard.score_curves.ScoreCurves",
    "lineage": "portrait_matting.dashboard.lineage.Lineage",
}
"""Of recipes of 2026, by their place in them."""


@pytest.mark.parametrize("name", EARLIER)
def test_an_earlier_name_of_a_callback_that_looks_on_changes_nothing(name):
    earlier = recipe(f"callbacks.{name}._target_={EARLIER[name]}")
    without = recipe()
    del without["callbacks"][name]
    for one in (BASE, without):
        assert differing([earlier, one]) == {}
        assert conflict(one, earlier) is None


def test_a_class_that_has_moved_is_the_same_class():
    earlier = recipe("data._target_=portrait_matting.data.synthetic_portraits.SyntheticDataModule")
    assert differing([earlier, BASE]) == {}
    assert conflict(BASE, earlier) is None


def test_an_augmentation_that_repeats_the_input_size_differs_in_its_own_values_alone():
    recipes = [recipe("augment=strong", f"hardware.input_size={size}") for size in (64, 96)]
    assert differing(recipes) == {"hardware.input_size": [64, 96]}
    recipes = [recipe("augment=strong", f"augment.backgrounds={folder}") for folder in ("a", "b")]
    assert differing(recipes) == {"augment.backgrounds": ["a", "b"]}
    own = recipe("augment.transforms.0.size=[50,50]")
    assert differing([BASE, own]) == {"augment.transforms.0.size": [None, [50, 50]]}


def test_a_found_rate_is_in_one_place():
    found = recipe("learning_rate.max_lr=0.0123")
    assert "learning_rate.cycle.max_lr" not in essence(found)
    assert differing([BASE, found]) == {"learning_rate.max_lr": [AUTO, 0.0123]}


def test_of_three_recipes_every_value_is_listed_in_their_order():
    recipes = [
        recipe("loss=bce"),
        recipe("seed=2", "logger=wandb"),
        recipe("loss.criterion.edge_weight=1.0", "hardware.workers=5"),
    ]
    found = differing(recipes)
    assert found["seed"] == [0, 2, 0]
    assert found["loss.criterion.edge_weight"] == [1.0, 5.0, 1.0]
    assert found["loss.criterion._target_"] == [
        "portrait_matting.losses.BCE",
        "portrait_matting.losses.BoundaryRMSE",
        "portrait_matting.losses.BoundaryRMSE",
    ]
    assert {key for key in found if not key.startswith("loss.criterion.")} == {"seed"}


def test_what_auto_goes_by_counts_where_something_is_auto():
    automatic, other = (recipe("hardware=auto", f"hardware.effective_batch={images}") for images in (12, 24))
    assert differing([automatic, other]) == {"hardware.effective_batch": [12, 24]}
    searched = [recipe("learning_rate.max_lr=0.01", f"learning_rate.finder.steps={steps}") for steps in (40, 80)]
    assert differing(searched) == {}, "nothing was searched for"


def test_a_run_whose_batch_or_rate_was_chosen_by_other_rules_is_a_conflict():
    asked = recipe("hardware=auto", "hardware.effective_batch=24")
    done = recipe("hardware=auto", "hardware.batch_size=6", "hardware.accumulate=2", "hardware.accelerator=cpu")
    done["hardware"]["recompute"] = "none"
    assert conflict(asked, done) == "hardware.effective_batch=12, where 24 is asked for"
    asked, done = recipe("learning_rate.finder.steps=80"), recipe("learning_rate.max_lr=0.0123")
    assert conflict(asked, done) == "learning_rate.finder.steps=40, where 80 is asked for"


def test_one_recipe_and_none_differ_in_nothing():
    assert differing([BASE]) == {}
    assert differing([]) == {}


def test_what_was_to_be_chosen_is_no_conflict_with_what_was_chosen():
    asked = recipe("hardware=auto", "hardware.input_size=96")
    done = recipe(
        "hardware=auto",
        "hardware.input_size=96",
        "hardware.accelerator=cpu",
        "hardware.batch_size=6",
        "hardware.accumulate=2",
        "hardware.recompute=none",
        "learning_rate.max_lr=0.0123",
    )
    assert conflict(asked, done) is None
    assert conflict(done, asked) is not None, "a number that is asked for is not what a search may find"
    wanted = recipe("hardware=auto", "hardware.input_size=128")
    assert conflict(wanted, done) == "hardware.input_size=96, where 128 is asked for"


def test_how_earlier_recipes_named_the_best_checkpoint_is_no_difference():
    earlier = copy.deepcopy(BASE)
    earlier["callbacks"]["best"] = {
        "_target_": "lightning.pytorch.callbacks.ModelCheckpoint",
        "dirpath": "runs/one/checkpoints",
        "filename": "best",
        "monitor": "val/mad",
        "mode": "min",
        "enable_version_counter": False,
    }
    assert differing([BASE, earlier]) == {}
    assert conflict(BASE, earlier) is None
