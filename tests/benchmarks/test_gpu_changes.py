"""benchmarks/gpu_changes.py on a CPU: what each prototype leaves as it is, and what tables say of what is missing."""

import sys
from argparse import Namespace
from pathlib import Path

import pytest
import torch

from portrait_matting.errors import InputError
from portrait_matting.models import u2net

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
if not BENCHMARKS.is_dir():
    pytest.skip("benchmarks/ is not part of this distribution", allow_module_level=True)
sys.path.append(str(BENCHMARKS))

import gpu_changes  # noqa: E402
import gpu_step  # noqa: E402
from gpu_figures import counted  # noqa: E402
from gpu_prototypes import CHANGES, TOGETHER, ChangedStep, patched  # noqa: E402
from gpu_variants import GRAPH, TODAY, Variant, figures  # noqa: E402

pytestmark = pytest.mark.slow

CHOICE = gpu_step.Choice("u2netp", 2, 64, "bf16-mixed")
BATCH = gpu_step.noise(2, 64, "cpu")


def losses(changes: tuple[str, ...]) -> list[float]:
    with patched(changes):
        step = ChangedStep(CHOICE, "cpu", changes)
        return [step(*BATCH).item() for _ in range(2)]


@pytest.fixture(scope="module")
def today() -> list[float]:
    step = gpu_step.Step(CHOICE, "cpu")
    return [step(*BATCH).item() for _ in range(2)]


@pytest.mark.parametrize("change", ["", "weights", "counter", "pool", "zeros"])
def test_a_change_of_no_arithmetic_gives_the_same_losses(today, change):
    assert losses((change,)) == pytest.approx(today, rel=1e-6)


@pytest.mark.parametrize("change", ["biases", "sides"])
def test_a_change_of_rounding_gives_nearly_the_same_losses(today, change):
    assert losses((change,)) == pytest.approx(today, rel=0.05)


def test_the_network_is_as_it_was_after_a_row():
    before = u2net.halve, u2net._interpolate
    with patched(tuple(CHANGES)):
        assert (u2net.halve, u2net._interpolate) != before
    assert (u2net.halve, u2net._interpolate) == before


def test_all_changes_together_dispatch_fewer_operations():
    def operations(changes: tuple[str, ...]) -> int:
        with patched(changes):
            step = ChangedStep(CHOICE, "cpu", changes)
            step(*BATCH)
            return counted(lambda: step(*BATCH))["operations"]

    assert operations(TOGETHER) < 0.75 * operations(())


def test_a_step_begins_again_in_the_tensors_that_there_are():
    step = ChangedStep(CHOICE, "cpu", ("weights",))
    held = [half.data_ptr() for half in step.halves]
    first = step(*BATCH)
    step(*BATCH)
    step.restart()
    assert torch.equal(step(*BATCH), first)
    assert [half.data_ptr() for half in step.halves] == held


def test_a_row_that_was_missed_says_why_and_is_compared_with_nothing():
    found = figures(Variant(TODAY, CHOICE), "cpu", 1, "eager")[TODAY]
    rows = {TODAY: {"batch": 2, **found}, TODAY + GRAPH: {"missed": "no time left"}}
    first, second = gpu_changes.step_table(rows).splitlines()[-2:]
    assert second == "| today; graph | no time left" + " |" * 11
    assert first.count("|") == second.count("|")
    assert "| 1.00 |" in first


def test_the_planners_deviation_is_of_what_was_measured():
    cell = {"network": "u2net", "size": 320, "batch": 12, "recompute": "none", "predicted": 99 * 2**30}
    text = gpu_changes.planner_table([{**cell, "measured": 100 * 2**30}, {**cell, "missed": "out of memory"}])
    assert "| 99.000 | 100.000 | -1.0% |" in text
    assert "| 99.000 | out of memory |  |" in text
    assert text.endswith("Worst deviation of 1: -1.0%.")


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"seconds": 5}, "--seconds 5 is too short"),
        ({"reference": Path("nowhere")}, "--reference nowhere has no model/u2net.py"),
        ({"predict": True}, "--predictions FILE"),
    ],
)
def test_a_wrong_option_is_named(wrong, words):
    right = {"device": "cpu", "seconds": 300, "reference": None, "predict": False, "predictions": None}
    gpu_changes.check(Namespace(**right))
    with pytest.raises(InputError, match=words):
        gpu_changes.check(Namespace(**right | wrong))
