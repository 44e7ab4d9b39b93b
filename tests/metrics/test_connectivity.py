import math

import cv2
import numpy as np
import pytest
from scipy import ndimage

from portrait_matting.errors import InputError
from portrait_matting.metrics import connectivity
from portrait_matting.metrics.connectivity import connectivity_error, connectivity_error_map


def largest(mask):
    """The largest 4-connected component, the first of equal ones in raster order; empty if there is none."""
    labels, count = ndimage.label(mask)
    if count == 0:
        return mask
    sizes = np.bincount(labels.ravel())[1:]
    equal = 1 + np.flatnonzero(sizes == sizes.max())
    return labels == min(equal, key=lambda label: np.argmax(labels == label))


def reference(prediction, alpha, levels=10):
    """Plainly, level by level, each labelled over the whole image; in float32."""
    connected = np.full(alpha.shape, -1, np.float32)
    for level in range(1, levels + 1):
        at = np.float32(level / levels)
        source = largest((prediction >= at) & (alpha >= at))
        connected[(connected == -1) & ~source] = np.float32((level - 1) / levels)
    connected[connected == -1] = 1
    beyond = [matte - connected for matte in (prediction, alpha)]
    beyond = [np.where(difference >= np.float32(0.15), difference, 0) for difference in beyond]
    return np.abs(beyond[0] - beyond[1])


def disc(size=101, radius=35.0, softness=8.0):
    y, x = np.mgrid[:size, :size] - size // 2
    return np.clip((radius - np.hypot(y, x)) / softness + 0.5, 0, 1).astype(np.float32)


def assert_equal_to_reference(mattes):
    for name, prediction, alpha in mattes:
        expected = reference(prediction, alpha)
        np.testing.assert_array_equal(connectivity_error_map(prediction, alpha), expected, err_msg=name)
        total = expected.sum(dtype=np.float64) / 1000
        assert connectivity_error(prediction, alpha) == pytest.approx(total, rel=1e-9), name
        band = (alpha > 0) & (alpha < 1)
        inside = expected[band].sum(dtype=np.float64) / 1000
        assert connectivity_error(prediction, alpha, band) == pytest.approx(inside, rel=1e-9), name


def test_real_mattes_equal_level_by_level_labelling(real_mattes):
    assert_equal_to_reference(real_mattes)


@pytest.mark.slow
def test_all_real_mattes_equal_level_by_level_labelling(all_real_mattes):
    assert_equal_to_reference(all_real_mattes)


@pytest.mark.parametrize("values", [2, 6, 256])
def test_random_maps_equal_level_by_level_labelling(values):
    # Few pixels and few values: nearly every level has components of equal size, and the source region often jumps.
    rng = np.random.default_rng(values)
    for _ in range(300):
        shape = rng.integers(1, 14, 2)
        prediction, alpha = (
            (rng.integers(0, values, shape) / np.float32(values - 1)).astype(np.float32) for _ in range(2)
        )
        if rng.random() < 0.5:
            prediction = np.maximum(prediction, alpha)
        np.testing.assert_array_equal(connectivity_error_map(prediction, alpha), reference(prediction, alpha))


def test_large_random_maps_equal_level_by_level_labelling():
    # Coarse enough for the labels of OpenCV's threads to meet, fine enough for ties.
    rng = np.random.default_rng(0)
    for _ in range(3):
        coarse = rng.integers(0, 6, (2, 60, 90)) / np.float32(5)
        prediction, alpha = (np.kron(matte, np.ones((5, 4))).astype(np.float32) for matte in coarse)
        np.testing.assert_array_equal(connectivity_error_map(prediction, alpha), reference(prediction, alpha))


def test_equal_components_go_by_raster_order():
    alpha = np.float32([[0, 1, 0, 0, 0], [0, 1, 0, 1, 1], [0, 0, 0, 0, 0], [1, 1, 0, 0, 0]])
    # The first of the three pairs stays up to level 0.9, where nothing is beyond theta; the others leave at once.
    expected = alpha * np.float32(0.1)
    expected[:2, 1] = 0
    assert connectivity_error_map(alpha * np.float32(0.9), alpha) == pytest.approx(expected, abs=1e-6)


def test_ties_as_scikit_image_breaks_them():
    label = pytest.importorskip("skimage.measure").label
    rng = np.random.default_rng(0)
    for _ in range(200):
        mask = rng.random(rng.integers(1, 30, 2)) < 0.5
        mask[-1, -1] = True
        labels = label(mask, connectivity=1)
        sizes = np.bincount(labels.ravel(), minlength=2)
        sizes[0] = 0
        component, area, second = connectivity._largest(mask.view(np.uint8))
        np.testing.assert_array_equal(component, (labels == sizes.argmax()) & mask)
        assert [area, second] == sorted([*sizes, 0])[-2:][::-1]


def test_by_hand():
    # The least of both reaches 0.5 in a row of four, and 1 in the first two. The last pixel hangs on to nothing.
    prediction = np.float32([[1.0, 1.0, 0.5, 0.5, 0.0, 0.70]])
    alpha = np.float32([[1.0, 1.0, 0.9, 0.6, 0.0, 0.25]])
    # Pixel 2 leaves at 0.6: 0.9 - 0.5 against nothing. Pixel 3: 0.6 - 0.5 is below theta. Pixel 5: 0.7 - 0.25.
    assert connectivity_error_map(prediction, alpha)[0] == pytest.approx([0, 0, 0.4, 0, 0, 0.45], abs=1e-6)
    assert connectivity_error(prediction, alpha) == pytest.approx(0.85e-3, rel=1e-6)
    assert connectivity_error(prediction, alpha, np.array([[True] * 5 + [False]])) == pytest.approx(0.4e-3, rel=1e-6)


def test_an_empty_prediction_is_penalised():
    alpha, empty = disc(), np.zeros((101, 101), np.float32)
    expected = alpha[alpha >= 0.15].sum(dtype=np.float64) / 1000
    assert connectivity_error(empty, alpha) == pytest.approx(expected, rel=1e-6)
    assert connectivity_error(empty, alpha) == connectivity_error(alpha, empty) > 3


def test_one_8_bit_step_decides_a_level():
    # 51 / 255 is 0.2, and reaches it; 50 / 255 does not.
    person = [1.0, 1.0]
    for grey, connected in ((51, 0.2), (50, 0.1)):
        prediction = np.float32([[*person, np.float32(grey) / np.float32(255)]])
        alpha = np.float32([[*person, 0.5]])
        assert connectivity_error_map(prediction, alpha)[0, 2] == pytest.approx(0.5 - connected, abs=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (12, 9)])
@pytest.mark.parametrize(
    "values, expected",
    [((0, 0), 0), ((1, 1), 0), ((0, 1), 1), ((1, 0), 1), ((0.3, 0.8), 0.5), ((0.1, 0.0), 0), ((0.5, 0.6), 0)],
)
def test_constant_maps(shape, values, expected):
    prediction, alpha = (np.full(shape, value, np.float32) for value in values)
    assert connectivity_error_map(prediction, alpha) == pytest.approx(np.full(shape, expected), abs=1e-6)


def test_regions_add_up():
    alpha, prediction = disc(), disc(radius=30)
    left = np.zeros(alpha.shape, bool)
    left[:, :40] = True
    parts = [connectivity_error(prediction, alpha, region) for region in (left, ~left)]
    assert min(parts) > 0
    assert sum(parts) == pytest.approx(connectivity_error(prediction, alpha), rel=1e-6)
    assert connectivity_error(prediction, alpha, np.zeros_like(left)) == 0


def test_an_ordinary_matte_needs_no_labelling(monkeypatch, perturb):
    calls = []
    monkeypatch.setattr(connectivity, "_largest", lambda mask: calls.append(mask))
    alpha = disc(301, 100)
    for way in ("blur", "shift", "scale", "holes", "blobs", "erosion", "dilation", "all_zero", "all_one"):
        connectivity_error(perturb(alpha)[way], alpha)
    assert not calls


def test_neither_layout_nor_dtype_matters():
    alpha, prediction = disc(), disc(radius=30)
    views = (np.asfortranarray(prediction.astype(np.float64)), np.repeat(alpha, 2, axis=1)[:, ::2])
    before = [view.copy() for view in views]
    assert connectivity_error(*views) == connectivity_error(prediction, alpha)
    assert all(np.array_equal(view, copy) for view, copy in zip(views, before, strict=True))


@pytest.mark.parametrize("levels", [1, 4, 16])
def test_other_steps(levels):
    alpha = disc(61, 20)
    prediction = cv2.GaussianBlur(disc(61, 17), (0, 0), 2)
    expected = reference(prediction, alpha, levels)
    np.testing.assert_array_equal(connectivity_error_map(prediction, alpha, 1 / levels), expected)


@pytest.mark.parametrize("step", [0.3, 0, -0.1, 2, 0.001, math.nan])
def test_bad_step(step):
    with pytest.raises(InputError, match=f"step {step} does not divide 1"):
        connectivity_error(disc(), disc(), step=step)


def test_the_place_in_memory_does_not_matter(perturb):
    alpha = disc()
    prediction = perturb(alpha)["noise"]
    found = set()
    for offset in range(0, 64, 4):
        room = np.empty(prediction.nbytes + 64, np.uint8)
        moved = room[offset : offset + prediction.nbytes].view(np.float32).reshape(prediction.shape)
        moved[:] = prediction
        found.add(connectivity_error(moved, alpha))
    assert len(found) == 1
