import numpy as np

from portrait_matting.people.photography.tone import WHITE, curve, to_display, to_linear


def test_a_picture_comes_back():
    picture = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, 2)
    np.testing.assert_allclose(255 * to_display(to_linear(picture)), picture, atol=2.5)  # white grows a little whiter
    colours = np.random.default_rng(0).integers(0, 244, (20, 20, 3)).astype(np.uint8)
    np.testing.assert_allclose(255 * to_display(to_linear(colours)), colours, atol=0.3)


def test_what_is_white_all_over_was_brighter_than_a_picture_shows():
    white, yellow = to_linear(np.uint8([[[255, 255, 255], [255, 255, 120]]]))[0]
    assert white.min() > 2.5 * WHITE
    assert yellow.max() <= WHITE * 1.001


def test_the_curve_is_srgb_below_and_a_shoulder_above():
    light = np.linspace(0, 20, 5001, dtype=np.float32)
    shown = to_display(light)
    np.testing.assert_allclose(shown, curve(light), atol=1e-3)
    np.testing.assert_allclose(to_display(np.float32([0.2140])), 0.5, atol=1e-3)  # sRGB, IEC 61966-2-1
    assert (np.diff(shown) >= 0).all()
    assert shown[-1] <= 1
    assert to_display(np.float32([1.0]))[0] < 0.97 < to_display(np.float32([WHITE]))[0]
    assert (to_display(np.float32([-1, 0])) == 0).all()
