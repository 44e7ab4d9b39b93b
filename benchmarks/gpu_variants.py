"""The rows of gpu_changes.py: which steps are measured, each change alone and all together; the planner's cells."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from attempt import Clock, attempt
from gpu_figures import counted, first_steps, graphed, kernels, timed
from gpu_prototypes import CHANGES, COMPILED, TOGETHER, ChangedStep, patched
from gpu_step import Adam, Choice, SevenBCE, cudnn, noise
from training_step import reference_step

REFERENCE, REFERENCE_TF32 = "reference, float32", "reference, TF32"
TODAY = "today"
GRAPH = "; graph"
MEMORY = {"u2net": {320: 12, 512: 6, 720: 3}, "u2netp": {320: 16, 512: 8, 720: 4}}  # the planner's cells


@dataclass(frozen=True)
class Variant:
    """One row: a step, how it is compiled, and what is measured of it beside its time."""

    name: str
    choice: Choice
    changes: tuple[str, ...] = ()
    compiled: str = ""  # of gpu_prototypes.COMPILED
    reference: Path | None = None  # a clone, whose step is run in place of `choice`
    tf32: bool = True
    search: bool = False  # cudnn.benchmark
    graph: bool = False
    kernels: bool = False

    @property
    def key(self) -> str:
        return f"{self.choice.network}: {self.name}"


def eager(choice: Choice, reference: Path | None) -> list[Variant]:
    """What the others are held against, all changes together, each alone. `choice` is today's step."""
    plain = replace(choice, precision="32-true", channels_last=False, loss=SevenBCE, optimizer=Adam)
    return [
        Variant(TODAY, choice, graph=True, kernels=True),
        *([Variant(REFERENCE, plain, reference=reference, tf32=False)] if reference else []),
        Variant("all changes", choice, TOGETHER, graph=True, kernels=True),
        *([Variant(REFERENCE_TF32, plain, reference=reference)] if reference else []),
        *(Variant(f"+ {CHANGES[change]}", choice, (change,), kernels=True) for change in CHANGES),
        Variant("today, once more", choice),
    ]


def ladder(choice: Choice) -> list[Variant]:
    """Today's step with one thing taken back."""
    return [
        Variant("today, TF32", replace(choice, precision="32-true")),
        Variant("today, 16-mixed", replace(choice, precision="16-mixed"), kernels=True),
        Variant("today, contiguous, not channels_last", replace(choice, channels_last=False)),
        Variant("today, the reference's loss", replace(choice, loss=SevenBCE)),
    ]


def searched(choice: Choice) -> list[Variant]:
    """With cuDNN's search, which takes half a minute for the full network on an H200."""
    return [
        Variant("all changes, cuDNN's search", choice, TOGETHER, search=True, graph=True),
        Variant("today, cuDNN's search", choice, search=True, graph=True),
    ]


def compiled(choice: Choice) -> list[Variant]:
    rows = [Variant(f"today, {words}", choice, compiled=how) for how, words in reversed(COMPILED.items())]
    return [*rows, Variant(f"all changes, {COMPILED['step']}", choice, TOGETHER, "step")]


def memory() -> list[Choice]:
    """The planner's cells: three sizes of each network by what is recomputed, nothing first."""
    return [
        Choice(network, batch, size, "bf16-mixed", recompute)
        for recompute in ("none", "all", "most")
        for network, batches in MEMORY.items()
        for size, batch in batches.items()
    ]


def figures(variant: Variant, device: str, repeats: int, backend: str) -> dict[str, dict[str, Any]]:
    """All that is measured of a variant, by the names of its rows: its own, and its graph's."""
    choice = variant.choice
    image, alpha = noise(choice.batch, choice.size, device)
    with cudnn(variant.search, variant.tf32), patched(variant.changes):
        if variant.reference:
            step = reference_step(variant.reference, choice.network, device)
        else:
            step = ChangedStep(choice, device, variant.changes, variant.compiled, backend)
        call = partial(step, image, alpha)
        found = first_steps(call, device) | timed(call, device, repeats)
        if variant.kernels and device == "cuda":
            found |= _or_why("kernels_missed", partial(kernels, call))
        rows = {variant.name: found}
        if variant.graph and device == "cuda":
            name = variant.name + GRAPH
            rows[name] = _or_why("missed", partial(graphed, step, image, alpha, repeats))
        elif variant.graph:
            step.restart()  # the part of it that a CPU can try
            again = call().item()
            assert abs(again - found["losses"][0]) <= 1e-3 * abs(again), (again, found["losses"])
        if not variant.compiled:
            found |= _or_why("count_missed", partial(counted, call))
    return rows


def _or_why(name: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    found = attempt(name, work, Clock(60))
    return found if isinstance(found, dict) else {name: found.reason}
