from dataclasses import replace

import cv2
import numpy as np
import pytest

from portrait_matting.comparison.picture import compare_png
from portrait_matting.comparison.portraits import shared_portraits
from portrait_matting.comparison.ranking import rank


def decode(png: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR_RGB)


def near(picture: np.ndarray, colour: tuple[int, int, int]) -> int:
    return int((np.abs(picture.astype(int) - colour).max(axis=2) < 12).sum())


@pytest.fixture(scope="module")
def picture(two, rankings):
    return decode(compare_png(two, rankings["mad"], rankings["mad"], shared_portraits(two, 2)))


def test_the_picture_fits_a_slide_and_shows_both_arms(picture):
    assert picture.shape[1] == 1540
    assert 500 < picture.shape[0] < 1600
    assert (picture[0] == 255).all()
    for colour in ((0, 114, 178), (213, 94, 0)):  # Okabe and Ito's blue and vermilion
        assert near(picture, colour) > 200


def test_portraits_stand_below_and_are_left_out_where_there_are_none(two, rankings, picture):
    without = decode(compare_png(two, rankings["mad"], rankings["mad"], []))
    assert without.shape[0] < picture.shape[0] - 150
    assert near(picture, (0, 0, 0)) > near(without, (0, 0, 0)) + 10_000  # the background of the mattes


def test_many_arms_of_long_names_are_not_cut_off(two):
    arms = [replace(two[at % 2], name=f"{'very_long_setting=0.000123 ' * 4}{at}") for at in range(8)]
    ranking = rank(arms, "iou")
    picture = decode(compare_png(arms, ranking, ranking, shared_portraits(arms, 1)))
    assert picture.shape[1] == 1540
    assert (picture[:, -4:] == 255).all()
