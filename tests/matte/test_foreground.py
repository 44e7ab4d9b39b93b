import cv2
import numpy as np
import pytest

from portrait_matting.images.io import read_alpha, read_image
from portrait_matting.matte import soft_boxes as room
from portrait_matting.matte.foreground import estimate_foreground
from portrait_matting.matte.soft_boxes import soft_boxes
from portrait_matting.synthetic.scene import draw_layers

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


def untiled(monkeypatch: pytest.MonkeyPatch, photo: np.ndarray, alpha: np.ndarray, from_inside: bool) -> np.ndarray:
    """The estimate where each level is one box."""
    with monkeypatch.context() as patch:
        patch.setattr(room, "_ROWS", 10**6)
        return estimate_foreground(photo, alpha, from_inside)


@pytest.mark.parametrize("from_inside", [False, True])
@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("height, width", [(401, 650), (640, 333), (260, 1100)])
def test_the_boxes_do_not_show(monkeypatch, height, width, hard, from_inside):
    layers = draw_layers("train", 5, 1, height, width)
    alpha = (layers.alpha > 0.5).astype(np.float32) if hard else layers.alpha
    photo = layers.composite()
    monkeypatch.setattr(room, "_ROWS", 32)
    monkeypatch.setattr(room, "_COLUMNS", 48)
    assert len(list(soft_boxes(alpha))) >= 20
    boxed = estimate_foreground(photo, alpha, from_inside)
    whole = untiled(monkeypatch, photo, alpha, from_inside)
    # Where alpha rounds to 0 or 1 in 8 bits, the boxes leave the photo.
    seen = (alpha > 1 / 510) & ((alpha < 1 - 1 / 510) | (alpha == 1))
    assert np.abs(boxed.astype(int) - whole)[seen].max() <= 1


def test_a_haze_is_estimated_as_a_whole(monkeypatch):
    """A network's matte hardly ever is 0 or 1: boxes lie side by side."""
    layers = draw_layers("train", 5, 1, 300, 700)
    alpha = (0.02 + 0.9 * layers.alpha).astype(np.float32)
    photo = layers.composite()
    boxes = list(soft_boxes(alpha))
    assert sum(alpha[box].size for box in boxes) == alpha.size
    whole = untiled(monkeypatch, photo, alpha, False)
    assert np.abs(estimate_foreground(photo, alpha).astype(int) - whole).max() <= 1


def test_a_band_as_wide_as_in_a_large_photo():
    """A person drawn small, then four times as large: the windows of the finest level alone would not see across."""
    layers = draw_layers("val", 7, 3, 160, 128)
    colours, behind, alpha = (cv2.resize(layer, None, fx=4, fy=4) for layer in layers)
    colours, behind = 255 * colours, 255 * behind
    photo = to_photo(over(colours, alpha, behind))
    truth = over(colours, alpha, GREEN)

    def error(foreground: np.ndarray) -> float:
        return np.abs(over(foreground, alpha, GREEN) - truth)[band(alpha)].mean()

    assert error(estimate_foreground(photo, alpha)) < 0.25 * error(photo)


@pytest.mark.slow
def test_half_the_rim_is_gone_from_real_portraits(real_portraits):
    """Known colours over strong ones, cut out by the true alpha, over the opposite colour: what is left of the error.

    Known are those of the photo where it is opaque, carried outwards by a Gaussian mean.
    """
    left = []
    for path in sorted((real_portraits / "soft_alpha" / "images").iterdir())[::4]:
        image, alpha = read_image(path), read_alpha(path.parent.parent / "alphas" / f"{path.stem}.png")
        sure = (alpha > 0.95).astype(np.float32)
        weight = cv2.GaussianBlur(sure, (0, 0), 12)[..., None] + 1e-6
        carried = cv2.GaussianBlur(image * sure[..., None], (0, 0), 12) / weight
        colours = np.where(sure[..., None] == 1, image, carried)
        for old in (GREEN, RED, np.float32([0, 0, 0]), np.float32([255, 255, 255])):
            photo, truth = to_photo(over(colours, alpha, old)), over(colours, alpha, 255 - old)
            errors = [
                np.abs(over(each, alpha, 255 - old) - truth)[band(alpha)].mean()
                for each in (estimate_foreground(photo, alpha), photo)
            ]
            left.append(errors[0] / errors[1])
    assert np.mean(left) < 0.2
    assert max(left) < 0.5
