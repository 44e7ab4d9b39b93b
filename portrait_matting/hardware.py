"""What a run is made to fit: the device, the precision, and how many images of which size are in it at once."""

import logging
from dataclasses import dataclass
from typing import Any, Literal

import torch

from portrait_matting.errors import InputError

log = logging.getLogger(__name__)

Precision = Literal["auto", "32-true", "16-mixed", "bf16-mixed"]
Recompute = Literal["none", "most", "all", "auto"]
"""Which U-blocks are computed again in the backward pass, so that nothing inside them is kept."""
BatchNorm = Literal["batch", "accumulated", "synchronised", "frozen"]


@dataclass(frozen=True)
class Hardware:
    """The hardware group of a recipe, settled: `settle.settle` has replaced each "auto" but the precision's.

    Args:
        accelerator: cpu or cuda. (Not mps: the metrics are summed in float64, which it lacks.)
        devices: processes, one a device; on a CPU, processes that share it.
        precision: 32-true, 16-mixed, bf16-mixed, or auto: bf16-mixed where the device computes in bfloat16 natively,
            16-mixed on other CUDA cards, else 32-true.
        batch_size: images in a forward pass of one process.
        accumulate: forward passes in an optimizer step. The effective batch is batch_size * accumulate * devices.
        input_size: side in pixels of the square that the network sees.
        workers: processes that read and augment, for each training process.
        channels_last: keep the network's tensors in channels-last order, which convolutions prefer on CPUs that
            vectorise and on tensor cores.
        recompute: activation checkpointing of U-blocks: none; most, those that save most bytes for their FLOPs; all but
            the last, which is needed at once.
        compile: runs the network through torch.compile, which takes a minute or more before the first step.
        batch_norm: batch: each forward pass by its own statistics. accumulated: the same, with running statistics that
            reach as far back as with the whole effective batch. synchronised: by the statistics of all processes.
            frozen: by the running statistics, which stay as they are: for weights that were trained before.
        fused: true: the optimizer updates all weights in one pass over them; null: as torch chooses. True does not go
            with float16 and trainer.gradient_clip_val together: its gradients are unscaled too late to be clipped.
        effective_batch: images of an optimizer step that "auto" keeps to; of no meaning where nothing is "auto".
    """

    accelerator: Literal["cpu", "cuda", "auto"]
    devices: int
    precision: Precision
    batch_size: int | Literal["auto"]
    accumulate: int | Literal["auto"]
    input_size: int
    workers: int
    channels_last: bool
    recompute: Recompute = "none"
    compile: bool = False
    batch_norm: BatchNorm = "batch"
    fused: bool | None = None
    effective_batch: int = 12

    def __post_init__(self) -> None:
        for name in ("devices", "batch_size", "accumulate"):
            if getattr(self, name) < 1:
                raise InputError(f"hardware.{name}={getattr(self, name)} is too small: choose at least 1")
        if self.accelerator == "cuda" and self.devices > (cards := torch.cuda.device_count()):
            cure = "choose fewer" if cards else "choose hardware=cpu, or install a CUDA build of torch"
            raise InputError(f"hardware.devices={self.devices} but {cards} CUDA card(s) can be used here: {cure}")

    @property
    def effective_accumulation(self) -> int:
        """Forward passes in an optimizer step, of all processes together."""
        return self.accumulate * self.devices

    def trainer_arguments(self) -> dict[str, Any]:
        """What Lightning's Trainer takes of this: accelerator, devices, precision, accumulation, strategy."""
        return {
            "accelerator": self.accelerator,
            "devices": self.devices,
            "precision": choose_precision(self.precision, self.accelerator),
            "accumulate_grad_batches": self.accumulate,
            "strategy": "ddp" if self.devices > 1 else "auto",
            **({"sync_batchnorm": True} if self.batch_norm == "synchronised" else {}),
        }


def choose_precision(precision: Precision, accelerator: str) -> str:
    """The precision that the device computes in, given the one asked for; says so where they differ."""
    if precision == "auto":
        return "bf16-mixed" if native_bfloat16(accelerator) else "16-mixed" if accelerator == "cuda" else "32-true"
    if precision == "16-mixed" and accelerator == "cpu":
        log.warning("hardware.precision=16-mixed: CPUs train in bfloat16 instead of float16, so bf16-mixed is used")
        return "bf16-mixed"
    if precision == "bf16-mixed" and not native_bfloat16(accelerator):
        log.warning(
            "hardware.precision=bf16-mixed: this %s only emulates bfloat16, slowly; %s is faster here",
            accelerator,
            "16-mixed" if accelerator == "cuda" else "32-true",
        )
    return precision


def native_bfloat16(accelerator: str) -> bool:
    """True if the device multiplies in bfloat16 itself (CPU: AVX512-BF16 or AMX; CUDA: Ampere, sm_80, and later).

    `torch.cuda.is_bf16_supported()` also says yes for Turing cards, which emulate it.
    """
    if accelerator == "cpu":
        capabilities = getattr(torch.cpu, "get_capabilities", dict)()  # an older torch cannot say: then no
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    if accelerator == "cuda":
        return torch.cuda.is_available() and torch.cuda.get_device_capability()[0] >= 8
    return False
