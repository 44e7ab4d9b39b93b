"""The benchmark of a card, on a CPU: what it counts, how it searches, and that every part of it runs."""

import os
import re
import signal
import subprocess
import sys
import time
from argparse import Namespace
from contextlib import nullcontext
from dataclasses import fields
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F

from portrait_matting.errors import InputError

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
if not BENCHMARKS.is_dir():
    pytest.skip("benchmarks/ is not part of this distribution", allow_module_level=True)
sys.path.append(str(BENCHMARKS))

import apart  # noqa: E402
import attempt  # noqa: E402
import gpu  # noqa: E402
import gpu_cap  # noqa: E402
import gpu_memory  # noqa: E402
import gpu_speed  # noqa: E402
import gpu_step  # noqa: E402
import roofline  # noqa: E402
import sections  # noqa: E402

FLOAT, HALF = 4, 2  # bytes


def traffic(work) -> int:
    return roofline.count(work)[0].bytes


def test_flops_of_a_convolution_are_two_a_multiply_add():
    image, weight = torch.randn(2, 3, 8, 8), torch.randn(5, 3, 3, 3, requires_grad=True)
    forward = 2 * (2 * 5 * 8 * 8) * (3 * 3 * 3)
    work, _ = roofline.count(lambda: F.conv2d(image, weight, padding=1).sum().backward())
    assert work.flops == 2 * forward  # once more for the weight's gradient; the image wants none


@pytest.mark.parametrize(
    "operation, expected",
    [
        (lambda a, b: a + b, 3 * 600),
        (lambda a, b: a.add_(b), 3 * 600),
        (lambda a, b: a.relu_(), 2 * 600),
        (lambda a, b: a.copy_(b), 2 * 600),
        (lambda a, b: a.zero_(), 600),
        (lambda a, b: torch.mul(a, 2, out=b), 2 * 600),
        (lambda a, b: a.view(-1)[:10].t().detach(), 0),
        (lambda a, b: torch.empty(100), 0),
        (lambda a, b: torch.cat((a, b)), 4 * 600),
        (lambda a, b: a.bfloat16(), 600 + 300),
        (lambda a, b: torch._foreach_add_([a, b], 1.0), 4 * 600),
        (lambda a, b: torch.max(a, 0), 600 + 50 * (FLOAT + 8)),
    ],
)
def test_traffic_of_an_operation_is_what_it_reads_and_writes(operation, expected):
    a, b = torch.zeros(3, 50), torch.zeros(3, 50)  # 600 bytes each
    assert traffic(lambda: operation(a, b)) == expected


def test_an_expanded_tensor_is_read_once():
    row, square = torch.zeros(1, 50).expand(3, 50), torch.zeros(3, 50)
    assert traffic(lambda: square + row) == 50 * FLOAT + 2 * 600


def test_the_backward_pass_is_counted_and_by_operation():
    image = torch.zeros(1, 2, 4, 4)
    weight = torch.zeros(3, 2, 1, 1, requires_grad=True)
    _, by_operation = roofline.count(lambda: F.conv2d(image, weight).sum().backward())
    maps, weights = 3 * 16, 3 * 2
    assert by_operation["convolution"] == (2 * 16 + weights + maps) * FLOAT
    # The gradient of a sum is one number, expanded; torch may or may not lay it out in full first.
    given = {(1 + 2 * 16 + 2 * weights) * FLOAT, (maps + 2 * 16 + 2 * weights) * FLOAT}
    assert by_operation["convolution_backward"] in given


def test_autocast_moves_half_the_bytes():
    image, weight = torch.zeros(1, 2, 4, 4, dtype=torch.bfloat16), torch.zeros(3, 2, 1, 1, dtype=torch.bfloat16)
    assert traffic(lambda: F.conv2d(image, weight)) == (2 * 16 + 3 * 2 + 3 * 16) * HALF


def test_the_roof_is_the_larger_of_arithmetic_and_traffic():
    peak = roofline.Peak(flops=100.0, bandwidth=10.0, source="made up")
    assert roofline.Work(flops=500, bytes=20).least_seconds(peak) == 5
    assert roofline.Work(flops=500, bytes=20).bound(peak) == "arithmetic"
    assert roofline.Work(flops=500, bytes=200).least_seconds(peak) == 20
    assert roofline.Work(flops=500, bytes=200).bound(peak) == "memory"


@pytest.mark.parametrize(
    "card, tflops",
    [
        ("NVIDIA GeForce RTX 2060 SUPER", 28.7),
        ("NVIDIA GeForce RTX 3090", 71.0),
        ("NVIDIA GeForce RTX 3090 Ti", None),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", None),
        ("NVIDIA A100-SXM4-80GB", 312),
        ("NVIDIA H100 80GB HBM3", 989),
        ("NVIDIA H200", 989),
        ("Tesla T4", None),
    ],
)
def test_a_data_sheet_is_that_of_the_very_card(card, tflops):
    sheet = roofline.data_sheet(card)
    assert (sheet and sheet.flops) == (tflops and tflops * 1e12)


def test_seconds_leaves_out_the_warm_up():
    calls = []
    taken = roofline.seconds(lambda: calls.append(0), "cpu", repeats=4, warm_up=2)
    assert len(calls) == 6
    assert len(taken) == 4


@pytest.mark.parametrize("largest", [0, 1, 2, 5, 31])
@pytest.mark.parametrize("guess", [0, 1, 4, 5, 6, 40])
def test_the_search_finds_the_largest_batch_from_any_guess(largest, guess):
    tried = []
    assert gpu_cap.search(lambda batch: tried.append(batch) or batch <= largest, guess) == largest
    assert len(tried) == len(set(tried))
    assert min(tried) >= 1
    if guess == largest > 0:
        assert len(tried) == 2


def test_what_fails_is_named_and_the_rest_goes_on():
    clock = attempt.Clock(60)
    assert attempt.attempt("sum", lambda: 1 + 1, clock) == 2
    assert attempt.attempt("division", lambda: 1 / 0, clock) == attempt.Missed("ZeroDivisionError: division by zero")

    def exhausted() -> None:
        raise torch.OutOfMemoryError("tried to allocate 9 GiB")

    assert attempt.attempt("step", exhausted, clock) == attempt.Missed("out of memory")
    assert attempt.attempt("long", lambda: 2, clock, needs=100) == attempt.Missed("no time left")
    assert attempt.attempt("late", lambda: 2, attempt.Clock(0)) == attempt.Missed("no time left")


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no alarms on this system")
def test_what_takes_too_long_is_interrupted_within_what_has_time():
    def outer() -> list[object]:
        inner = attempt.attempt("inner", lambda: time.sleep(60), attempt.Clock(0.05))
        return [inner, attempt.attempt("next", lambda: 3, attempt.Clock(60)), time.sleep(60)]

    began = time.monotonic()
    assert attempt.attempt("inner", lambda: time.sleep(60), attempt.Clock(0.05)) == attempt.Missed("no time left")
    assert attempt.attempt("outer", outer, attempt.Clock(0.5)) == attempt.Missed("no time left")
    assert 0.5 < time.monotonic() - began < 30


def choice_of(rung) -> dict[str, object]:
    named = {field.name: getattr(rung.choice, field.name) for field in fields(rung.choice)}
    return named | {"benchmark": rung.benchmark, "tf32": rung.tf32}


def test_each_row_of_the_ladder_changes_one_thing():
    choice = gpu_step.Choice("u2netp", 2, 32)
    rungs = list(gpu_speed.ladder(choice, "bf16-mixed", "eager", "cpu", None))
    ours = next(index for index, rung in enumerate(rungs) if rung.label == gpu_speed.OURS)
    for index in range(1, len(rungs)):
        before, after = choice_of(rungs[min(index - 1, ours)]), choice_of(rungs[index])
        assert sum(before[name] != after[name] for name in before) == 1, rungs[index].label


def test_the_seven_losses_of_the_reference_are_those_of_its_sigmoids():
    logits, alpha = [torch.randn(2, 1, 4, 4) for _ in range(7)], torch.rand(2, 1, 4, 4)
    expected = sum(F.binary_cross_entropy_with_logits(each, alpha) for each in logits)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.isclose(gpu_step.SevenBCE()(dict(enumerate(logits)), {"alpha": alpha})["loss"], expected)


@pytest.mark.parametrize("wrong", [{"minutes": 0.1}, {"cap_gb": 1.0}, {"reference": Path("nowhere")}])
def test_a_wrong_option_is_named(wrong):
    right = {"device": "cpu", "minutes": 10, "cap_gb": 8, "desktop_gb": 0.8, "context_gb": 0.5, "reference": None}
    gpu.check(Namespace(**right))
    with pytest.raises(InputError, match="--" + next(iter(wrong)).replace("_", "-")):
        gpu.check(Namespace(**right | wrong))


def test_the_optimizer_of_the_reference_is_torchs_own_default():
    """With foreach and fused left open, torch takes all tensors at once on a card; fused=False forbids both."""
    optimizer = gpu_step.Adam([torch.zeros(1, requires_grad=True)], lr=1e-3)
    assert optimizer.param_groups[0]["foreach"] is optimizer.param_groups[0]["fused"] is None


@pytest.mark.slow
@pytest.mark.parametrize("asked", [False, True])
def test_memory_and_cap_are_measured_without_cudnns_search_unless_asked(monkeypatch, asked):
    seen = []

    class Watched:
        def __init__(self, *_: object) -> None:
            pass

        def __call__(self, image: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
            seen.append(torch.backends.cudnn.benchmark)
            return torch.zeros(())

    monkeypatch.setattr(gpu_cap, "Step", Watched)
    monkeypatch.setattr(gpu_memory, "Step", Watched)
    for name in ("memory_allocated", "max_memory_allocated", "reset_peak_memory_stats"):
        monkeypatch.setattr(torch.cuda, name, lambda: 0)
    monkeypatch.setattr(gpu_memory, "noise", lambda batch, size, device: gpu_step.noise(batch, size, "cpu"))
    choice = gpu_step.Choice("u2netp", 1, 32)
    gpu_memory.peak(choice, "cuda", asked)
    gpu_cap.climb(choice, 1, "cpu", 1, gpu_cap.Best(), asked)
    assert seen == [asked] * (3 + 2 + gpu_cap.STEPS)


class Pretended:
    """A process that takes no time of ours: what a row costs on an H100 is taken off a clock that does not tick."""

    def __init__(self, now: list[float], compiling: float) -> None:
        self.now, self.compiling, self.searched, self.ran = now, compiling, set(), []

    def __enter__(self) -> "Pretended":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def close(self) -> None:
        pass

    def attempt(self, name, work, clock, needs=0.0):
        if clock.left <= needs:
            return attempt.Missed("no time left")
        rung, choice = work.args[0], work.args[0].choice
        cost = 5 if self.ran else 13  # the first starts the process
        kernels = choice.precision, rung.tf32
        cost += 40 * (rung.benchmark and kernels not in self.searched) + self.compiling * bool(choice.compile)
        self.ran.append(rung)
        spent = min(cost, clock.left)
        self.now[0] += spent
        if spent < cost:
            return attempt.Missed("no time left")
        self.searched |= {kernels} if rung.benchmark else set()
        return gpu_speed.Speed(choice.batch, 0.1, None)


def ten_minutes(monkeypatch, compiling: float) -> tuple[dict[str, gpu_speed.Speed], list[gpu_speed.Rung], Pretended]:
    now = [0.0]
    monkeypatch.setattr(attempt, "time", SimpleNamespace(monotonic=lambda: now[0]))
    clock = attempt.Clock(600 - gpu.RESERVE)
    for part in ("memory", "cap"):  # which use all of their shares
        now[0] += clock.share(gpu.PARTS[part]).left
    choice, folder = gpu_step.Choice("u2net", 12, 288), Path("reference")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (9, 0))
    rungs = list(gpu_speed.ladder(choice, "bf16-mixed", "inductor", "cuda", folder))
    guessing, searching = Pretended(now, compiling), Pretended(now, compiling)
    monkeypatch.setattr(gpu_speed, "Apart", lambda: guessing)
    own = clock.share(gpu.PARTS["speed"])
    _, found = gpu_speed.speeds(rungs, "cuda", 10, own.share(0.85), searching)
    assert not any(rung.benchmark for rung in guessing.ran)  # they would be given its kernels
    assert all(rung.benchmark for rung in searching.ran)
    assert own.left > 30  # for the roofline and the profile
    assert clock.left > 60  # for the curves
    return found, rungs, searching


def test_ten_minutes_reach_torch_compile_and_the_whole_ladder(monkeypatch):
    found, rungs, _ = ten_minutes(monkeypatch, compiling=60)
    assert set(found) == {rung.label for rung in rungs}


def test_a_slow_compilation_takes_the_float32_row_with_it_and_no_other(monkeypatch):
    found, rungs, searching = ten_minutes(monkeypatch, compiling=90)
    assert gpu_speed.COMPILED in found
    missing = {rung.label for rung in rungs} - set(found)
    assert missing == {"+ cudnn.benchmark"}
    assert [rung.label for rung in searching.ran[:2]] == [gpu_speed.OURS, gpu_speed.COMPILED]


def test_a_row_is_compared_with_the_one_that_it_changes_or_with_none():
    rungs = list(gpu_speed.ladder(gpu_step.Choice("u2netp", 2, 32), "bf16-mixed", "eager", "cpu", None))
    results = {rung.label: gpu_speed.Speed(2, 1 / (index + 1), None) for index, rung in enumerate(rungs)}
    results["+ channels_last"] = attempt.Missed("no time left")
    lines = gpu_speed.table(rungs, results, 1).splitlines()[-len(rungs) :]
    assert lines[1] == "| + channels_last | | no time left | | | |"
    assert lines[2] == "| + cudnn.benchmark | 2 | 6.0 | 3.00 |  |  |"
    assert lines[3] == "| + bf16-mixed | 2 | 8.0 | 4.00 | 1.33 |  |"
    assert lines[-1].startswith(f"| {gpu_speed.COMPILED} | 2 | 18.0 | 9.00 | 1.50 |")  # against our loss, the sixth


@pytest.mark.slow  # a process that imports torch
def test_a_process_apart_answers_and_one_that_dies_is_replaced():
    clock = attempt.Clock(200)
    with apart.Apart() as process:
        assert process.attempt("sum", partial(int.__add__, 1, 1), clock) == 2
        assert process.attempt("division", partial(divmod, 1, 0), clock).reason.startswith("ZeroDivisionError")
        assert process.attempt("end", partial(os._exit, 3), clock) == attempt.Missed("its process died")
        assert process.attempt("long", partial(time.sleep, 60), attempt.Clock(0.2)) == attempt.Missed("no time left")
        assert process.attempt("needs", partial(int), attempt.Clock(1), needs=5) == attempt.Missed("no time left")
        assert process.attempt("sum", partial(int.__add__, 1, 2), clock) == 3


@pytest.mark.slow
@pytest.mark.timeout(900)  # a minute on two idle cores
def test_every_part_of_a_dry_run_has_figures(tmp_path):
    output = tmp_path / "gpu.md"
    command = [sys.executable, str(BENCHMARKS / "gpu.py"), "--dry-run", "--output", str(output), "--minutes", "14"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    text = output.read_text()
    titles = [title for title, _ in gpu.TITLES.values()]
    assert re.findall("^#### (.*)$", text, re.MULTILINE) == titles
    parts = dict(zip(titles, re.split("^#### .*$", text, flags=re.MULTILINE)[1:], strict=True))
    for title, part in parts.items():
        assert "Error" not in part, title
        assert "no time left" not in part, title
    assert [head for head in sections.heads(text) if not sections.SECTIONS["gpu"].has(head)] == []
    memory, cap, speed, curves = parts.values()
    assert len(re.findall(r"[+-]\d+\.\d%\)", memory)) == 6  # two precisions, three ways to recompute
    assert re.findall(r"\| (\d+) \| not counted \| \d", cap) == ["4", "4"]
    assert len(re.findall(r"^\|[^|]*\| 2 \| \d+\.\d \| \d+\.\d\d", speed, re.MULTILINE)) == 9
    assert re.search(r"share, measured", speed)
    assert len(re.findall(r"^\| `.*` \| \d+ \| \d+\.\d\d", speed, re.MULTILINE)) == 10
    assert len(re.findall(r"\| \d\.\d{4} \| (\d\.\d{4})? \|", curves)) == 6
    assert curves.count("none: equal") == 2


def test_people_are_timed_to_the_table(monkeypatch, tmp_path, capsys):
    pytest.importorskip("numba")
    import people

    monkeypatch.setattr(people, "draw_person_portrait", lambda *_: sum(range(20_000)))
    monkeypatch.setattr(people, "draw_portrait", lambda *_: sum(range(10_000)))
    pool = SimpleNamespace(apply=lambda work, arguments: 500.0)
    context = SimpleNamespace(Pool=lambda count: nullcontext(pool))
    monkeypatch.setattr(people.multiprocessing, "get_context", lambda method: context)
    people.main(["--portraits", "2"])
    lines = capsys.readouterr().out.splitlines()
    assert "384×336, 2 portraits of each kind, drawn places." in lines[0]
    assert lines[5].startswith("| people | ")
    assert lines[5].endswith("| 500 |")
    assert len(lines) == 9 + len(people.PIECES)
    for flags, says in (
        (["--portraits", "0"], "--portraits: 0 is below 1"),
        (["--backgrounds", str(tmp_path / "x")], "x is not a folder: give one of pictures without people, or leave it"),
    ):
        with pytest.raises((SystemExit, InputError)) as refused:
            people.main(flags)
        assert says in capsys.readouterr().err + str(refused.value)
