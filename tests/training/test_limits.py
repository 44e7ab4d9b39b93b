import pytest
from omegaconf import OmegaConf
from torch.utils.data import DataLoader

from portrait_matting.errors import InputError
from portrait_matting.training.limits import batches_of_an_epoch, check_limits, validated_batches

DEFAULT = {
    "max_epochs": 4,
    "max_steps": -1,
    "limit_train_batches": 1.0,
    "limit_val_batches": 1.0,
    "limit_test_batches": 1.0,
    "check_val_every_n_epoch": 1,
    "val_check_interval": 1.0,
    "overfit_batches": 0.0,
    "min_epochs": None,
    "log_every_n_steps": None,
    "num_sanity_val_steps": 1,
    "gradient_clip_val": None,
}


class Data:
    """20 training batches, 4 of validation, 3 of test; set up for the test only when asked."""

    def __init__(self):
        self.stages = {"fit"}

    def setup(self, stage):
        self.stages.add(stage)

    def train_dataloader(self):
        return DataLoader(range(20))

    def val_dataloader(self):
        return DataLoader(range(4))

    def test_dataloader(self):
        assert "test" in self.stages
        return DataLoader(range(3))


def group(**changed):
    return OmegaConf.create(DEFAULT | changed)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"limit_val_batches": 0},
        {"limit_val_batches": 0.0, "val_check_interval": 100},
        {"check_val_every_n_epoch": 9},
        {"check_val_every_n_epoch": None, "val_check_interval": 1000},
        {"val_check_interval": 20},
        {"val_check_interval": "00:00:05:00"},
        {"max_epochs": -1, "max_steps": 5},
        {"limit_train_batches": 0.05, "limit_test_batches": 0.34},
        {"overfit_batches": 2},
        {"overfit_batches": 0.1},  # of four batches of validation: one
        {"overfit_batches": 1.0, "limit_val_batches": 0},
        {"max_epochs": None, "max_steps": 5},
        {"min_epochs": 4},
        {"limit_train_batches": None, "limit_val_batches": None, "limit_test_batches": None},
        {"log_every_n_steps": 0, "num_sanity_val_steps": -1, "gradient_clip_val": 0},
    ],
)
def test_a_run_that_trains_and_is_tested_may_have_no_validation(changed):
    check_limits(group(**changed), Data())


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"max_epochs": 0}, "max_epochs=0 trains nothing"),
        ({"max_epochs": -2}, "max_epochs=-2 trains nothing"),
        ({"max_steps": 0}, "max_steps=0 trains nothing"),
        ({"limit_train_batches": 0}, "limit_train_batches=0 of 20 batches is none: choose at least 1"),
        ({"limit_train_batches": 0.04}, r"limit_train_batches=0\.04 of 20 batches is none"),
        ({"limit_val_batches": 0.2}, r"limit_val_batches=0\.2 of 4 batches is none"),
        ({"limit_test_batches": 0}, "limit_test_batches=0 leaves nothing to score"),
        ({"limit_test_batches": 0.3}, r"limit_test_batches=0\.3 of 3 batches is none"),
        ({"overfit_batches": 0.04}, r"overfit_batches=0\.04 of 20 batches is none"),
        ({"overfit_batches": 1.5}, r"overfit_batches=1\.5 is neither a share"),
        ({"limit_train_batches": -1}, "limit_train_batches=-1 is neither a share"),
        ({"limit_val_batches": -0.5}, r"limit_val_batches=-0\.5 is neither a share"),
        ({"limit_test_batches": 1.5}, r"limit_test_batches=1\.5 is neither a share"),
        ({"max_epochs": None}, "max_epochs=null leaves the run without an end"),
        ({"max_epochs": -1}, "max_epochs=-1 leaves the run without an end"),
        ({"min_epochs": 5}, "min_epochs=5 is not within trainer.max_epochs=4"),
        ({"min_epochs": -1}, "min_epochs=-1 is not within"),
        ({"log_every_n_steps": -1}, "log_every_n_steps=-1 is no number of steps"),
        ({"num_sanity_val_steps": -2}, "num_sanity_val_steps=-2 is no number of batches"),
        ({"gradient_clip_val": -1.0}, r"gradient_clip_val=-1\.0 clips nothing"),
        ({"gradient_clip_val": float("nan")}, "gradient_clip_val=nan clips nothing"),
        ({"val_check_interval": 21}, "val_check_interval=21 is more than the 20 batches of an epoch"),
        ({"val_check_interval": 8, "limit_train_batches": 7}, "val_check_interval=8 is more than the 7"),
        ({"val_check_interval": 0}, "val_check_interval=0 is neither"),
        ({"val_check_interval": 1.5}, r"val_check_interval=1\.5 is neither"),
        ({"check_val_every_n_epoch": 0}, "check_val_every_n_epoch=0 is no number of epochs"),
    ],
)
def test_one_that_comes_to_nothing_is_refused_in_one_line(changed, message):
    with pytest.raises(InputError, match=rf"^trainer\.{message}"):
        check_limits(group(**changed), Data())


@pytest.mark.parametrize("changed, devices, found", [({}, 3, 6), ({"limit_train_batches": 5}, 2, 5), ({}, 1, 20)])
def test_the_batches_are_those_of_each_process(changed, devices, found):
    assert batches_of_an_epoch(group(**changed), Data(), devices) == found


@pytest.mark.parametrize(
    "changed, found",
    [({}, 4), ({"limit_val_batches": 2}, 2), ({"overfit_batches": 2}, 2), ({"overfit_batches": 0.1}, 1),
     ({"overfit_batches": 9}, 4), ({"overfit_batches": 2, "limit_val_batches": 0}, 0)],
)  # fmt: skip
def test_a_run_that_overfits_validates_unless_it_is_told_not_to(changed, found):
    assert validated_batches(group(**changed), 4) == found


def test_more_processes_than_batches_is_said_of_the_processes():
    with pytest.raises(InputError, match=r"hardware\.devices=21 leaves processes without a batch.* 20 batches"):
        check_limits(group(), Data(), devices=21)
