import numpy as np

from portrait_matting.matte.composite import over_colour


def test_by_hand():
    image = np.array([[[200, 100, 0], [200, 100, 0], [200, 100, 0], [255, 255, 255]]], np.uint8)
    alpha = np.array([[0, 1, 0.25, 0.5]], np.float32)
    result = over_colour(image, alpha, (40, 20, 240))
    assert result.dtype == np.uint8
    # 0.25 * (200, 100, 0) + 0.75 * (40, 20, 240); half of 255 and of each colour, rounded to even
    expected = [[40, 20, 240], [200, 100, 0], [80, 40, 180], [148, 138, 248]]
    np.testing.assert_array_equal(result, [expected])


def test_a_photo_over_its_own_colour_is_itself():
    image = np.full((5, 4, 3), (255, 0, 128), np.uint8)
    alpha = np.random.default_rng(0).random((5, 4), dtype=np.float32)
    np.testing.assert_array_equal(over_colour(image, alpha, (255, 0, 128)), image)
