"""One training step of ours, built from choices: network, precision, layout, loss, optimizer, what is recomputed."""

import contextlib
import gc
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from lightning.pytorch.plugins.precision import MixedPrecision, Precision
from torch import Tensor, nn

from portrait_matting.hardware import native_bfloat16
from portrait_matting.losses import BoundaryRMSE, DeepSupervision
from portrait_matting.models import recompute
from portrait_matting.models.u2net import u2net, u2netp
from portrait_matting.training.module import MattingModule

GIB = 2**30
NETWORKS = {"u2net": u2net, "u2netp": u2netp}
# The reference's optimizer as it is: left alone, torch takes all tensors at once on a card; fused=False would make it
# a loop over single ones.
Adam = torch.optim.Adam
AdamW = partial(torch.optim.AdamW, fused=True)


class SevenBCE(nn.Module):
    """The reference's loss: BCELoss on the sigmoid of each output, one after the other, in float32."""

    def __init__(self) -> None:
        super().__init__()
        self.criterion = nn.BCELoss()

    def forward(self, outputs: dict[str, Tensor], batch: dict[str, Tensor]) -> dict[str, Tensor]:
        with torch.autocast(batch["alpha"].device.type, enabled=False):  # which refuses BCELoss
            return {
                "loss": sum(self.criterion(logits.float().sigmoid(), batch["alpha"]) for logits in outputs.values())
            }


def our_loss() -> nn.Module:
    return DeepSupervision(BoundaryRMSE())


@dataclass(frozen=True)
class Choice:
    """What a step is made of; the defaults are what a run of ours takes but for the precision."""

    network: str
    batch: int
    size: int
    precision: str = "32-true"
    recompute: str = "none"
    channels_last: bool = True
    loss: Callable[[], nn.Module] = our_loss
    optimizer: Callable[..., torch.optim.Optimizer] = AdamW
    compile: str | None = None  # a backend of torch.compile
    lr: float = 1e-3


class Step:
    """A network with its optimizer on `device`; calling it on image and alpha (B, 3 and 1, S, S) trains once."""

    def __init__(self, choice: Choice, device: str, seed: int = 0) -> None:
        torch.manual_seed(seed)
        net = NETWORKS[choice.network]()
        recompute.set_recomputation(net, choice.recompute)
        self.module = MattingModule(net, choice.loss(), choice.optimizer, choice.lr, {}, choice.channels_last)
        self.module.to(device).train()
        self.optimizer = self.module.configure_optimizers()
        if choice.compile:
            self.module.net.compile(backend=choice.compile)
        mixed = choice.precision != "32-true"
        self.precision = MixedPrecision(choice.precision, device) if mixed else Precision()
        self.scaler = getattr(self.precision, "scaler", None)

    def loss(self, image: Tensor, alpha: Tensor) -> Tensor:
        with self.precision.forward_context():
            outputs = self.module.net(image.contiguous(memory_format=self.module.memory_format))
            return self.module.loss(outputs, {"image": image, "alpha": alpha})["loss"]

    def __call__(self, image: Tensor, alpha: Tensor) -> Tensor:
        loss = self.loss(image, alpha)
        self.optimizer.zero_grad()  # between the two passes, as Lightning does
        if self.scaler:
            self.scaler.scale(loss).backward()
            self.scaler.step(self.optimizer)
            self.scaler.update()
        else:
            loss.backward()
            self.optimizer.step()
        return loss.detach()


def half_precision(device: str) -> str:
    """The mixed precision that suits the device: float16 on a card without bfloat16, bfloat16 on all others."""
    return "16-mixed" if device == "cuda" and not native_bfloat16(device) else "bf16-mixed"


def cudnn(benchmark: bool = True, tf32: bool = True) -> contextlib.AbstractContextManager:
    """cuDNN's switches, while entered: by default as in a run of ours."""
    return torch.backends.cudnn.flags(enabled=True, benchmark=benchmark, deterministic=False, allow_tf32=tf32)


def kernels(benchmark: bool) -> str:
    return "kernels that cuDNN found by trying" if benchmark else "kernels that cuDNN took without trying"


def noise(batch: int, size: int, device: str) -> tuple[Tensor, Tensor]:
    """An image and an alpha that have the shapes of a batch: a step's bytes and seconds do not see what is in them."""
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(batch, 3, size, size, generator=generator)
    return image.to(device), torch.rand(batch, 1, size, size, generator=generator).to(device)


def empty() -> None:
    """Gives back what earlier steps left: their graphs, the allocator's cache, compiled code."""
    if "torch._dynamo" in sys.modules:  # to ask for it takes seconds
        torch.compiler.reset()
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
