import cv2
import numpy as np
import pytest

from portrait_matting.matte.soft_boxes import soft_boxes


@pytest.mark.parametrize("seed", range(4))
def test_boxes_hold_every_soft_pixel_and_every_edge_once(seed):
    rng = np.random.default_rng(seed)
    height, width = rng.integers(130, 700, 2)
    alpha = np.zeros((height, width), np.float32)
    for _ in range(6):
        top, left = rng.integers(0, height), rng.integers(0, width)
        bottom, right = top + rng.integers(1, 150), left + rng.integers(1, 150)
        alpha[top:bottom, left:right] = rng.choice([1.0, 0.3])
    boxed = np.zeros(alpha.shape, int)
    for box in soft_boxes(alpha):
        assert box[0].start % 2 == box[1].start % 2 == 0
        boxed[box] += 1
    around = np.ones((3, 3))
    edge = cv2.dilate(alpha, around) != cv2.erode(alpha, around)
    assert (boxed[edge | (alpha > 0) & (alpha < 1)] == 1).all()
    assert boxed.max() == 1
    assert (boxed == 0).any()


@pytest.mark.parametrize("value", [0, 1])
def test_a_hard_picture_has_no_boxes(value):
    assert not list(soft_boxes(np.full((300, 400), value, np.float32)))
