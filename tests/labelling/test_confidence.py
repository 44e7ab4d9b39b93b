import numpy as np
import pytest

from portrait_matting.labelling.confidence import label, soft_iou


def test_soft_iou_by_hand():
    first = np.array([[0.0, 0.5], [1.0, 0.2]], np.float32)
    second = np.array([[0.0, 1.0], [0.5, 0.2]], np.float32)
    assert soft_iou(first, second) == pytest.approx((0 + 0.5 + 0.5 + 0.2) / (0 + 1 + 1 + 0.2))
    assert soft_iou(first, first) == 1


def test_where_nobody_is_seen_there_is_no_confidence():
    nobody = np.zeros((4, 4), np.float32)
    assert soft_iou(nobody, nobody) == 0
    assert soft_iou(nobody, nobody + 0.5) == 0
    for faint in (0, 0.001, 0.4):  # a network that is sure of it gives nearly the same for all views
        assert label(lambda photo, faint=faint: nobody + faint, np.zeros((20, 20, 3), np.uint8))[1] == 0
    assert label(lambda photo: nobody + 0.6, np.zeros((20, 20, 3), np.uint8))[1] == pytest.approx(1)


def grey(photo):
    return photo.mean(2, dtype=np.float32) / 255


def test_a_network_that_looks_at_pixels_agrees_with_itself():
    photo = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    matte, confidence = label(grey, photo)
    np.testing.assert_allclose(matte, grey(photo), atol=1e-6)
    assert confidence == pytest.approx(1)


def test_the_left_half_whatever_is_in_it_is_doubtful():
    """Mirrored, no pixel agrees: 0. The mean is 0.5 everywhere; a crop, 18 pixels wide, has 1 on 9 of them, 0 on the
    others: (9 · 0.5 + 9 · 0) / (9 · 1 + 9 · 0.5) = 1/3, of both crops.
    """

    def left(photo):
        matte = np.zeros(photo.shape[:2], np.float32)
        matte[:, : photo.shape[1] // 2] = 1
        return matte

    matte, confidence = label(left, np.zeros((20, 20, 3), np.uint8))
    assert (matte == 0.5).all()
    assert confidence == pytest.approx((0 + 1 / 3 + 1 / 3) / 3)


def test_crops_are_compared_where_they_lie():
    """A square of 4 that is seen wherever it is, by a network of a quarter of the resolution."""

    def quarter(photo):
        return grey(photo[: photo.shape[0] // 4 * 4, : photo.shape[1] // 4 * 4])[::4, ::4]

    photo = np.zeros((40, 40, 3), np.uint8)
    photo[8:28, 12:28] = 255
    assert label(quarter, photo)[1] == pytest.approx(1, abs=1e-6)
