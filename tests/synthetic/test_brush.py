"""The premultiplied canvas: coverage adds up as `over` says, and shading leaves alpha alone."""

import numpy as np
import pytest

from portrait_matting.synthetic.brush import Brush
from portrait_matting.synthetic.outline import ellipse, mirrored, smooth

RED, BLUE = (200, 0, 0), (0, 0, 200)


def blank(size: int = 64, unit: float = 1.0) -> Brush:
    return Brush(np.zeros((size, size, 4), np.uint8), (0, 0), unit)


def test_colour_stays_premultiplied_at_the_soft_rim():
    brush = blank()
    brush.fill(ellipse(31.3, 30.8, 20.2, 14.7, turn=0.4), RED)
    alpha, red = brush.canvas[..., 3].astype(float), brush.canvas[..., 0].astype(float)
    assert ((alpha > 0) & (alpha < 255)).any()
    assert np.abs(red - alpha * 200 / 255).max() <= 4  # OpenCV rounds each channel at each of several blends


def test_alpha_never_falls_when_more_is_painted():
    brush, rng = blank(), np.random.default_rng(0)
    before = brush.canvas[..., 3].copy()
    for x, y in rng.uniform(10, 54, (12, 2)):
        brush.fill(ellipse(x, y, 9, 5), BLUE, shade=0.5)
        brush.line([(x, y), (y, x)], RED, 1)
        brush.glow([(x, y)], 5, 5, RED, 0.5)
        assert (brush.canvas[..., 3] >= before).all()
        assert (brush.canvas[..., :3] <= brush.canvas[..., 3:].astype(int) + 1).all()
        before = brush.canvas[..., 3].copy()


def test_shade_darkens_and_keeps_alpha():
    plain, shaded = blank(), blank()
    plain.fill(ellipse(32, 32, 20, 20), RED)
    shaded.fill(ellipse(32, 32, 20, 20), RED, shade=0.6)
    assert np.array_equal(plain.canvas[..., 3], shaded.canvas[..., 3])
    assert (shaded.canvas[..., 0] <= plain.canvas[..., 0]).all()
    # the light comes from the left
    assert shaded.canvas[32, 15, 0] > shaded.canvas[32, 48, 0] + 20


def test_place_turns_about_the_pivot():
    brush = blank(unit=10).turned(np.pi / 2, (1, 1))
    assert brush.place((1, 1)) == pytest.approx((10, 10))
    assert brush.place((2, 1)) == pytest.approx((10, 20))  # y runs down, so a positive turn is clockwise


def test_a_shape_outside_the_canvas_changes_nothing():
    brush = blank()
    brush.fill(ellipse(-50, 300, 20, 20), RED, shade=0.5)
    brush.glow([(500, 500)], 10, 10, RED, 1.0)
    assert not brush.canvas.any()


def test_smooth_passes_through_its_points():
    points = np.array([(0, 0), (2, 1), (3, 4), (-1, 3)], float)
    assert np.allclose(smooth(points, samples=5)[::5], points)
    open_curve = smooth(points, closed=False, samples=5)
    assert np.allclose(open_curve[::5], points)
    line = np.stack([np.arange(5.0), 2 * np.arange(5.0)], 1)
    assert np.allclose(smooth(line, closed=False)[:, 1], 2 * smooth(line, closed=False)[:, 0])


def test_mirrored_closes_a_right_half():
    assert mirrored([(0, 0), (2, 1), (0, 3)]).tolist() == [[0, 0], [2, 1], [0, 3], [-2, 1]]


def test_hairs_thinner_than_a_pixel_cover_a_share_of_it_and_hide_what_many_cross():
    line = np.array([[(10.0, 32.0), (54.0, 32.0)]])

    def covered(width: float, lines: np.ndarray) -> np.ndarray:
        brush = blank()
        brush.hairs(lines, [RED], width)
        assert (brush.canvas[..., :3] <= brush.canvas[..., 3:].astype(int) + 2).all()  # premultiplied
        return brush.canvas[:, 20:40, 3].sum(0).mean() / 255  # pixels across

    assert covered(0.6, line) == pytest.approx(0.6, rel=0.15)
    assert covered(0.8, line) == pytest.approx(0.8, rel=0.15)
    assert covered(0.01, line) > 0.3  # never invisible
    for width in (3.0, 5.0, 8.0, 12.0):
        assert covered(width, line) == pytest.approx(width, abs=1)
    assert covered(0.6, np.repeat(line, 6, axis=0)) < 1.8  # one above the other: hardly wider than a line
    far = blank()
    far.hairs(line + 500, [RED], 0.6)
    assert not far.canvas.any()


def test_several_outlines_and_curves_in_one_go_are_what_they_are_one_by_one():
    shapes = np.stack([ellipse(15, 20, 8, 6), ellipse(45, 40, 8, 6)])
    together, apart = blank(), blank()
    together.fill(shapes, RED, shade=0.4)
    for shape in shapes:
        apart.fill(shape, RED, shade=0.4)
    assert np.array_equal(together.canvas, apart.canvas)
    assert np.array_equal(smooth(shapes), np.stack([smooth(shape) for shape in shapes]))
    spots, one = [(20, 30), (44, 30)], blank()
    one.fill(ellipse(32, 32, 30, 30), RED)
    other = blank()
    other.canvas[...] = one.canvas
    one.glow(spots, 5, 4, BLUE, 0.5)
    for spot in spots:
        other.glow([spot], 5, 4, BLUE, 0.5)
    assert np.abs(one.canvas.astype(int) - other.canvas).max() <= 2
    assert one.canvas[30, 20, 2] > 90


def test_boxes_are_upright_on_whole_pixels():
    brush = blank(unit=10)
    brush.boxes([(1, 2, 3, 1), (5.04, 5.04, 0, 9), (-9, -9, 2, 2)], RED)
    assert (brush.canvas[20:30, 10:40, 3] == 255).all()
    assert brush.canvas[..., 3].sum() == 300 * 255
