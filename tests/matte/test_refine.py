import cv2
import numpy as np
import pytest

from portrait_matting.data.pairs import pair_files
from portrait_matting.errors import InputError
from portrait_matting.images.io import read_alpha, read_image
from portrait_matting.images.network_input import resize
from portrait_matting.matte import refine as room
from portrait_matting.matte.refine import REFINEMENT, REFINEMENTS, refine
from portrait_matting.metrics.gradient import gradient_error
from portrait_matting.synthetic import draw_portrait


@pytest.fixture
def noise() -> np.random.Generator:
    return np.random.default_rng(0)


CLOSED_FORM = pytest.param("closed_form", marks=pytest.mark.slow)
"""pymatting compiles itself for a minute where it was never imported."""


@pytest.fixture(params=[CLOSED_FORM if how == "closed_form" else how for how in REFINEMENTS])
def how(request) -> str:
    if request.param == "closed_form":
        pytest.importorskip("pymatting")
    return request.param


def strands(height: int = 256, width: int = 192) -> tuple[np.ndarray, np.ndarray]:
    """A dark person with strands two pixels wide before a bright wall: photo and true alpha."""
    alpha = np.zeros((height, width), np.float32)
    cv2.circle(alpha, (width // 2, height // 2), width // 5, 1, -1, cv2.LINE_AA)
    for x in range(width // 4, 3 * width // 4, 12):
        cv2.line(alpha, (width // 2, height // 2), (x, height // 8), 1, 2, cv2.LINE_AA)
    colours = alpha[..., None] * np.float32([40, 30, 60]) + (1 - alpha[..., None]) * np.float32([200, 220, 180])
    return np.rint(colours).astype(np.uint8), cv2.resize(alpha, (width, height))


@pytest.mark.parametrize("value", [0, 1])
@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (2000, 1), (7, 5), (40, 300), (300, 223), (32, 32)])
def test_a_matte_of_one_value_stays_so(noise, how, value, size):
    photo = noise.integers(0, 256, (*size, 3), np.uint8)
    for shape in ((32, 32), (1, 32), (45, 20)):
        alpha = refine(np.full(shape, value, np.float32), photo, how)
        assert alpha.dtype == np.float32
        assert alpha.shape == size
        assert (alpha == value).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (5, 3), (150, 140), (90, 20)])
def test_within_0_and_1(noise, how, size):
    photo, matte = noise.integers(0, 256, (*size, 3), np.uint8), noise.integers(0, 2, (24, 24)).astype(np.float32)
    alpha = refine(matte, photo, how)
    assert alpha.shape == size
    assert alpha.min() >= 0
    assert alpha.max() <= 1


def test_of_the_photos_size_it_is_the_matte(noise, how):
    matte = noise.random((20, 30), np.float32)
    alpha = refine(matte, noise.integers(0, 256, (20, 30, 3), np.uint8), how)
    np.testing.assert_allclose(alpha, matte, atol=2e-6)


@pytest.mark.parametrize("how", ["back_projection", "detail"])
def test_nothing_is_stretched_and_nothing_rings(how):
    """A person of whom the network is 0.6 sure throughout stays so; near the edge, bicubic is no closer."""
    matte = np.zeros((16, 16), np.float32)
    matte[5:11, 5:11] = 0.6
    photo = np.full((128, 128, 3), 90, np.uint8)
    alpha = refine(matte, photo, how)
    np.testing.assert_allclose(alpha[58:70, 58:70], 0.6, atol=0.01)
    assert alpha.max() <= refine(matte, photo, "bicubic").max() + 1e-3


def test_bilinear_and_bicubic_are_those_of_cv2(noise):
    matte, photo = noise.random((9, 12), np.float32), np.zeros((100, 90, 3), np.uint8)
    for how, interpolation in (("bilinear", cv2.INTER_LINEAR), ("bicubic", cv2.INTER_CUBIC)):
        expected = cv2.resize(matte, (90, 100), interpolation=interpolation).clip(0, 1)
        np.testing.assert_allclose(refine(matte, photo, how), expected, atol=2e-6)


def test_back_projection_gives_the_networks_matte_again():
    photo, alpha = strands()
    matte = resize(alpha, 32, 32)

    def apart(how: str) -> float:
        return float(np.abs(resize(refine(matte, photo, how), 32, 32) - matte).mean())

    assert apart("back_projection") < 0.5 * apart("bicubic") < 0.5 * apart("bilinear")


@pytest.mark.parametrize(
    "how, most",
    [
        ("back_projection", 0.8),
        ("guided", 0.5),
        ("detail", 0.5),
        pytest.param("closed_form", 0.5, marks=pytest.mark.slow),
    ],
)
def test_strands_come_back(how, most):
    if how == "closed_form":
        pytest.importorskip("pymatting")
    photo, alpha = strands()
    matte = resize(alpha, 64, 64)
    assert gradient_error(refine(matte, photo, how), alpha) < most * gradient_error(
        refine(matte, photo, "bilinear"), alpha
    )


def test_a_photo_that_tells_nothing_leaves_back_projection():
    """Grey throughout: the photo has no detail to add."""
    photo, alpha = strands()
    matte = resize(alpha, 32, 32)
    grey = np.full_like(photo, 128)
    np.testing.assert_allclose(refine(matte, grey, "detail"), refine(matte, grey, "back_projection"), atol=1e-5)


def test_a_matte_finer_than_the_photo_is_averaged(noise):
    matte = noise.random((40, 40), np.float32)
    photo = noise.integers(0, 256, (10, 20, 3), np.uint8)
    np.testing.assert_allclose(refine(matte, photo), resize(matte, 10, 20), atol=1e-5)


def test_closed_form_where_all_is_unsure_stays_bounded(noise, monkeypatch):
    """What is to solve is made smaller until it is little enough; a matte finer than that is left as it is."""
    solved = []
    monkeypatch.setattr(
        room, "find_spec", lambda name: True
    )  # nothing of pymatting is used, whose import takes a minute
    monkeypatch.setattr(room, "_MOST", 3000)
    monkeypatch.setattr(room, "solve", lambda image, mask, unknown, prior, *_: solved.append(len(prior)) or prior)
    photo = noise.integers(0, 256, (200, 160, 3), np.uint8)
    alpha = refine(np.full((16, 16), 0.4, np.float32), photo, "closed_form")
    np.testing.assert_allclose(alpha, 0.4, atol=1e-4)
    assert len(solved) == 1
    assert 1500 < solved[0] <= 3000
    assert refine(np.full((100, 100), 0.4, np.float32), photo, "closed_form").shape == (200, 160)
    assert len(solved) == 1


def test_without_pymatting_the_cure_is_named(monkeypatch):
    monkeypatch.setattr(room, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r'pip install "portrait-matting\[soft\]"'):
        refine(np.zeros((4, 4), np.float32), np.zeros((8, 8, 3), np.uint8), "closed_form")


@pytest.mark.parametrize(
    "matte, photo, how, names",
    [
        (np.zeros((4, 4), np.float32), np.zeros((8, 8, 3), np.uint8), "magic", "'magic' is unknown: choose one of bil"),
        (np.zeros((1, 4, 4), np.float32), np.zeros((8, 8, 3), np.uint8), REFINEMENT, r"not \(1, 4, 4\)"),
        (np.zeros((0, 4), np.float32), np.zeros((8, 8, 3), np.uint8), REFINEMENT, r"not \(0, 4\)"),
        (np.zeros((4, 4), np.float32), np.zeros((8, 8, 4), np.uint8), REFINEMENT, r"not uint8 \(8, 8, 4\)"),
        (np.zeros((4, 4), np.float32), np.zeros((8, 8, 3), np.float32), REFINEMENT, r"not float32 \(8, 8, 3\)"),
        (np.zeros((4, 4), np.float32), np.zeros((0, 8, 3), np.uint8), REFINEMENT, r"not uint8 \(0, 8, 3\)"),
    ],
)
def test_what_cannot_be_is_named(matte, photo, how, names):
    with pytest.raises(InputError, match=names):
        refine(matte, photo, how)


def test_the_default_wins_on_drawn_hair():
    """Gradient error at least 25 % below bilinear's: the target, on portraits whose strands are known."""
    errors = []
    for index in range(3):
        photo, alpha = draw_portrait("train", 0, index, 480, 384)
        matte = resize(alpha, 80, 80)
        errors.append([gradient_error(refine(matte, photo, how), alpha) for how in (REFINEMENT, "bilinear")])
    own, bilinear = np.mean(errors, axis=0)
    assert own < 0.5 * bilinear


@pytest.mark.parametrize("size", [160, 320])
def test_the_default_wins_on_real_alphas(real_portraits, size):
    root = real_portraits / "soft_alpha"
    errors = []
    for image, truth in pair_files(root / "images", root / "alphas")[:4]:
        photo, alpha = read_image(image), read_alpha(truth)
        mattes = [refine(resize(alpha, size, size), photo, how) for how in (REFINEMENT, "bilinear")]
        errors.append([(gradient_error(matte, alpha), np.abs(matte - alpha).mean()) for matte in mattes])
    (gradient, mad), (bilinear_gradient, bilinear_mad) = np.mean(errors, axis=0)
    assert gradient < 0.5 * bilinear_gradient
    assert mad < 0.85 * bilinear_mad
