"""The norm of the gradient, of the whole network and of each of its stages."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import lightning.pytorch as L
import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm

from portrait_matting.loggers.boards import log_metrics, shown_by


def gradient_norms(parameters: Iterable[tuple[str, nn.Parameter]]) -> dict[str, Tensor]:
    """The Euclidean norm of the gradient, before any clipping: "total", and of each stage.

    Args:
        parameters: with their names in the network, such as "stage1.rebnconvin.conv_s1.weight". The stage is what
            stands before the first point; the heads (side1 … side6, outconv) count as one, "heads".

    Returns:
        Scalars on the gradients' device, {} where there is no gradient.
    """
    gradients: dict[str, list[Tensor]] = defaultdict(list)
    for name, parameter in parameters:
        if parameter.grad is not None:
            gradients[re.sub(r"^(side\d+|outconv)$", "heads", name.partition(".")[0])].append(parameter.grad)
    if not gradients:
        return {}
    norms = {stage: get_total_norm(of_stage) for stage, of_stage in gradients.items()}
    return {"total": torch.linalg.vector_norm(torch.stack(list(norms.values()))), **norms}


class GradientNorms(L.Callback):
    """Shows `gradients/total` and `gradients/STAGE` of every `log_every_n_steps`-th optimizer step.

    The norms are taken before the step and read after it, together and once: on other steps nothing is done, and
    nothing waits for the card.
    """

    looks_on = True

    def __init__(self) -> None:
        self._names: list[str] = []
        self._norms: Tensor | None = None

    def on_before_optimizer_step(
        self, trainer: L.Trainer, pl_module: L.LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        every = trainer.log_every_n_steps
        if not every or (trainer.global_step + 1) % every or not shown_by(trainer):
            return
        if norms := gradient_norms(pl_module.net.named_parameters()):
            self._names = list(norms)
            self._norms = torch.stack(list(norms.values())) / _scale(trainer, optimizer)

    def on_train_batch_end(self, trainer: L.Trainer, *_: Any) -> None:
        if self._norms is None:
            return
        norms = zip(self._names, self._norms.tolist(), strict=True)
        self._norms = None
        log_metrics(trainer.loggers, {f"gradients/{name}": norm for name, norm in norms}, trainer.global_step - 1)


def _scale(trainer: L.Trainer, optimizer: torch.optim.Optimizer) -> float:
    """By what float16 has its gradients multiplied at this point: a fused optimizer divides by it in its own step."""
    scaler = getattr(trainer.precision_plugin, "scaler", None)
    return scaler.get_scale() if scaler and getattr(optimizer, "_step_supports_amp_scaling", False) else 1.0
