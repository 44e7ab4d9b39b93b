import numpy as np

from portrait_matting.people.tone import BRIGHTEST, curve, to_display, to_linear


def test_a_picture_comes_back():
    picture = np.arange(256, dtype=np.uint8)
    np.testing.assert_allclose(255 * to_display(to_linear(picture)), picture, atol=0.3)


def test_the_curve_is_srgb_below_and_a_shoulder_above():
    light = np.linspace(0, 20, 5001, dtype=np.float32)
    shown = to_display(light)
    np.testing.assert_allclose(shown, curve(light), atol=1e-3)
    np.testing.assert_allclose(to_display(np.float32([0.2140])), 0.5, atol=1e-3)  # sRGB, IEC 61966-2-1
    assert (np.diff(shown) >= 0).all()
    assert shown[-1] <= 1
    assert to_display(np.float32([1.0]))[0] < 0.95 < to_display(np.float32([BRIGHTEST]))[0]
    assert (to_display(np.float32([-1, 0])) == 0).all()
