"""Loss curves from one seed: does precision, recomputation or compilation change what a network learns?"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from attempt import Clock, Missed, attempt
from gpu_step import Choice, Step, cudnn, empty
from sections import CURVES
from torch import Tensor
from tqdm import tqdm

from portrait_matting.images.network_input import to_input
from portrait_matting.synthetic import draw_portrait

FIRST, NOISE = "32-true", "32-true, another order"
WINDOW = 20  # steps that a smoothed loss is the mean of
COMPILING = 30  # seconds without which torch.compile is not begun


@dataclass(frozen=True)
class Curve:
    label: str
    choice: Choice
    order: int = 0  # seed of the order of the portraits


def contestants(choice: Choice, precisions: Iterable[str], backend: str) -> list[Curve]:
    """The first is the reference, the second, with the portraits in another order, the noise. What is wanted most comes
    before the rest: mixed precision and compilation.
    """
    same = [Curve("32-true, the same once more", choice)]
    mixed = [Curve(precision, replace(choice, precision=precision)) for precision in precisions]
    repeated = [Curve("32-true, recompute all", replace(choice, recompute="all"))]
    compiled = [Curve("32-true, torch.compile", replace(choice, compile=backend))]
    return [Curve(FIRST, choice), Curve(NOISE, choice, 1), *mixed, *compiled, *same, *repeated]


def curves(
    choice: Choice, precisions: Iterable[str], backend: str, steps: int, portraits: int, device: str, clock: Clock
) -> str:
    """Markdown: how far the smoothed loss of each contestant strays from that of the first."""
    image, alpha = draw(portraits, choice.size, device)
    window = min(WINDOW, max(1, steps // 3))
    lines = [
        f"{choice.network}, {choice.size}², batch {choice.batch}, {steps} steps on {portraits} drawn portraits, loss "
        f"smoothed over {window} steps.",
        "",
        CURVES,
        "|---|---:|---:|---|",
    ]
    first, noise = None, None
    for curve in tqdm(contestants(choice, precisions, backend), desc="curves", unit="curve"):
        needs = COMPILING if curve.choice.compile == "inductor" else 0
        losses = attempt(f"curve, {curve.label}", partial(train, curve, image, alpha, steps, device), clock, needs)
        empty()
        if isinstance(losses, Missed):
            lines.append(f"| {curve.label} | | {losses.reason} | |")
            continue
        smooth = np.convolve(losses, np.full(window, 1 / window), mode="valid")
        first = smooth if curve.label == FIRST else first
        apart = None if first is None or first is smooth else float(np.abs(smooth - first).max())
        noise = apart if curve.label == NOISE else noise
        if apart is None or noise is None:
            verdict = ""
        else:
            verdict = "is the noise" if curve.label == NOISE else "yes" if apart <= noise else "no"
        lines.append(f"| {curve.label} | {smooth[-1]:.4f} | {'' if apart is None else f'{apart:.4f}'} | {verdict} |")
    return "\n".join([*lines, "", bits(choice, image, alpha, device, clock)])


def draw(count: int, size: int, device: str) -> tuple[Tensor, Tensor]:
    """Images (count, 3, size, size), normalised, and their alphas (count, 1, size, size)."""
    drawn = [draw_portrait("train", 0, index, size, size) for index in range(count)]
    image = torch.stack([to_input(image) for image, _ in drawn])
    return image.to(device), torch.from_numpy(np.stack([alpha for _, alpha in drawn]))[:, None].to(device)


def train(curve: Curve, image: Tensor, alpha: Tensor, steps: int, device: str) -> np.ndarray:
    """The loss of each step, float64 (steps,). Weights come from one seed, the order of the portraits from its own."""
    step = Step(curve.choice, device)
    generator = torch.Generator().manual_seed(curve.order)
    epochs = -(-steps * curve.choice.batch // len(image))
    order = torch.cat([torch.randperm(len(image), generator=generator) for _ in range(epochs)]).to(device)
    batches = order[: steps * curve.choice.batch].view(steps, -1)
    with cudnn(benchmark=False, tf32=False):  # a search would take longer than the curve
        losses = [step(image[chosen], alpha[chosen]) for chosen in tqdm(batches, desc=curve.label, leave=False)]
    return torch.stack(losses).double().cpu().numpy()


def bits(choice: Choice, image: Tensor, alpha: Tensor, device: str, clock: Clock) -> str:
    """A sentence: whether recomputation leaves the gradients of a float32 step bit for bit as they were."""
    batch = image[: choice.batch], alpha[: choice.batch]
    sentences = []
    for recompute in ("none", "most", "all"):
        name = f"gradients, recompute {recompute}"
        other = replace(choice, recompute=recompute)
        same = attempt(name, partial(equal_gradients, choice, other, *batch, device), clock)
        empty()
        what = "the same step twice" if recompute == "none" else f"recompute {recompute} against none"
        sentences.append(f"{what}: {same.reason if isinstance(same, Missed) else 'equal' if same else 'not equal'}")
    return f"Gradients in 32-true, bit for bit, with deterministic kernels; {'; '.join(sentences)}."


def equal_gradients(choice: Choice, other: Choice, image: Tensor, alpha: Tensor, device: str) -> bool:
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
        before = torch.are_deterministic_algorithms_enabled()
        torch.use_deterministic_algorithms(True, warn_only=True)
        try:
            ours, theirs = (gradients(each, image, alpha, device) for each in (choice, other))
        finally:
            torch.use_deterministic_algorithms(before)
    return all(torch.equal(own, their) for own, their in zip(ours, theirs, strict=True))


def gradients(choice: Choice, image: Tensor, alpha: Tensor, device: str) -> list[Tensor]:
    step = Step(choice, device)
    step.loss(image, alpha).backward()
    return [parameter.grad for parameter in step.module.net.parameters()]
