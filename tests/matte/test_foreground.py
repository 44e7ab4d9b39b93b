import cv2
import numpy as np
import pytest

from portrait_matting.data.synthetic.scene import draw_layers
from portrait_matting.matte.foreground import estimate_foreground

GREEN, RED = np.float32([0, 255, 0]), np.float32([255, 0, 0])


def over(foreground: np.ndarray, alpha: np.ndarray, background: np.ndarray) -> np.ndarray:
    weight = alpha[..., None]
    return weight * foreground + (1 - weight) * background


def drawn(index: int) -> tuple[np.ndarray, np.ndarray]:
    """The true colours, 0-255, and the alpha of a drawn person."""
    layers = draw_layers("train", 5, index, 160, 128)
    return 255 * layers.foreground, layers.alpha


def to_photo(image: np.ndarray) -> np.ndarray:
    return np.rint(image).astype(np.uint8)


def band(alpha: np.ndarray) -> np.ndarray:
    return (alpha > 0) & (alpha < 1)


@pytest.mark.parametrize("index", range(4))
@pytest.mark.parametrize("from_inside", [False, True])
def test_no_rim_of_the_old_background(index, from_inside):
    """A person before green, put before red: what is greener than the true composite is left from the old one."""
    colours, alpha = drawn(index)
    photo = to_photo(over(colours, alpha, GREEN))
    truth = over(colours, alpha, RED)[..., 1]

    def left(foreground: np.ndarray) -> np.ndarray:
        return (over(foreground, alpha, RED)[..., 1] - truth)[band(alpha)]

    naive, ours = left(photo), left(estimate_foreground(photo, alpha, from_inside))
    assert naive.mean() > 10
    assert np.percentile(naive, 95) > 35
    assert abs(ours.mean()) < 2.5
    assert np.percentile(ours, 95) < 11


@pytest.mark.parametrize("index", range(4))
def test_the_true_colours_are_found(index):
    """Weighted by alpha, as the error shows in a composite; the drawn camera's noise is a part of it."""
    layers = draw_layers("train", 5, index, 160, 128)
    weight = (layers.alpha * band(layers.alpha))[..., None]
    photo = layers.composite()

    def error(foreground: np.ndarray) -> float:
        return np.average(np.abs(foreground - 255 * layers.foreground), weights=np.broadcast_to(weight, photo.shape))

    assert error(estimate_foreground(photo, layers.alpha)) < 0.5 * error(photo)


@pytest.mark.parametrize("from_inside, levels", [(False, 1.7), (True, 2.1)])
def test_over_the_old_background_the_photo_comes_back(from_inside, levels):
    layers = draw_layers("train", 5, 0, 160, 128)
    photo = layers.composite()
    again = over(estimate_foreground(photo, layers.alpha, from_inside), layers.alpha, 255 * layers.background)
    assert np.abs(again - photo)[band(layers.alpha)].mean() < levels


def test_plain_colours_under_a_wide_ramp():
    """Person (200, 100, 50) left, background (0, 200, 250) right, eight pixels of a ramp between."""
    person, behind = np.float32([200, 100, 50]), np.float32([0, 200, 250])
    alpha = np.tile(np.clip((36 - np.arange(64, dtype=np.float32)) / 8, 0, 1), (64, 1))
    photo = to_photo(over(person, alpha, behind))
    estimate = estimate_foreground(photo, alpha).astype(int)
    strong = alpha > 0.3
    assert np.abs(photo - person)[strong].max() > 120
    assert np.abs(estimate - person)[strong].max() <= 30


def test_the_photo_itself_where_alpha_is_one():
    photo = np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    np.testing.assert_array_equal(estimate_foreground(photo, np.ones((40, 30), np.float32)), photo)
    alpha = np.zeros((40, 30), np.float32)
    alpha[10:30, 8:25] = 1
    np.testing.assert_array_equal(estimate_foreground(photo, alpha)[alpha == 1], photo[alpha == 1])
    inner = estimate_foreground(photo, alpha, from_inside=True)[11:29, 9:24]
    np.testing.assert_array_equal(inner, photo[11:29, 9:24])


def test_behind_a_hard_mask_the_outermost_pixel_is_taken_from_inside():
    """The photo's edge is soft, the mask is hard: its outermost pixels hold a good part of the green behind them."""
    truth = cv2.GaussianBlur(cv2.circle(np.zeros((64, 64), np.float32), (32, 32), 20, 1.0, -1), (0, 0), 0.8)
    person = np.float32([180, 120, 110])
    photo, mask = to_photo(over(person, truth, GREEN)), (truth > 0.5).astype(np.float32)
    rim = (mask == 1) & (cv2.erode(mask, np.ones((3, 3))) == 0)

    def green(foreground: np.ndarray) -> float:
        return (foreground[..., 1][rim] - person[1]).mean()

    np.testing.assert_array_equal(estimate_foreground(photo, mask)[rim], photo[rim])  # nothing tells of the green
    assert green(photo.astype(np.float32)) > 25
    assert green(estimate_foreground(photo, mask, from_inside=True).astype(np.float32)) < 10


def test_a_strand_without_an_inside_keeps_its_colour():
    alpha = np.zeros((40, 40), np.float32)
    alpha[:, 20] = 1
    photo = to_photo(over(np.float32([90, 60, 30]), alpha, GREEN))
    np.testing.assert_array_equal(estimate_foreground(photo, alpha, from_inside=True)[:, 20], photo[:, 20])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [(1, 1), (2, 7), (9, 3), (33, 64)])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_any_size_and_a_flat_alpha(size, value):
    photo = np.full((*size, 3), 77, np.uint8)
    foreground = estimate_foreground(photo, np.full(size, value, np.float32), from_inside=True)
    assert foreground.shape == photo.shape
    assert foreground.dtype == np.uint8
    if value:
        np.testing.assert_allclose(foreground, 77, atol=1)


def test_the_callers_arrays_are_left_alone():
    photo = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    alpha = np.random.default_rng(1).random((20, 20), dtype=np.float32)
    kept = photo.copy(), alpha.copy()
    estimate_foreground(photo, alpha, from_inside=True)
    np.testing.assert_array_equal(photo, kept[0])
    np.testing.assert_array_equal(alpha, kept[1])
