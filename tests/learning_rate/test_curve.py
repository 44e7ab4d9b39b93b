from dataclasses import replace

import numpy as np
import pytest
from matplotlib.image import imread

from portrait_matting.learning_rate.curve import plot_finding, plot_schedule
from portrait_matting.learning_rate.finding import Finding
from portrait_matting.learning_rate.schedule import POLICIES, Schedule

LRS = np.logspace(-6, 0, 100)
LOSSES = 0.2 + 0.5 / (1 + np.exp(4 * (np.log10(LRS) + 2)))
FINDING = Finding(1e-2, LRS, LOSSES, LOSSES + 0.02 * np.sin(np.arange(100)), "valley", False, "valley of 100 rates")


def red_columns(path) -> np.ndarray:
    """Columns of the picture in which the colour of the choice covers a good part of the height."""
    pixels = imread(path)[..., :3]
    red = (np.abs(pixels - np.array([0xC8, 0x37, 0x1B]) / 255) < 0.1).all(-1)
    return np.flatnonzero(red.sum(0) > 0.3 * len(pixels))


def test_the_mark_moves_with_the_choice(tmp_path):
    places = []
    for max_lr in (1e-4, 1e-3, 1e-2):
        plot_finding(replace(FINDING, max_lr=max_lr), tmp_path / "lr_finder.png")
        places.append(red_columns(tmp_path / "lr_finder.png").mean())
    assert places[0] < places[1] < places[2]
    assert places[1] - places[0] == pytest.approx(places[2] - places[1], abs=2)  # the axis is logarithmic


@pytest.mark.parametrize("losses", [np.full(100, np.nan), np.full(100, 0.7), np.r_[LOSSES[:90], np.full(10, np.inf)]])
def test_a_finding_that_fell_back_still_has_a_picture(losses, tmp_path):
    finding = Finding(1e-3, LRS, losses, losses, "valley", True, "flat")
    plot_finding(finding, tmp_path / "lr_finder.png")
    assert len(red_columns(tmp_path / "lr_finder.png"))


def strokes(path, colour) -> int:
    """Pixels of a colour, nearly."""
    pixels = imread(path)[..., :3]
    return int((np.abs(pixels - np.array(colour) / 255) < 0.02).all(-1).sum())


def test_the_picture_shows_what_is_not_to_be_used_and_the_sweeps(tmp_path):
    sweeps = LOSSES + 0.02 * np.random.default_rng(0).normal(size=(3, 100))
    sweeps[0, 95:] = np.nan
    plain = replace(FINDING, sweeps=sweeps, noise=0.02, fall=0.5, searched=(1e-6, 1.0), single=(9e-3, 1.1e-2))
    plot_finding(plain, tmp_path / "plain.png")
    plot_finding(replace(plain, breaks=1e-2), tmp_path / "breaks.png")
    plot_finding(replace(plain, breaks=1e-1), tmp_path / "late.png")
    grey = [strokes(tmp_path / f"{name}.png", (0xEC, 0xEC, 0xEC)) for name in ("plain", "late", "breaks")]
    late, early = np.diff(grey[:2]), grey[2] - grey[0]
    assert late > 20_000
    assert early == pytest.approx(2 * late, rel=0.3)  # the axis is logarithmic
    band = [strokes(tmp_path / "plain.png", (0xDD, 0xE7, 0xF1)), strokes(tmp_path / "breaks.png", (0xDD, 0xE7, 0xF1))]
    assert min(band) > 1000
    assert "single sweeps say 0.009 to 0.011" in plain.sureness()
    assert "fall / noise 25.0" in plain.sureness()


def test_a_finding_without_points_still_has_a_picture(tmp_path):
    empty = np.empty(0)
    plot_finding(Finding(1e-3, empty, empty, empty, "valley", True, "no points"), tmp_path / "lr_finder.png")
    assert (tmp_path / "lr_finder.png").stat().st_size > 1000


@pytest.mark.parametrize("policy", POLICIES)
def test_a_schedule_is_drawn_as_it_is(policy):
    schedule = Schedule(policy, 0.3)
    figure = plot_schedule(schedule, 50)
    drawn = figure.axes[0].lines[0].get_ydata()
    assert list(drawn) == [schedule.learning_rate(step, 50) for step in range(50)]
    assert len(figure.axes) == (1 if policy in ("cosine", "constant") else 2)
