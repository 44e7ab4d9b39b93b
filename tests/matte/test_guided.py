import cv2
import numpy as np
import pytest

from portrait_matting.matte.guided import add_model, coefficients


@pytest.fixture
def noise() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize("epsilon", [1e-4, 1e-2])
def test_coefficients_are_those_of_ridge_regression(noise, epsilon):
    """Window by window, in float64: the mean of |slope · colour + offset - alpha|² plus epsilon |slope|²."""
    small = cv2.GaussianBlur(noise.random((9, 8, 3), np.float32), (0, 0), 1)
    matte = noise.random((9, 8), np.float32)
    slopes, offsets = np.zeros((9, 8, 3)), np.zeros((9, 8))
    padded = [np.pad(own, [(1, 1), (1, 1), (0, 0)][: own.ndim], "edge").astype(np.float64) for own in (small, matte)]
    for y, x in np.ndindex(9, 8):
        colours, alphas = padded[0][y : y + 3, x : x + 3].reshape(9, 3), padded[1][y : y + 3, x : x + 3].ravel()
        rows = np.vstack([np.column_stack([colours, np.ones(9)]) / 3, np.sqrt(epsilon) * np.eye(3, 4)])
        *slopes[y, x], offsets[y, x] = np.linalg.lstsq(rows, np.concatenate([alphas / 3, np.zeros(3)]))[0]
    expected = [cv2.blur(own, (3, 3), borderType=cv2.BORDER_REPLICATE) for own in (slopes, offsets)]
    slope, offset = coefficients(matte, small, epsilon)
    np.testing.assert_allclose(slope, expected[0], atol=2e-3)
    np.testing.assert_allclose(offset, expected[1], atol=2e-3)


@pytest.mark.parametrize("replace", [True, False])
@pytest.mark.parametrize("size", [(300, 131), (8, 9), (1, 500)])
def test_the_model_meets_the_photo_as_cv2_enlarges_it(noise, replace, size):
    """Tile by tile, as with planes enlarged whole."""
    height, width = min(7, size[0]), 9
    photo = noise.integers(0, 256, (*size, 3), np.uint8)
    slope, offset, matte = (
        noise.random(shape, np.float32) - 0.4 for shape in [(height, width, 3), (height, width), (height, width)]
    )
    alpha = noise.random(size, np.float32)
    large = [cv2.resize(own, size[::-1], interpolation=cv2.INTER_LINEAR) for own in (slope, offset)]
    expected = (large[0] * (photo / 255)).sum(axis=2) + large[1] + (0 if replace else alpha)
    add_model(alpha, photo, matte, slope, offset, replace)
    np.testing.assert_allclose(alpha, expected.clip(0, 1), atol=1e-5)


def test_flat_parts_are_passed_over(noise):
    """An edge on the left: tiles two cells and more away from it keep every bit, those on it do not."""
    matte = np.zeros((10, 40), np.float32)
    matte[:, 4:] = 1
    photo = noise.integers(0, 256, (250, 1000, 3), np.uint8)
    alpha = np.full((250, 1000), 0.5, np.float32)
    add_model(alpha, photo, matte, np.ones((10, 40, 3), np.float32), np.zeros((10, 40), np.float32), replace=True)
    assert (alpha[:, 300:] == 0.5).all()
    assert (alpha[:, 50:150] != 0.5).mean() > 0.9
