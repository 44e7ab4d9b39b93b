"""A recipe whose hardware group says "auto", made to fit the machine that it is run on."""

import logging

import psutil
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from torch import nn

from portrait_matting.config.optimizer import recipe_optimizer
from portrait_matting.errors import InputError
from portrait_matting.hardware import Hardware, choose_precision
from portrait_matting.memory import budget
from portrait_matting.memory.configuration import TrainingConfiguration, advice, choose_configuration, override
from portrait_matting.memory.plan import plan_configurations
from portrait_matting.models import registry
from portrait_matting.models.network import Network
from portrait_matting.models.recompute import choices as recompute_choices

log = logging.getLogger(__name__)

_RAM_SHARE = 0.5  # of what is free: data workers and the system want some too


def resolve_auto_hardware(cfg: DictConfig) -> bool:
    """Replaces every "auto" of `cfg.hardware` but that of the precision, and says what it chose.

    What is not "auto" stays as it is. Returns whether the batch was chosen here, so that it may be halved still.

    Raises:
        InputError: nothing fits.
    """
    hardware = cfg.hardware
    if hardware.accelerator == "auto":
        hardware.accelerator = "cuda" if torch.cuda.is_available() else "cpu"
    given = {name: hardware[name] for name in ("batch_size", "accumulate", "recompute")}
    if "auto" not in given.values():
        return False
    if given["batch_size"] == "auto":
        row = choose_configuration(planned(cfg), hardware.input_size)
        hardware.batch_size, hardware.recompute = row.batch_size, row.recompute
        hardware.accumulate = row.accumulate if given["accumulate"] == "auto" else given["accumulate"]
        log.info("hardware: %s", override(row))
        return True
    if given["recompute"] == "auto":
        hardware.recompute = "none"
    if given["accumulate"] == "auto":
        hardware.accumulate = max(1, -(-hardware.effective_batch // (hardware.batch_size * hardware.devices)))
    log.info("hardware: accumulate=%d recompute=%s", hardware.accumulate, hardware.recompute)
    return False


def planned(cfg: DictConfig) -> list[TrainingConfiguration]:
    """What fits of the recipe's network, loss and optimizer at its input size, on the card or in half the free RAM."""
    hardware = cfg.hardware
    on_card = hardware.accelerator == "cuda"
    model = OmegaConf.to_container(cfg.model, resolve=True)
    return plan_configurations(
        lambda: registry.build(model),
        instantiate(cfg.loss, _convert_="all"),
        recipe_optimizer(cfg.optimizer),
        usable_bytes(hardware.accelerator),
        [hardware.input_size],
        [choose_precision(hardware.precision, hardware.accelerator)],
        _recomputes(hardware.recompute, model),
        max(1, hardware.effective_batch // hardware.devices),
        device="cuda" if on_card else "cpu",
        channels_last=hardware.channels_last,
    )


def _recomputes(recompute: str, model: dict) -> list[str]:
    """What may be computed again: what the recipe says, or of "auto" whatever the network can."""
    if recompute != "auto":
        return [recompute]
    with torch.device("meta"):
        return recompute_choices(registry.build(model))


def usable_bytes(accelerator: str) -> int:
    """What tensors may hold: of the present card less the headroom, or half of the free RAM."""
    if accelerator == "cuda":
        return budget.usable("auto")
    return int(psutil.virtual_memory().available * _RAM_SHARE)  # cached files are free: they give way


def fits(net: Network, loss: nn.Module, hardware: Hardware) -> bool:
    """Whether a forward and a backward pass of one batch get through on the card; the network stays as it was.

    On a CPU it is not tried: RAM that is lacking is swapped, or ends the process without a word.
    """
    if hardware.accelerator == "cpu":
        return True
    return _gets_through(net, loss, hardware)


def _gets_through(net: Network, loss: nn.Module, hardware: Hardware) -> bool:
    device = torch.device(hardware.accelerator)
    before = {name: buffer.clone() for name, buffer in net.named_buffers()}
    half = {"16-mixed": torch.float16, "bf16-mixed": torch.bfloat16}.get(
        choose_precision(hardware.precision, hardware.accelerator)
    )
    size = (hardware.batch_size, 3, hardware.input_size, hardware.input_size)
    layout = torch.channels_last if hardware.channels_last else torch.contiguous_format
    try:
        net.to(device)
        image = torch.zeros(size, device=device).contiguous(memory_format=layout)
        with torch.autocast(device.type, half, enabled=half is not None):
            batch = {"image": image, "alpha": torch.zeros(size[0], 1, *size[2:], device=device)}
            value = loss.to(device)(net(image), batch)["loss"]
        value.backward()
        return True
    except torch.OutOfMemoryError:
        return False
    finally:
        net.zero_grad(set_to_none=True)
        net.to("cpu")
        loss.to("cpu")
        for name, buffer in net.named_buffers():
            buffer.copy_(before[name])
        if device.type == "cuda":
            torch.cuda.empty_cache()


def out_of_memory(cfg: DictConfig, hardware: Hardware) -> InputError:
    """What to say of a run that ran out of memory: what it tried, what fits by the planner, the words to use."""
    plain = cfg.copy()
    plain.hardware.recompute = "auto"
    plain.hardware.effective_batch = hardware.batch_size * hardware.accumulate * hardware.devices  # as it was
    return InputError(advice(hardware, planned(plain), usable_bytes(hardware.accelerator)))
