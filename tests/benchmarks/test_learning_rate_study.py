"""benchmarks/learning_rate_study: its steps are AdamW's, its arithmetic is right, and every part of it runs."""

import math
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from portrait_matting.errors import InputError
from portrait_matting.losses import BoundaryRMSE, DeepSupervision
from portrait_matting.models.u2net import u2netp

STUDY = Path(__file__).resolve().parents[2] / "benchmarks" / "learning_rate_study"
if not STUDY.is_dir():
    pytest.skip("benchmarks/ is not part of this distribution", allow_module_level=True)
sys.path.append(str(STUDY))

import answers  # noqa: E402
import measure  # noqa: E402
import parts  # noqa: E402
import peaks  # noqa: E402
import results  # noqa: E402
import rules  # noqa: E402
import study  # noqa: E402
import tables  # noqa: E402
from batches import Batches  # noqa: E402
from job import Job, scheduled, shrinking  # noqa: E402
from setting import NETWORKS, Setting  # noqa: E402
from training import Training  # noqa: E402

LITE = Setting("lite", "boundary_rmse", 2, "real")
CPU = torch.device("cpu")


def made_up(source: str, split: str) -> torch.Tensor:
    """Eight portraits: a bright disc, another one in each, before noise."""
    noise = torch.randint(0, 90, (8, 4, 40, 40), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    y, x = torch.meshgrid(torch.arange(40), torch.arange(40), indexing="ij")
    for index, picture in enumerate(noise):
        disc = (y - 14 - index) ** 2 + (x - 20) ** 2 < (8 + index) ** 2
        picture[:3, disc] += 120
        picture[3] = 255 * disc
    return noise


class Tiny(nn.Module):
    """Two maps of logits; its weights are laid out as those of a network are."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.norm, self.outer = (
            nn.Conv2d(3, 6, 3, padding=1, bias=False),
            nn.BatchNorm2d(6),
            nn.Conv2d(6, 2, 1),
        )

    def forward(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        matte, side = self.outer(torch.relu(self.norm(self.inner(image)))).split(1, 1)
        return {"matte": matte, "side1": side}


@pytest.fixture
def tiny(monkeypatch) -> Training:
    monkeypatch.setitem(NETWORKS, "lite", Tiny)
    return Training("lite", "boundary_rmse", 2, 32, CPU)


def losses_of_torch(build: Callable[[], nn.Module], job: Job) -> list[float]:
    """The same training by torch's AdamW and the project's loss."""
    torch.manual_seed(job.seed)
    net, loss = build().to(memory_format=torch.channels_last).train(), DeepSupervision(BoundaryRMSE())
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=0.01)
    batches, losses = Batches(made_up("real", "train"), 2, 32, 1000 + job.seed), []
    for step, rate in enumerate(job.rates):
        beta1 = 0.9 if job.momenta is None else job.momenta[step]
        optimizer.param_groups[0].update(lr=float(rate), betas=(float(beta1), 0.999))
        image, alpha = next(batches)
        optimizer.zero_grad()
        value = loss(net(image), {"alpha": alpha})["loss"]
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses


@pytest.mark.parametrize("job", [Job(3, np.geomspace(1e-4, 0.3, 12)), scheduled(4, 0.1, 12)])
def test_its_steps_are_those_of_torch(tiny, job):
    ours, theirs = tiny.run(job, made_up, "real").losses[0], losses_of_torch(Tiny, job)
    assert max(theirs) - min(theirs) > 0.1
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)


@pytest.mark.slow
def test_the_lite_network_trains_as_by_torch():
    """Losses and not weights: a bias before a batch normalisation has a gradient of rounding alone, from which Adam
    makes a step of full size, that the normalisation takes off again. With two portraits at 32² roundings grow.
    """
    job = Job(3, np.array([1e-4, 3e-4, 1e-3, 3e-3]))
    training = Training("lite", "boundary_rmse", 2, 32, CPU)
    ours, theirs = training.run(job, made_up, "real").losses[0], losses_of_torch(u2netp, job)
    assert ours[0] == pytest.approx(theirs[0], rel=1e-6)
    np.testing.assert_allclose(ours, theirs, atol=0.1)
    assert max(theirs) - min(theirs) > 0.2


def test_each_sweep_begins_with_the_same_weights_and_goes_on_with_other_batches(tiny):
    first, second = tiny.run(Job(0, np.zeros(4), sweeps=2), made_up, "real").losses  # an epoch each
    assert not np.allclose(first, second)
    moved = tiny.run(Job(0, np.full(4, 0.1), sweeps=2), made_up, "real").losses
    assert moved[:, 0] == pytest.approx([first[0], second[0]], rel=1e-6)
    assert not np.allclose(moved, [first, second])


def test_what_is_spared_does_not_shrink(tiny):
    tiny.run(Job(0, np.zeros(1)), made_up, "real")
    before = {name: value.clone() for name, value in tiny.net.named_parameters()}
    tiny.run(Job(0, np.zeros(1), decay=np.array([0.25]), spared=True), made_up, "real")
    for name, value in tiny.net.named_parameters():
        torch.testing.assert_close(value, before[name] * (0.75 if value.ndim > 1 else 1.0))


def test_a_share_of_decay_is_that_share_of_the_logarithm():
    job = scheduled(0, 0.01, 400)
    left = math.fsum(np.log1p(-shrinking(job, 0.7)))
    assert left == pytest.approx(-0.7, rel=0.01)


def test_an_epoch_shows_each_portrait_once_and_seeds_are_apart():
    pixels = torch.arange(7, dtype=torch.uint8).view(7, 1, 1, 1).expand(7, 4, 8, 8).contiguous() * 30
    batches = Batches(pixels, 3, 8, seed=0)
    epoch = torch.cat([next(batches)[1].mean((1, 2, 3)) for _ in range(2)])
    assert len(epoch.unique()) == 6  # and the seventh is left out
    other = Batches(pixels, 3, 8, seed=1)
    assert not torch.equal(epoch, torch.cat([next(other)[1].mean((1, 2, 3)) for _ in range(2)]))
    with pytest.raises(InputError, match=r"--batch 9 .* 7 portraits"):
        Batches(pixels, 9, 8, seed=0)


def planted(breaks: float, rates: np.ndarray, seed: int, noise: float = 0.02) -> np.ndarray:
    """Three sweeps that fall from 3 to 1 between 1e-4 and 1e-2, and rise from `breaks` on: (3, rates)."""
    x = np.log10(rates)
    curve = 3 - np.clip(x + 4, 0, 2) + 4 * np.clip(x - np.log10(breaks), 0, None)
    return curve + noise * np.random.default_rng(seed).standard_normal((3, len(rates)))


def test_answers_follow_what_is_planted():
    wide, narrow = np.geomspace(1e-6, 10, 40), np.geomspace(1e-5, 1, 40)
    curves = {
        "usual": (narrow, np.stack([planted(0.1, narrow, seed) for seed in range(4)])),
        "wide": (wide, np.stack([planted(0.1, wide, seed) for seed in range(4)])),
    }
    found = answers.answers(curves, "bottom")
    assert set(found.medians) == {"usual", "wide"}
    assert found.scatter < 0.05
    assert found.moved < 1.6
    assert found.refused == 0
    flat = narrow, np.full((4, 3, 40), 3.0) + 0.02 * np.random.default_rng(0).standard_normal((4, 3, 40))
    half = answers.answers({"usual": curves["usual"], "flat": flat}, "bottom")
    assert half.refused == 0.5
    assert np.isnan(half.medians["flat"])
    assert half.moved == 1


def test_scatter_is_that_within_the_ranges(monkeypatch):
    """Two seeds a factor of ten apart in each range, the ranges a factor of hundred: the loss says the answer here."""
    monkeypatch.setattr(answers, "answer", lambda rates, sweeps, rule: float(sweeps[0, 0]))
    curves = {name: (np.ones(1), np.array([[[low]], [[10 * low]]])) for name, low in (("usual", 1e-3), ("wide", 1e-1))}
    found = answers.answers(curves, "bottom")
    assert found.scatter == pytest.approx(1 / 2**0.5)
    assert found.moved == pytest.approx(100)
    assert found.medians["usual"] == pytest.approx(10**-2.5)


def test_sweeps_are_cut_where_a_range_test_stops():
    """The median of three is back at the start, 2.8, with the 27th: 1, 1.4, ... 3.4."""
    losses = np.r_[np.linspace(3, 1, 21), np.arange(1.4, 7, 0.4)][None]
    given = losses.copy()
    (kept,) = answers.cut(losses)
    np.testing.assert_array_equal(kept[:27], losses[0, :27])
    assert np.isnan(kept[27:]).all()
    np.testing.assert_array_equal(losses, given)


@pytest.mark.parametrize("noise, most", [("normal", 0.1), ("t", 0.2)])
def test_few_flat_curves_are_called_a_rate(noise, most):
    assert answers.called(*answers.flat_curves(noise, 40, 3, count=20), "bottom") <= most


def test_the_best_peak_is_the_vertex_between_the_peaks():
    rates = np.array([0.001, 0.002, 0.005, 0.01, 0.02])
    errors = 0.03 + 0.01 * np.log(rates / 0.006) ** 2
    best = peaks.best(rates, errors)
    assert best.peak == pytest.approx(0.006)
    assert best.error == pytest.approx(0.03)
    assert not best.at_end
    assert peaks.error_at(rates, errors, 0.006) == pytest.approx(0.03)
    assert peaks.error_at(rates, errors, 0.0014142) == pytest.approx(errors[:2].mean(), rel=1e-4)  # a straight line
    assert np.isnan(peaks.error_at(rates, errors, 0.03))
    assert np.isnan(peaks.error_at(rates, errors, float("nan")))


def test_a_grid_that_still_falls_at_its_end_says_so():
    best = peaks.best(np.array([0.001, 0.01, 0.1]), np.array([3.0, 2.0, 1.0]))
    assert best == (0.1, 1.0, True)


def scored(mads: list[float]) -> np.ndarray:
    """(seeds, portraits, 2) with these MADs, and an IoU of 0.9."""
    return np.stack([np.array([mads, mads]).T, np.full((len(mads), 2), 0.9)], -1)


def test_tables_hold_the_arithmetic():
    rates = np.geomspace(1e-5, 1, 40)
    sweeps = np.stack([planted(0.1, rates, seed) for seed in range(2)])
    errors = {peak: 0.03 * (1 + np.log(peak / 0.01) ** 2) for peak in (0.001, 0.01, 0.1)}
    grid = {f"{peak:g}": scored([error - 0.001, error + 0.001]) for peak, error in errors.items()}
    grid["answer"] = scored([0.03, 0.036])
    arms = {"one": scored([0.02, 0.04]), "other": scored([0.03, 0.06])}
    measured = {
        ("ranges", LITE): results.Result("ranges", LITE, {"usual": rates}, {"usual": sweeps}, {}, {}),
        ("grid", LITE): results.Result("grid", LITE, {}, {}, grid, {"answer": 0.02}),
        ("decay", LITE): results.Result("decay", LITE, {}, {}, arms, {}),
    }
    (said,) = tables.rules_table(measured, ["bottom"]).splitlines()[2:]
    rate = answers.answers({"usual": (rates, sweeps)}, "bottom").medians["usual"]
    expected = 100 * np.log(rate / 0.01) ** 2  # on the parabola that the grid is of
    assert f"| {rate:.2g} |" in said
    assert said.endswith(f"| {expected:+.0f} |")
    (line,) = tables.grid_table(measured).splitlines()[2:]
    assert line.endswith("| 0.01 | 0.0300 | 0.0330 at 0.02 (+10 %) |")
    first, second = tables.arms_table(measured, "decay").splitlines()[2:]
    assert first.endswith("| one | 0.0300 ± 0.0141 | 0.9000 |  | 2 |")
    assert second.endswith("| other | 0.0450 ± 0.0212 | 0.9000 | +0.0150 ± 0.0050 | 2 |")


def test_weights_that_are_no_numbers_have_the_worst_mad():
    assert tables.mad(scored([0.1, float("nan")])).tolist() == [pytest.approx(0.1), 1.0]


def test_a_result_comes_back_as_it_was_written(tmp_path):
    facts = {"size": 32, "steps": 4, "answer": 0.01, "device": "cpu"}
    given = results.Result(
        "grid", LITE, {"0.1": np.arange(4.0)}, {"0.1": np.zeros((2, 1, 4))}, {"0.1": scored([0.1])}, facts
    )
    results.write(tmp_path, given)
    (found,) = results.read_all([tmp_path])
    assert found[:2] == given[:2]
    assert found.facts == facts
    for ours, theirs in zip(found[2:5], given[2:5], strict=True):
        np.testing.assert_equal(ours, theirs)
    assert results.measured(tmp_path, "grid", LITE, {"size": 32, "steps": 4})
    assert not results.measured(tmp_path, "ranges", LITE, {"size": 32})
    with pytest.raises(InputError, match="--size 32, not 64"):
        results.measured(tmp_path, "grid", LITE, {"size": 64})


def test_what_is_no_result_is_said(tmp_path):
    (tmp_path / "grid-lite-boundary_rmse-2-real.npz").write_bytes(b"")
    for path, words in ((tmp_path, "is no result"), (tmp_path / "none", "is not there")):
        with pytest.raises(InputError, match=words):
            results.read_all([path])
    with pytest.raises(InputError, match="--parts ranges first"):
        study.answered(tmp_path, LITE)


def test_each_part_has_its_trainings():
    extent = parts.Extent(steps=400, rates=40)
    ranges = parts.PARTS["ranges"](extent, None)
    assert {name: (len(jobs), jobs[0].steps) for name, jobs in ranges.items()} == {
        "usual": (5, 120), "wide": (5, 120), "narrow": (5, 120), "short": (5, 60),
    }  # fmt: skip
    grid = parts.PARTS["grid"](extent, 0.004)
    assert {name: max(jobs[0].rates) for name, jobs in grid.items()} == {
        f"{peak:g}": peak for peak in parts.PEAKS
    } | {"answer": 0.004}  # fmt: skip
    assert {len(jobs) for jobs in parts.PARTS["policies"](extent, 0.004).values()} == {6}
    assert len(parts.PARTS["decay"](extent, 0.004)) == 8
    assert {jobs[0].steps for jobs in parts.PARTS["trials"](extent, None).values()} == {15, 30, 60}


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """Four portraits a split, in EasyPortrait's layout."""
    root = tmp_path / "portraits"
    for split in ("train", "val", "test"):
        images, masks = root / "images" / split, root / "annotations" / split
        images.mkdir(parents=True)
        masks.mkdir(parents=True)
        for index, pixels in enumerate(made_up("real", split)[:4].numpy()):
            Image.fromarray(pixels[:3].transpose(1, 2, 0)).save(images / f"{index}.jpg")
            Image.fromarray((pixels[3] > 0).astype(np.uint8)).save(masks / f"{index}.png")
    yield root
    torch.set_flush_denormal(False)


@pytest.fixture
def measured(tmp_path, root, monkeypatch, capsys) -> Callable[..., list[tuple[str, str]]]:
    """Runs measure.py, to what it says of each part."""
    command = ["measure.py", str(root), str(tmp_path / "out"), "--network", "lite", "--loss", "boundary_rmse"]
    command += ["--batch", "2", "--size", "32", "--steps", "2", "--rates", "12", "--seeds", "1", "--portraits", "4"]

    def run(*more: str) -> list[tuple[str, str]]:
        monkeypatch.setattr(sys, "argv", [*command, "--device", "cpu", *more])
        measure.main()
        told = capsys.readouterr().out
        return re.findall(r"\] (\w+) lite-boundary_rmse-2-\w+: (is there|left out|\d+ steps)", told)

    return run


@pytest.mark.slow
def test_every_part_has_its_tables_and_a_study_goes_on(tmp_path, tiny, measured, monkeypatch, capsys):
    real = "--data", "real", "--parts"
    assert measured(*real, "ranges") == [("ranges", "126 steps")]
    assert measured(*real, "ranges", "grid", "--minutes", "-1") == [("ranges", "is there"), ("grid", "left out")]
    told = [words for _, words in measured(*real, *parts.PARTS)]
    assert told == ["is there", "16 steps", "12 steps", "16 steps", "14 steps"]
    assert not list((tmp_path / "out").glob(".*"))
    monkeypatch.setattr(sys, "argv", ["rules.py", str(tmp_path / "out"), "--curves", "2"])
    rules.main()
    text = capsys.readouterr().out
    assert re.findall(r"^#### (\w+)", text, re.MULTILINE) == ["Answers", "One", "Policies", "Weights", "Trial", "Flat"]
    assert "nan" not in text


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_dry_run_of_the_lite_network_on_drawn_portraits(measured):
    assert measured("--data", "drawn", "--parts", "trials") == [("trials", "14 steps")]
