import pytest
from omegaconf import OmegaConf

from portrait_matting.config.compose import CONF_DIR, compose
from portrait_matting.errors import InputError
from portrait_matting.training.trainer_group import check_trainer_group

RUN_SETS = {"accelerator": "cpu", "devices": 1, "precision": "32-true"}
OFFERED = OmegaConf.load(CONF_DIR / "trainer" / "default.yaml").keys() - {"_target_"}
WORKS = {
    "max_epochs": [1, 1000],
    "max_steps": [1, 5],
    "min_epochs": [0, 1, None],
    "max_time": ["00:12:00:00", {"hours": 12}, "slurm", None],
    "limit_train_batches": [1, 100, 0.5, None],
    "limit_val_batches": [0, 0.0, 1, 0.5, None],
    "limit_test_batches": [1, 0.5, None],
    "check_val_every_n_epoch": [1, 5],
    "val_check_interval": [1, 0.5, "00:00:05:00", None],
    "log_every_n_steps": [0, 1, 1000, None],
    "num_sanity_val_steps": [0, -1, 5, None],
    "gradient_clip_val": [0, 1, 0.5, None],
    "gradient_clip_algorithm": ["norm", "value", None],
    "overfit_batches": [0, 1, 0.5, 100],
    "sync_batchnorm": [True, False],
    "deterministic": [False, True, "warn"],
    "benchmark": [True, False, None],
    "detect_anomaly": [True, False],
    "profiler": ["simple", "advanced", "pytorch", None],
    "enable_progress_bar": [True, False, None],
    "enable_model_summary": [True, False, None],
}


@pytest.fixture(autouse=True)
def _as_before():
    import torch

    yield
    torch.use_deterministic_algorithms(False)
    torch.autograd.set_detect_anomaly(False)


def group(**changed):
    return OmegaConf.merge(OmegaConf.load(CONF_DIR / "trainer" / "default.yaml"), changed)


def test_every_key_that_is_offered_is_tried():
    assert WORKS.keys() == OFFERED


@pytest.mark.parametrize("key, value", [(key, value) for key, values in WORKS.items() for value in values])
def test_what_is_right_passes(key, value):
    check_trainer_group(group(**{key: value}), RUN_SETS)


@pytest.mark.parametrize(
    "key, value, words",
    [
        ("max_time", "banana", "DD:HH:MM:SS"),
        ("max_time", "00:05", "DD:HH:MM:SS"),
        ("max_time", {"hour": 1}, "hour"),
        ("max_time", "00:00:00:00", "leaves no time"),
        ("max_time", 90, "DD:HH:MM:SS"),
        ("val_check_interval", "often", "often"),
        ("check_val_every_n_epoch", None, "val_check_interval"),
        ("profiler", "foo", "simple"),
        ("gradient_clip_algorithm", "foo", "norm"),
        ("devices", 2, "hardware.devices"),
        ("precision", "16-mixed", "hardware.precision"),
        ("accelerator", "gpu", "hardware.accelerator"),
        ("accumulate_grad_batches", 2, "hardware.accumulate"),
        ("num_nodes", 2, "hardware.devices"),
        ("logger", True, "logger"),
        ("callbacks", [], "callbacks"),
        ("enable_checkpointing", False, "callbacks.last"),
        ("fast_dev_run", True, "trainer=smoke"),
        ("barebones", True, "callbacks"),
    ],
)
def test_what_lightning_or_the_run_would_not_take_is_one_line(key, value, words):
    with pytest.raises(InputError, match=rf"^trainer.*{words}") as caught:
        check_trainer_group(group(**{key: value}), RUN_SETS)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("how", [{"trainer.sync_batchnorm": True}, {"sets": True}])
def test_processes_on_a_cpu_cannot_synchronise_batch_norm(how):
    sets = RUN_SETS | {"devices": 2} | ({"sync_batchnorm": True} if "sets" in how else {})
    with pytest.raises(InputError, match=r"hardware\.batch_norm=accumulated"):
        check_trainer_group(group(sync_batchnorm="sets" not in how), sets)
    check_trainer_group(group(sync_batchnorm=True), RUN_SETS)


def test_the_recipe_offers_no_key_that_stands_elsewhere():
    check_trainer_group(compose(["trainer=smoke"]).trainer, RUN_SETS)
