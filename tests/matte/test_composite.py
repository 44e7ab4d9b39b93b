import cv2
import numpy as np
import pytest

from portrait_matting.errors import InputError
from portrait_matting.matte.composite import blurred, over, over_colour, to_rgba


def by_the_equation(foreground: np.ndarray, alpha: np.ndarray, background: np.ndarray) -> np.ndarray:
    weight = alpha.astype(np.float64)[..., None]
    return weight * foreground + (1 - weight) * background


def a_cut_out(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise for colours; an alpha that is 0, soft, 1 from left to right, with a hole and a lonely soft pixel."""
    foreground = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    alpha = np.tile(np.clip(np.linspace(-2, 3, width, dtype=np.float32), 0, 1), (height, 1))
    alpha[height // 2 :, -width // 8 :] = 0
    alpha[0, 0] = 0.3
    return foreground, alpha


@pytest.mark.parametrize("compose", [over, over_colour])
def test_by_hand(compose):
    image = np.array([[[200, 100, 0], [200, 100, 0], [200, 100, 0], [255, 255, 255]]], np.uint8)
    alpha = np.array([[0, 1, 0.25, 0.5]], np.float32)
    result = compose(image, alpha, (40, 20, 240))
    assert result.dtype == np.uint8
    # 0.25 * (200, 100, 0) + 0.75 * (40, 20, 240); half of 255 and of each colour, rounded to even
    expected = [[40, 20, 240], [200, 100, 0], [80, 40, 180], [148, 138, 248]]
    np.testing.assert_array_equal(result, [expected])


def test_a_photo_over_its_own_colour_is_itself():
    image = np.full((5, 4, 3), (255, 0, 128), np.uint8)
    alpha = np.random.default_rng(0).random((5, 4), dtype=np.float32)
    np.testing.assert_array_equal(over_colour(image, alpha, (255, 0, 128)), image)


@pytest.mark.parametrize("height, width", [(1, 1), (3, 5), (257, 40), (300, 1200), (700, 130)])
@pytest.mark.parametrize("picture", [False, True])
def test_strips_and_boxes_do_not_show(height, width, picture):
    foreground, alpha = a_cut_out(height, width)
    background = (
        np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8) if picture else (0, 9, 255)
    )
    result = over(foreground, alpha, background)
    expected = by_the_equation(foreground, alpha, background)
    assert np.abs(result - expected).max() <= 0.5 + 1e-3
    np.testing.assert_array_equal(result[alpha == 1], foreground[alpha == 1])


def test_the_callers_arrays_are_left_alone():
    foreground, alpha = a_cut_out(60, 80)
    picture = np.full((60, 80, 3), 7, np.uint8)
    kept = foreground.copy(), alpha.copy()
    over(foreground, alpha, picture)
    to_rgba(foreground, alpha)
    blurred(foreground, alpha)
    assert (picture == 7).all()
    np.testing.assert_array_equal(foreground, kept[0])
    np.testing.assert_array_equal(alpha, kept[1])


@pytest.mark.parametrize(
    "size, shown", [((40, 120), (slice(0, 40), slice(40, 80))), ((90, 30), (slice(30, 60), slice(0, 30)))]
)
def test_a_picture_covers_the_photo_and_loses_its_sides(size, shown):
    """Beside the middle square the picture is red, so no red is left."""
    picture = np.full((*size, 3), (255, 0, 0), np.uint8)
    picture[shown] = 77
    result = over(np.zeros((20, 20, 3), np.uint8), np.zeros((20, 20), np.float32), picture)
    np.testing.assert_array_equal(result, np.full((20, 20, 3), 77))


def test_a_picture_of_the_photos_shape_is_shown_whole():
    picture = np.random.default_rng(0).integers(0, 256, (30, 45, 3), dtype=np.uint8)
    result = over(np.zeros((20, 30, 3), np.uint8), np.zeros((20, 30), np.float32), picture)
    np.testing.assert_array_equal(result, cv2.resize(picture, (30, 20), interpolation=cv2.INTER_AREA))


@pytest.mark.parametrize("photo", [(1, 3000), (3000, 1), (7, 9)])
@pytest.mark.parametrize("picture", [(1, 1), (50, 50), (1, 400), (400, 1)])
def test_any_picture_behind_any_photo(photo, picture):
    result = over(np.zeros((*photo, 3), np.uint8), np.zeros(photo, np.float32), np.full((*picture, 3), 9, np.uint8))
    np.testing.assert_array_equal(result, np.full((*photo, 3), 9))


@pytest.mark.parametrize(
    "background",
    [
        (0, 0),
        (0, 0, 0, 255),
        (0, 0, 256),
        (-1, 0, 0),
        (0.5, 0.5, 0.5),
        "white",
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4, 3), np.float32),
    ],
)
def test_what_is_no_background(background):
    with pytest.raises(InputError, match=r"^(?s:background|a background)") as error:
        over(np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.float32), background)
    assert "\n" not in str(error.value)


def test_rgba_by_hand():
    foreground = np.array([[[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12], [13, 14, 15]]], np.uint8)
    alpha = np.array([[0, 1, 0.5, 1 / 600, 1 / 400]], np.float32)
    # 0.5 is 127.5, rounded to even; 1/600 rounds to 0, so its colour is gone; 1/400 rounds to 1
    expected = [[0, 0, 0, 0], [4, 5, 6, 255], [7, 8, 9, 128], [0, 0, 0, 0], [13, 14, 15, 1]]
    result = to_rgba(foreground, alpha)
    assert result.dtype == np.uint8
    np.testing.assert_array_equal(result, [expected])


@pytest.mark.parametrize("height, width", [(1, 1), (257, 40), (600, 33)])
def test_rgba_of_more_rows_than_a_strip(height, width):
    foreground, alpha = a_cut_out(height, width)
    result = to_rgba(foreground, alpha)
    share = np.rint(alpha * 255)
    np.testing.assert_array_equal(result[..., 3], share)
    np.testing.assert_array_equal(result[..., :3], foreground * (share > 0)[..., None])


def test_nobody_bleeds_into_the_blur():
    """A red person before a blue-green chequerboard: the blur has no red, though the soft edge of the photo has."""
    alpha = cv2.GaussianBlur(cv2.circle(np.zeros((240, 180), np.float32), (90, 130), 55, 1.0, -1), (0, 0), 2)
    tiles = (np.indices(alpha.shape) // 6).sum(axis=0) % 2
    behind = np.stack([0 * tiles, 200 * tiles, 200 * (1 - tiles)], axis=-1)
    photo = np.rint(by_the_equation(np.uint8([255, 0, 0]), alpha, behind)).astype(np.uint8)
    result = blurred(photo, alpha, 0.05)
    assert result.shape == photo.shape
    assert result.dtype == np.uint8
    assert photo[..., 0][alpha < 0.99].max() > 200
    shown = result[alpha < 0.99].astype(int)
    assert shown[:, 0].max() <= 12
    # the blur of the chequerboard is half of both
    assert np.abs(shown[:, 1:] - 100).max() <= 25
    plain = cv2.GaussianBlur(photo, (0, 0), 9)
    assert plain[..., 0][(alpha < 0.01)].max() > 60


def test_without_a_person_it_is_a_plain_gaussian():
    photo = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8), (0, 0), 3)
    result = blurred(photo, np.zeros((200, 300), np.float32), 0.05)
    assert np.abs(result.astype(int) - cv2.GaussianBlur(photo, (0, 0), 10))[20:-20, 20:-20].max() <= 3


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [(1, 1), (1, 900), (37, 2), (500, 400)])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_a_blur_of_any_size_and_a_flat_alpha(size, value):
    photo = np.full((*size, 3), 77, np.uint8)
    result = blurred(photo, np.full(size, value, np.float32))
    assert np.abs(result.astype(int) - 77).max() <= 1


@pytest.mark.parametrize("strength", [0, -1, 0.6, float("nan")])
def test_a_blur_out_of_range(strength):
    with pytest.raises(InputError, match=f"blur strength {strength} is out of range: choose 0.005 to 0.5"):
        blurred(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.float32), strength)
