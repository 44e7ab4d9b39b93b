import functools
import logging

import pytest
import torch
from hydra.utils import instantiate

from portrait_matting.config.compose import compose
from portrait_matting.errors import InputError
from portrait_matting.losses import BoundaryRMSE, DeepSupervision
from portrait_matting.memory.footprint import Footprint
from portrait_matting.models.network import Network
from portrait_matting.models.u2net import u2netp
from portrait_matting.training import auto_hardware as settle
from portrait_matting.training import job
from portrait_matting.training.phases import fit

TINY = ["hardware.input_size=64", "hardware.workers=0", "data.train=24", "data.val=2", "data.test=2"]
SMALL = [*TINY, "data.height=40", "data.width=32", "learning_rate.max_lr=0.01", "trainer.enable_progress_bar=false"]


KEPT = {"none": 1.0, "most": 0.5, "all": 0.4}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A step needs 100 MB, and 20 MB an image at 64² or a share of it: the real prediction takes seconds."""

    def measure(net, loss, optimizer, batch_size, input_size, precision, recompute, *_, **__):
        peak = 100e6 + 20e6 * batch_size * (input_size / 64) ** 2 * KEPT[recompute]
        return Footprint(int(peak), 0, 0, 0, 0)

    stubs = {"measure": measure, "flops": lambda net, recompute: {"none": 6, "most": 7, "all": 8}[recompute]}
    monkeypatch.setattr(settle, "plan_configurations", functools.partial(settle.plan_configurations, **stubs))


def settled(overrides, memory=None, monkeypatch=None):
    cfg = compose([*TINY, *overrides])
    if memory:
        monkeypatch.setattr(settle, "usable_bytes", lambda accelerator: int(memory))
    return cfg, settle.resolve_auto_hardware(cfg)


def test_a_recipe_without_auto_stays(monkeypatch):
    before = compose(TINY)
    cfg, chosen = settled([])
    assert (cfg, chosen) == (before, False)


def test_auto_keeps_the_effective_batch_and_says_what_it_chose(monkeypatch, caplog):
    with caplog.at_level(logging.INFO):
        cfg, chosen = settled(["hardware=auto", "hardware.input_size=64"], 3e9, monkeypatch)
    assert chosen
    assert cfg.hardware.accelerator == ("cuda" if torch.cuda.is_available() else "cpu")
    assert cfg.hardware.batch_size * cfg.hardware.accumulate == 12
    assert f"hardware.batch_size={cfg.hardware.batch_size} hardware.accumulate=" in caplog.text
    instantiate(cfg.hardware)


def test_less_memory_is_a_smaller_batch(monkeypatch):
    overrides = ["hardware=auto", "hardware.input_size=64"]
    for memory, batch_size, accumulate, recompute in (
        (101e6 + 240e6, 12, 1, "none"),
        (101e6 + 80e6, 4, 3, "none"),
        (101e6 + 60e6, 6, 2, "most"),  # three without: too few for BatchNorm
        (101e6 + 32e6, 4, 3, "all"),
    ):
        found = settled(overrides, memory, monkeypatch)[0].hardware
        assert (found.batch_size, found.accumulate, found.recompute) == (batch_size, accumulate, recompute)


def test_nothing_that_fits_is_an_error(monkeypatch):
    with pytest.raises(InputError, match="input_size=64 does not fit"):
        settled(["hardware=auto", "hardware.input_size=64"], 2**20, monkeypatch)


def test_what_is_given_stays():
    cfg, chosen = settled(["hardware=auto", "hardware.batch_size=5", "hardware.recompute=all"])
    assert not chosen
    assert (cfg.hardware.batch_size, cfg.hardware.accumulate, cfg.hardware.recompute) == (5, 3, "all")


def test_trying_a_batch_leaves_the_network_as_it_was():
    cfg = compose([*TINY, "hardware.batch_size=2"])
    net, loss = u2netp(), DeepSupervision(BoundaryRMSE())
    before = {name: value.clone() for name, value in net.state_dict().items()}
    assert settle._gets_through(net, loss, instantiate(cfg.hardware))
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert all(parameter.grad is None for parameter in net.parameters())


def test_a_batch_that_does_not_get_through_is_told():
    class Greedy(Network):
        def forward(self, image):
            raise torch.OutOfMemoryError("out of memory")

    hardware = instantiate(compose(TINY).hardware)
    assert not settle._gets_through(Greedy(), DeepSupervision(BoundaryRMSE()), hardware)


def test_a_planned_batch_is_halved_until_it_fits(monkeypatch, caplog, tmp_path):
    tried = []
    monkeypatch.setattr(job, "fits", lambda net, loss, hardware: tried.append(hardware.batch_size) or len(tried) == 3)
    built = job.build_training_job(compose([*SMALL, "hardware=auto"], tmp_path))
    assert tried == [12, 6, 3]
    assert (built.hardware.batch_size, built.hardware.accumulate) == (3, 4)
    assert "hardware.batch_size=3" in caplog.text
    assert built.module.config["hardware"]["batch_size"] == 3


def test_a_given_batch_is_never_halved(monkeypatch, tmp_path):
    monkeypatch.setattr(job, "fits", lambda *_: pytest.fail("it was tried"))
    assert job.build_training_job(compose([*SMALL, "hardware.batch_size=4"], tmp_path)).hardware.batch_size == 4


def test_running_out_of_memory_says_what_fits(monkeypatch, tmp_path):
    built = job.build_training_job(compose([*SMALL, "hardware.batch_size=8"], tmp_path))
    monkeypatch.setattr(settle, "usable_bytes", lambda accelerator: int(181e6))

    def exhausted(self, batch, batch_idx):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(type(built.module), "training_step", exhausted)
    with pytest.raises(InputError, match=r"ran out of memory with .*batch_size=8.* fit.*hardware\.batch_size="):
        fit(built)
