"""Each preset within the budget that its name gives, by the planner's prediction for the full network."""

import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from portrait_matting.config.compose import compose
from portrait_matting.config.optimizer import recipe_optimizer
from portrait_matting.memory.budget import usable
from portrait_matting.memory.footprint import footprint
from portrait_matting.models import registry

BUDGETS = {"gpu_8gb": 8, "gpu_8gb_512": 8, "gpu_8gb_720": 8, "gpu_24gb": 24, "gpu_80gb": 80}


def predicted(cfg, batch_size):
    model = OmegaConf.to_container(cfg.model, resolve=True)
    loss, optimizer = instantiate(cfg.loss, _convert_="all"), recipe_optimizer(cfg.optimizer)
    fixed = (cfg.hardware.input_size, "16-mixed", cfg.hardware.recompute)
    return footprint(lambda: registry.build(model), loss, optimizer, batch_size, *fixed).peak


@pytest.mark.slow
@pytest.mark.parametrize("name, memory_gb", BUDGETS.items())
def test_the_full_network_fits(name, memory_gb):
    cfg = compose([f"hardware={name}", "model=u2net"])
    peak = predicted(cfg, cfg.hardware.batch_size)
    assert peak <= usable(memory_gb)
    assert peak > 0.6 * usable(memory_gb) or predicted(cfg, 2 * cfg.hardware.batch_size) > usable(memory_gb)


@pytest.mark.parametrize("name", BUDGETS)
def test_the_effective_batch_is_reached_by_batches_that_batch_norm_can_use(name):
    hardware = compose([f"hardware={name}"]).hardware
    assert hardware.batch_size * hardware.accumulate == hardware.effective_batch >= 12
    assert hardware.batch_size >= 4
