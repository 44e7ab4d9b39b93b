import base64

import cv2
import numpy as np
import pytest

from portrait_matting.reporting.pictures import TOO_LITTLE, TOO_MUCH, data_uri, error_map, legend, portrait_row


def decoded(uri: str) -> np.ndarray:
    head, body = uri.split(",")
    assert head == "data:image/webp;base64"
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(body), np.uint8), cv2.IMREAD_COLOR)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def test_errors_are_red_where_too_much_blue_where_too_little_and_grey_where_right():
    matte = np.float32([[1, 0, 0, 1, 0.25]])
    alpha = np.float32([[0, 1, 0, 1, 0]])
    colours = error_map(matte, alpha)[0].tolist()
    assert colours[0] == list(TOO_MUCH)
    assert colours[1] == list(TOO_LITTLE)
    assert colours[2] == [244] * 3  # outside
    assert colours[3] == [204] * 3  # inside
    assert colours[4] == [223, 122, 138]  # half of the way from 244 to the red, for the root of 0.25


def test_the_legend_runs_from_too_little_over_right_to_too_much():
    colours = legend(4, 101)
    assert colours.shape == (4, 101, 3)
    assert (colours[:, 0].tolist(), colours[:, -1].tolist()) == ([list(TOO_LITTLE)] * 4, [list(TOO_MUCH)] * 4)
    assert np.all(colours[:, 50] == 244)


@pytest.mark.parametrize(
    ("shape", "size"),
    [((800, 600), (100, 75)), ((50, 40), (50, 40)), ((300, 3000), (13, 133)), ((1, 1), (1, 1)), ((9000, 2), (100, 1))],
)
def test_a_row_has_pictures_of_one_size_no_larger_than_asked_or_than_the_truth(shape, size):
    alpha = np.zeros(shape, np.float32)
    row = portrait_row(np.zeros((60, 45, 3), np.uint8), alpha, [alpha, alpha], height=100)
    assert [(one.shape, one.dtype) for one in row] == [((*size, 3), np.uint8)] * 6


def test_a_row_is_image_truth_then_matte_and_error_of_each_candidate():
    image = np.full((4, 4, 3), (10, 120, 200), np.uint8)
    alpha, none, half = (np.full((8, 8), value, np.float32) for value in (1, 0, 0.5))
    row = [one[3, 3].tolist() for one in portrait_row(image, alpha, [none, half], height=8)]
    assert row[:4] == [[10, 120, 200], [255] * 3, [0] * 3, list(TOO_LITTLE)]
    assert row[4] == [128] * 3
    assert row[5] == error_map(half, alpha)[3, 3].tolist()


def test_a_data_uri_gives_the_picture_back():
    picture = np.zeros((40, 30, 3), np.uint8)
    picture[:20], picture[20:] = (220, 40, 30), (30, 60, 210)  # red over blue, so that swapped channels would show
    back = decoded(data_uri(picture, 90))
    assert back.shape == picture.shape
    assert np.abs(back[5:15].astype(int) - picture[5:15]).max() < 12
    assert np.abs(back[25:35].astype(int) - picture[25:35]).max() < 12


def test_a_lower_quality_is_smaller():
    picture = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    assert len(data_uri(picture, 20)) < 0.7 * len(data_uri(picture, 90))
