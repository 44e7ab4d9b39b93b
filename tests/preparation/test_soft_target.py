import os
import subprocess
import sys
from importlib.util import find_spec

import cv2
import numpy as np
import pytest
import torch

from portrait_matting.errors import InputError
from portrait_matting.images.transition_band import edge_mask
from portrait_matting.matte.closed_form import load_pymatting
from portrait_matting.preparation.soft_target import soft_alpha, transition_band

# slow: the first import of pymatting on a machine compiles it, for a minute
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("pymatting") is None, reason="soft targets need the extra `soft`"),
]


def scene(height=70, width=90, blur=1.2, seed=0):
    """A blob of two colours before another two, slowly varying: image uint8, true alpha, mask."""
    rng = np.random.default_rng(seed)
    field = cv2.GaussianBlur(rng.standard_normal((height, width)).astype(np.float32), (0, 0), 12)
    alpha = cv2.GaussianBlur((field > np.median(field)).astype(np.float32), (0, 0), blur)
    ramp = np.linspace(0, 1, width)[None, :, None]
    foreground = ramp * [200, 60, 40] + (1 - ramp) * [240, 150, 90]
    background = ramp * [30, 90, 200] + (1 - ramp) * [40, 140, 90]
    image = np.rint(alpha[..., None] * foreground + (1 - alpha[..., None]) * background).astype(np.uint8)
    return image, alpha, alpha > 0.5


@pytest.mark.parametrize("height, width", [(70, 90), (64, 64), (3, 200), (129, 65), (1, 1), (1, 9)])
@pytest.mark.parametrize("share", [0.01, 0.05, 0.2, 1.0])
def test_band_is_the_edge_mask(height, width, share):
    mask = scene(height, width)[2]
    expected = edge_mask(torch.from_numpy(mask).float(), share).numpy() > 0
    np.testing.assert_array_equal(transition_band(mask, share), expected)


@pytest.mark.parametrize("height, width", [(70, 90), (130, 66)])
def test_without_a_prior_it_is_closed_form_matting(height, width):
    # pymatting over the whole picture, with its own solver; sizes with and without tiles that end beside the frame
    from pymatting import estimate_alpha_cf

    image, _, mask = scene(height, width)
    band = transition_band(mask, 0.1)
    trimap = np.where(band, 0.5, mask.astype(np.float64))
    expected = estimate_alpha_cf(image / 255, trimap, laplacian_kwargs={"epsilon": 1e-5})
    estimate = soft_alpha(image, mask, band=0.1, epsilon=1e-5, prior=1e-9)
    assert 0.05 < band.mean() < 0.6
    assert np.abs(estimate - mask)[band].mean() > 0.02
    np.testing.assert_allclose(estimate, expected, atol=1e-3)


def test_a_strong_prior_is_the_blurred_mask():
    image, _, mask = scene()
    band = transition_band(mask, 0.1)
    radius = round(0.1 * 70 / 2)
    blurred = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), radius / 2, borderType=cv2.BORDER_REPLICATE)
    np.testing.assert_allclose(soft_alpha(image, mask, band=0.1, prior=1e6)[band], blurred[band], atol=1e-4)


@pytest.mark.parametrize("shift", [0, 1, 2])
def test_nearer_to_the_truth_than_the_mask_is(shift):
    image, alpha, mask = scene()
    mask = cv2.warpAffine(
        mask.astype(np.uint8), np.float32([[1, 0, shift], [0, 1, 0]]), (90, 70), borderMode=cv2.BORDER_REPLICATE
    )
    estimate = soft_alpha(image, mask, band=0.1)
    assert np.abs(estimate - alpha).mean() < 0.5 * np.abs(mask - alpha).mean()


def test_exact_outside_the_band():
    image, _, mask = scene()
    estimate = soft_alpha(image, mask)
    band = transition_band(mask)
    assert estimate.dtype == np.float32
    assert estimate.shape == mask.shape
    np.testing.assert_array_equal(estimate[~band], mask[~band])
    assert estimate.min() >= 0
    assert estimate.max() <= 1
    assert ((estimate > 0.1) & (estimate < 0.9)).any()


@pytest.mark.parametrize("value", [0, 1])
def test_a_mask_without_an_edge_comes_back(value):
    image = scene()[0]
    np.testing.assert_array_equal(soft_alpha(image, np.full((70, 90), value, np.uint8)), value)


@pytest.mark.parametrize("height, width", [(1, 1), (1, 9), (2, 2), (2, 9)])
def test_a_picture_without_a_window_comes_back(height, width):
    mask = np.zeros((height, width), bool)
    mask[:, width // 2 :] = True
    np.testing.assert_array_equal(soft_alpha(np.zeros((height, width, 3), np.uint8), mask), mask)


@pytest.mark.parametrize("height, width", [(3, 3), (5, 4)])
def test_nothing_known_at_all(height, width):
    mask = np.zeros((height, width), bool)
    mask[:, width // 2 :] = True
    estimate = soft_alpha(np.zeros((height, width, 3), np.uint8), mask, band=1.0)
    assert transition_band(mask, 1.0).all()
    assert np.isfinite(estimate).all()
    assert estimate[0, 0] < estimate[0, -1]


def test_any_id_is_the_person():
    image, _, mask = scene()
    np.testing.assert_array_equal(soft_alpha(image, mask.astype(np.uint8) * 8), soft_alpha(image, mask))


def test_inputs_stay_as_they_are():
    image, _, mask = scene()
    before = image.copy(), mask.copy()
    soft_alpha(image, mask)
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(mask, before[1])


def test_the_same_bytes_in_another_process_and_with_other_threads():
    program = (
        "import sys, numpy as np; from portrait_matting.preparation.soft_target import soft_alpha; "
        "image = np.frombuffer(sys.stdin.buffer.read(), np.uint8).reshape(70, 90, 4); "
        "sys.stdout.buffer.write(soft_alpha(image[..., :3], image[..., 3]).tobytes())"
    )
    image, _, mask = scene()
    sent = np.dstack([image, mask.astype(np.uint8)]).tobytes()
    threads = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
    answer = subprocess.run(
        [sys.executable, "-c", program], input=sent, capture_output=True, check=True, env={**os.environ, **threads}
    )
    assert answer.stdout == soft_alpha(image, mask).tobytes() == soft_alpha(image, mask).tobytes()


def test_without_pymatting_the_cure_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymatting.laplacian.cf_laplacian", None)
    with pytest.raises(InputError, match=r'pip install "portrait-matting\[soft\]"'):
        load_pymatting()


@pytest.mark.parametrize("band", [0.0, -0.1, 1.01, float("nan")])
def test_band_out_of_range(band):
    with pytest.raises(InputError, match=str(band)):
        soft_alpha(*scene()[::2], band=band)


@pytest.mark.parametrize("wrong", [{"epsilon": 0.0}, {"prior": 0.0}, {"prior": float("nan")}])
def test_weight_out_of_range(wrong):
    with pytest.raises(InputError, match="above 0"):
        soft_alpha(*scene()[::2], **wrong)


def test_sizes_differ():
    image, _, mask = scene()
    with pytest.raises(InputError, match="one size"):
        soft_alpha(image, mask[1:])
