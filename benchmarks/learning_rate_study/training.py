"""Trainings one after another in the same memory; on a card each step is one CUDA graph.

Measured on an H200: 7.3 ms a step of the lite network at 128² with batches of 8, however many trainings ran side by
side on streams of their own. The launch of the graph takes that long, and within a process they take turns at it. So
there is one training at a time here, with the pixels of a few batches; who has room on a card starts several processes.
"""

import time
from typing import NamedTuple

import numpy as np
import torch
from batches import Batches
from job import BETA2, EPS, Job
from portraits import Portraits, whole
from setting import CRITERIA, NETWORKS
from torch import Tensor

from portrait_matting.losses import DeepSupervision

WARM_UP = 3  # steps before a capture: kernels are chosen and workspaces allocated
SCORED_AT_ONCE = 50


class Outcome(NamedTuple):
    """Losses float32 (sweeps, steps), as the optimizer saw them; MAD and IoU at 0.5 float32 (portraits, 2), or None."""

    losses: np.ndarray
    scores: np.ndarray | None


class Training:
    """A network with its optimizer: AdamW on one vector that holds all parameters.

    What changes from step to step lies in a tensor, since a graph repeats the numbers that it was captured with.

    Args:
        network, loss: of NETWORKS and CRITERIA.
        batch: portraits.
        size: of the network's input.

    Attributes:
        step_seconds: of a step of the last job, batches and resets included; 0 before the first.
    """

    def __init__(self, network: str, loss: str, batch: int, size: int, device: torch.device) -> None:
        self.network, self.batch, self.size, self.device = network, batch, size, device
        self.net = NETWORKS[network]().to(device, memory_format=torch.channels_last).train()
        self._loss = DeepSupervision(CRITERIA[loss]()).to(device)
        count = sum(parameter.numel() for parameter in self.net.parameters())
        # Each a tensor of its own: as_strided counts from where the memory begins, and not from where a row of it does.
        self._weights, self._gradient, self._first, self._second = (torch.zeros(count, device=device) for _ in range(4))
        self._shrinks, self._spared = torch.ones(count, device=device), torch.ones(count, device=device)
        self._flatten()
        self._image = torch.zeros(batch, 3, size, size, device=device).contiguous(memory_format=torch.channels_last)
        self._alpha = torch.zeros(batch, 1, size, size, device=device)
        self._coefficients = torch.tensor([0.0, 0.9, 0.1, 0.0, 1.0], device=device)
        self._last = torch.zeros((), device=device)
        self.step_seconds = 0.0
        self._starts: dict[int, dict[str, Tensor]] = {}
        self._graph = self._captured() if device.type == "cuda" else None

    def run(self, job: Job, portraits: Portraits, source: str) -> Outcome:
        """Trains from the job's first weights; these are the same on every device."""
        batches = Batches(portraits(source, "train"), self.batch, self.size, 1000 + job.seed)
        began = time.perf_counter()
        coefficients = torch.from_numpy(job.coefficients()).to(self.device)
        losses = torch.zeros(job.sweeps, len(job.rates), device=self.device)
        self._shrinks.copy_(self._spared) if job.spared else self._shrinks.fill_(1)
        for sweep in range(job.sweeps):
            self._reset(job.seed)
            for step in range(len(job.rates)):
                image, alpha = next(batches)
                self._image.copy_(image)
                self._alpha.copy_(alpha)
                self._coefficients.copy_(coefficients[step])
                self._step() if self._graph is None else self._graph.replay()
                losses[sweep, step].copy_(self._last)
        taken = losses.cpu().numpy()  # waits for the card
        self.step_seconds = (time.perf_counter() - began) / job.steps
        return Outcome(taken, self._score(portraits(source, job.scored)).cpu().numpy() if job.scored else None)

    def _flatten(self) -> None:
        """Makes each parameter and its gradient a view of the vectors, strides included."""
        first = 0
        for parameter in self.net.parameters():
            at, shape, stride = slice(first, first + parameter.numel()), parameter.shape, parameter.stride()
            parameter.data = torch.as_strided(self._weights, shape, stride, first)
            parameter.grad = torch.as_strided(self._gradient, shape, stride, first)
            self._spared[at] = float(parameter.ndim > 1)
            first = at.stop

    def _step(self) -> None:
        self._gradient.zero_()
        loss = self._loss(self.net(self._image), {"alpha": self._alpha})["loss"]
        loss.backward()
        with torch.no_grad():
            decay, beta1, rest, rate, root = self._coefficients.unbind()
            self._weights.mul_(1 - decay * self._shrinks)
            self._first.mul_(beta1).add_(self._gradient * rest)
            self._second.mul_(BETA2).addcmul_(self._gradient, self._gradient, value=1 - BETA2)
            self._weights.sub_(self._first / (self._second.sqrt() / root).add_(EPS) * rate)
            self._last.copy_(loss.detach())

    def _captured(self) -> torch.cuda.CUDAGraph:
        stream = torch.cuda.Stream()
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                self._step()
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=stream):
            self._step()
        return graph

    @torch.no_grad()
    def _reset(self, seed: int) -> None:
        if seed not in self._starts:
            torch.manual_seed(seed)
            self._starts[seed] = {name: value.to(self.device) for name, value in start(self.network).items()}
        self.net.load_state_dict(self._starts[seed])
        self._first.zero_()
        self._second.zero_()

    @torch.no_grad()
    def _score(self, pixels: Tensor) -> Tensor:
        self.net.eval()
        scores = []
        for part in pixels.split(SCORED_AT_ONCE):
            image, alpha = whole(part, self.size)
            matte = torch.sigmoid(self.net(image)["matte"].float())
            ours, theirs = matte > 0.5, alpha > 0.5
            shared, union = (ours & theirs).sum((1, 2, 3)), (ours | theirs).sum((1, 2, 3))
            iou = torch.where(union > 0, shared / union.clamp(min=1), 1.0)
            scores.append(torch.stack([(matte - alpha).abs().mean((1, 2, 3)), iou], 1))
        self.net.train()
        return torch.cat(scores)


def start(network: str) -> dict[str, Tensor]:
    """The first weights, of torch's random state."""
    return NETWORKS[network]().state_dict()
