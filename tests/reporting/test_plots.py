import re
import xml.etree.ElementTree as ElementTree
from types import SimpleNamespace

import numpy as np
import pytest

from portrait_matting.metrics.catalogue import METRICS
from portrait_matting.reporting import plots, score_curves


def interval(value):
    return SimpleNamespace(value=value, low=value * 0.8, high=value * 1.2)


def lines(svg: str, candidate: int) -> list[np.ndarray]:
    """The points (N, 2) of each path in a candidate's colour."""
    found = []
    for path in ElementTree.fromstring(svg).iter("path"):
        if f"--candidate-{candidate}," in path.get("style", "") and "clip-path" in path.attrib:
            found.append(np.float64(re.findall(r"[ML] (\S+) (\S+)", path.get("d"))))
    return found


def dots(svg: str, candidate: int) -> np.ndarray:
    return np.float64(
        [
            (use.get("x"), use.get("y"))
            for use in ElementTree.fromstring(svg).iter("use")
            if f"--candidate-{candidate}," in use.get("style")
        ]
    )


def texts(svg: str) -> list[str]:
    return [text.text for text in ElementTree.fromstring(svg).iter("text")]


def drawn() -> dict[str, str]:
    rng = np.random.default_rng(0)
    errors = [rng.lognormal(-4, 1, 50).clip(0, 1) for _ in range(2)]
    curve = np.stack([np.linspace(1, 0.5, 256), np.linspace(0, 1, 256), np.linspace(0, 0.9, 256)])
    bins = np.stack([np.full(9, 0.01), np.linspace(0.1, 0.9, 9) * 0.01, np.linspace(0.2, 0.8, 9) * 0.01])
    intervals = [[interval(0.1), interval(0.2)], [interval(0.3), interval(0.15)]]
    return {
        "mad": plots.distribution(errors, METRICS["mad"]),
        "iou": plots.distribution([1 - one for one in errors], METRICS["iou"]),
        "precision_recall": score_curves.precision_recall([curve, curve * 0.9]),
        "calibration": score_curves.calibration([bins, bins]),
        "size": plots.dots("size", ["small", "large"], intervals, METRICS["mad"]),
        "brightness": plots.dots("brightness", ["small", "large"], intervals, METRICS["mad"]),
    }


def test_every_plot_is_small_svg_that_asks_for_nothing_from_outside_and_is_the_same_every_time():
    first, second = drawn(), drawn()
    assert first == second
    for svg in first.values():
        root = ElementTree.fromstring(svg)
        assert (root.tag, root.get("role")) == ("svg", "img")
        assert root.get("aria-label")
        assert "http" not in svg
        assert "nan" not in svg.lower()
        assert "DejaVu" not in svg
        assert "<style" not in svg  # it would reach the whole page
        assert len(svg) < 20_000


def test_an_id_is_in_a_page_but_once_and_what_is_referred_to_is_there():
    page = "".join(drawn().values())
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert ids
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', page)) <= {(one, "") for one in ids} | {
        ("", one) for one in ids
    }


def test_text_takes_the_colour_of_the_page():
    for svg in drawn().values():
        for text in ElementTree.fromstring(svg).iter("text"):
            assert "fill: var(--ink," in text.get("style")


def test_a_distribution_climbs_by_one_image_at_each_score_and_leaves_nan_out():
    svg = plots.distribution([np.array([0.4, np.nan, 0.1, 0.2])], METRICS["mad"])
    (path,) = lines(svg, 0)
    x, y = path.T
    assert np.all(np.diff(x) >= 0)
    heights = np.unique(y)
    assert len(heights) == 4  # none, one, two, three of three
    np.testing.assert_allclose(np.diff(heights), np.diff(heights).mean(), rtol=1e-2)
    places = np.unique(x)  # 0.1, 0.2, 0.4: equally far apart on a logarithmic axis
    assert len(places) == 3
    assert np.diff(places)[0] == pytest.approx(np.diff(places)[1], rel=0.01)
    assert {"0.1", "0.2"} <= set(texts(svg))


def test_a_better_score_lies_to_the_right_where_higher_is_better():
    svg = plots.distribution([np.array([0.5, 0.6]), np.array([0.98, 1.0])], METRICS["iou"])
    assert lines(svg, 0)[0][:, 0].max() < lines(svg, 1)[0][:, 0].min()
    assert "IoU of an image, better →" in texts(svg)
    assert "1" in texts(svg)  # a perfect score is told as such


@pytest.mark.parametrize("name", ["mad", "iou"])
@pytest.mark.parametrize("values", [[0.0, 1.0], [0.5], [0.0, 0.0], [np.nan, np.nan], []])
def test_a_distribution_of_extreme_or_no_scores_is_drawn(name, values):
    svg = plots.distribution([np.array(values)], METRICS[name])
    assert "nan" not in svg.lower()
    assert len(lines(svg, 0)) == (1 if np.isfinite(values).any() else 0)


def test_a_distribution_of_many_images_stays_small():
    values = np.random.default_rng(0).random(20_000)
    assert len(plots.distribution([values], METRICS["mad"])) < 40_000


def test_the_dot_of_precision_and_recall_is_at_the_best_f():
    curve = np.array([[0.95, 0.9, 0.7, 0.3], [0.2, 0.6, 0.8, 0.9], [0.5, 0.8, 0.7, 0.4]])
    svg = score_curves.precision_recall([curve])
    np.testing.assert_allclose(dots(svg, 0), lines(svg, 0)[0][1:2], atol=0.02)


def test_a_perfectly_calibrated_matte_lies_on_the_diagonal_and_an_overconfident_one_below():
    means = np.linspace(0.1, 0.9, 9)
    share = np.array([0.01] * 8 + [0.0])  # the last bin has no pixel
    svg = score_curves.calibration(
        [np.stack([share, means * share, means * share]), np.stack([share, means * share, 0 * share])]
    )
    right, over = dots(svg, 0), dots(svg, 1)
    assert len(right) == len(over) == 8
    slope = np.diff(right[:, 1]) / np.diff(right[:, 0])
    np.testing.assert_allclose(slope, slope[0], rtol=1e-2)
    assert np.all(over[:, 1] >= right[:, 1])  # y runs downwards in SVG
    np.testing.assert_allclose(over[:, 1], over[0, 1])
    np.testing.assert_allclose(over[:, 0], right[:, 0])


def test_each_part_has_a_dot_per_candidate_between_the_ends_of_its_interval():
    svg = plots.dots(
        "size", ["small", "<large>"], [[interval(0.1), interval(0.2)], [interval(0.3), interval(0.4)]], METRICS["mad"]
    )
    first, second = dots(svg, 0), dots(svg, 1)
    places = np.concatenate([first[:, 0], second[:, 0]])  # 0.1, 0.2, 0.3, 0.4
    np.testing.assert_allclose(np.diff(places), np.diff(places).mean(), rtol=1e-2)
    for path, (x, y) in zip(lines(svg, 1), second, strict=True):
        assert path[0, 0] < x < path[1, 0]
        np.testing.assert_allclose(path[:, 1], y, atol=0.02)
    assert texts(svg)[-2:] == ["small", "<large>"]


def test_a_seventh_candidate_takes_the_first_ones_colour():
    svg = plots.distribution([np.array([0.1 * at]) for at in range(1, 8)], METRICS["mad"])
    assert len(lines(svg, 0)) == 2
