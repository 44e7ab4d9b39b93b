import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure

from portrait_matting.comparison.plots import (
    curves_svg,
    dots_svg,
    draw_curves,
    draw_dots,
    look,
    marker,
    mean_curve,
    shortened,
)

PLACES = {"width=0.5": 0, "width=2": 1}


def test_every_arm_has_a_look_of_its_own():
    looks = [(one["color"], one["linestyle"]) for one in map(look, range(36))]
    assert len(set(looks)) == 36
    assert len({one["color"] for one in map(look, range(6))}) == 6
    assert len({marker(place) for place in range(6)}) == 6


def test_dots_are_the_seeds_and_strokes_their_means(rankings):
    axes = Figure().subplots()
    draw_dots(axes, rankings["mad"], PLACES, ["first", "second"])
    seeds = [line for line in axes.lines if line.get_marker() in (marker(0), marker(1))]
    for at, row in enumerate(rankings["mad"].rows):
        np.testing.assert_array_equal(seeds[at].get_xdata(), row.values)
        np.testing.assert_array_equal(seeds[at].get_ydata(), [at, at])
    bars = [path.get_segments()[0][0][0] for path in axes.collections[1::2]]
    assert bars == [row.mean for row in rankings["mad"].rows]
    assert [text.get_text() for text in axes.texts] == ["width=0.5", "first", "width=2", "second"]
    assert axes.yaxis_inverted()  # the best on top


def test_curves_have_every_seed_thin_and_their_mean_bold(two):
    axes = Figure().subplots()
    assert draw_curves(axes, two, "val/mad")
    thin = [line for line in axes.lines if line.get_linewidth() < 1]
    bold = [line for line in axes.lines if line.get_linewidth() > 1]
    assert (len(thin), len(bold)) == (4, 2)
    np.testing.assert_array_equal(bold[0].get_xdata(), [9, 19, 29])
    np.testing.assert_allclose(bold[0].get_ydata(), [0.2, 0.15, 0.1 + 0.1 / 3])
    np.testing.assert_allclose(bold[1].get_ydata(), [0.4, 0.35, 0.3 + 0.1 / 3])


def test_a_column_that_no_run_has_is_not_drawn(two):
    assert curves_svg(two, "val/grad") is None


def test_seeds_that_were_noted_at_other_steps_have_a_mean_where_all_are_known():
    steps, values = mean_curve(
        [(np.array([0, 2, 4]), np.array([4.0, 2.0, 0.0])), (np.array([1, 3]), np.array([1.0, 1.0]))]
    )
    np.testing.assert_array_equal(steps, [1, 2, 3])
    np.testing.assert_allclose(values, [2, 1.5, 1])
    steps, values = mean_curve([(np.array([0]), np.array([1.0])), (np.array([5]), np.array([1.0]))])
    assert steps.size == values.size == 0


def test_svg_asks_for_nothing_from_outside_and_is_small(two, rankings):
    for svg in (dots_svg(rankings["mad"], PLACES), curves_svg(two, "val/mad"), curves_svg(two, "lr")):
        root = ElementTree.fromstring(svg)
        assert root.get("aria-label")
        assert "http" not in svg
        assert "nan" not in svg.lower()
        assert len(svg) < 25_000
        assert {"--candidate-0", "--candidate-1"} <= set(re.findall(r"--candidate-\d", svg))


@pytest.mark.parametrize("column", ["lr", "val/iou", "train/loss_epoch"])
def test_ticks_are_plain_numbers(two, column):
    texts = [text.text for text in ElementTree.fromstring(curves_svg(two, column)).iter("text")]
    assert not [text for text in texts if "$" in text or "{" in text]


def test_a_long_name_keeps_its_ends():
    assert shortened("a" * 46) == "a" * 46
    assert shortened("abcdefghij" * 6, 21) == "abcdefghij…abcdefghij"
