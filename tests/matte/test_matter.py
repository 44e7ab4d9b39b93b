import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from portrait_matting import checkpoint
from portrait_matting.errors import InputError
from portrait_matting.matte.composite import over, to_rgba
from portrait_matting.matte.foreground import estimate_foreground
from portrait_matting.matte.matter import CutOut, Matter
from portrait_matting.matte.predictor import Predictor
from portrait_matting.matte.refine import REFINEMENTS, refine
from portrait_matting.models.network import Network
from portrait_matting.models.u2net import u2netp
from portrait_matting.synthetic.scene import draw_layers

BY_ITSELF = tuple(how for how in REFINEMENTS if how != "closed_form")  # that one wants pymatting


class Red(Network):
    """Takes what is red for the person."""

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        return {"matte": 8 * (image[:, :1] - image[:, 1:2])}


@pytest.fixture
def matter() -> Matter:
    return Matter(Predictor(Red(), 32))


def a_photo(height: int = 75, width: int = 50) -> np.ndarray:
    """A red disc before blue."""
    rows, columns = np.mgrid[:height, :width] + 0.5
    disc = np.hypot(rows - height / 2, columns - width / 2) < min(height, width) / 3
    return np.where(disc[..., None], np.uint8([220, 40, 40]), np.uint8([20, 40, 200]))


@pytest.mark.parametrize("how", BY_ITSELF)
def test_the_way_from_photo_to_cut_out(how):
    photo, predictor = a_photo(), Predictor(Red(), 32)
    cut_out = Matter(predictor, how)(photo)
    alpha = refine(predictor([photo])[0], photo, how)
    np.testing.assert_array_equal(cut_out.alpha, alpha)
    np.testing.assert_array_equal(cut_out.foreground, estimate_foreground(photo, alpha))
    assert cut_out.alpha.dtype == np.float32
    assert cut_out.alpha[37, 25] > 0.99
    assert cut_out.alpha[:3, :3].max() < 0.02


def test_the_two_halves_are_the_whole(matter):
    pictures = [a_photo(), a_photo(40, 90)]
    for photo, matte in zip(pictures, matter.mattes(pictures), strict=True):
        assert matte.shape == (32, 32)
        half, whole = matter.cut_out(photo, matte), matter(photo)
        np.testing.assert_array_equal(half.alpha, whole.alpha)
        np.testing.assert_array_equal(half.foreground, whole.foreground)


def test_without_foreground_the_photos_colours_stay():
    photo = a_photo()
    cut_out = Matter(Predictor(Red(), 32), foreground=False)(photo)
    np.testing.assert_array_equal(cut_out.foreground, photo)


def test_no_blue_is_left_of_the_old_background():
    """Drawn people before blue, cut out by their true alpha, and put before black."""
    colours, _, alpha = draw_layers("val", 3, 1, 240, 180)
    blue = np.float32([0, 0, 255])
    photo = np.rint(255 * colours * alpha[..., None] + blue * (1 - alpha[..., None])).astype(np.uint8)
    matter, plain = (Matter(Predictor(Red(), 32), foreground=how) for how in (True, False))
    truth = (255 * colours * alpha[..., None])[..., 2]
    soft = (alpha > 0) & (alpha < 1)
    excess = [(each.cut_out(photo, alpha).over((0, 0, 0))[..., 2] - truth)[soft].mean() for each in (plain, matter)]
    assert excess[0] > 10
    assert abs(excess[1]) < 0.25 * excess[0]


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (33, 20), (400, 300)])
@pytest.mark.parametrize("fit", ["squash", "keep", "pad"])
def test_photos_of_any_shape(size, fit):
    cut_out = Matter(Predictor(Red(), 32, fit=fit))(a_photo(*size))
    assert cut_out.alpha.shape == size
    assert cut_out.foreground.shape == (*size, 3)
    assert cut_out.rgba().shape == (*size, 4)
    assert 0 <= cut_out.alpha.min() <= cut_out.alpha.max() <= 1


@pytest.mark.parametrize("view", [np.s_[..., ::-1], np.s_[::-1], np.s_[:, ::2], np.s_[5:, 3:]])
def test_a_photo_may_be_a_view_of_an_array(matter, view):
    photo = np.random.default_rng(0).integers(0, 256, (48, 40, 3), np.uint8)[view]
    seen, copied = matter(photo), matter(photo.copy())
    np.testing.assert_array_equal(seen.alpha, copied.alpha)
    np.testing.assert_array_equal(seen.foreground, copied.foreground)


@pytest.mark.parametrize("value", [0, 1])
@pytest.mark.parametrize("how", BY_ITSELF)
def test_nobody_and_nothing_but_a_person(value, how):
    """No min-max stretch: a matte that is 0 or 1 throughout stays so."""
    photo = np.random.default_rng(0).integers(0, 256, (70, 50, 3), dtype=np.uint8)
    cut_out = Matter(Predictor(Red(), 32), how).cut_out(photo, np.full((32, 32), value, np.float32))
    np.testing.assert_array_equal(cut_out.rgba()[..., 3], np.full((70, 50), 255 * value))
    np.testing.assert_array_equal(cut_out.rgba()[..., :3], photo * value)


def test_a_cut_out_is_composed():
    rng = np.random.default_rng(0)
    alpha, foreground = rng.random((9, 7), dtype=np.float32), rng.integers(0, 256, (9, 7, 3), dtype=np.uint8)
    cut_out = CutOut(alpha, foreground)
    np.testing.assert_array_equal(cut_out.rgba(), to_rgba(foreground, alpha))
    np.testing.assert_array_equal(cut_out.over((0, 255, 0)), over(foreground, alpha, (0, 255, 0)))
    picture = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
    np.testing.assert_array_equal(cut_out.over(picture), over(foreground, alpha, picture))


def test_an_unknown_refinement():
    with pytest.raises(InputError, match=r"^refinement 'magic' is unknown: choose one of bilinear, "):
        Matter(Predictor(Red(), 32), "magic")


@pytest.mark.parametrize(
    "photo, what",
    [
        (np.zeros((8, 8), np.uint8), r"uint8 \(8, 8\)"),
        (np.zeros((8, 8, 4), np.uint8), r"uint8 \(8, 8, 4\)"),
        (np.zeros((8, 8, 3), np.float32), r"float32 \(8, 8, 3\)"),
        ([[[0, 0, 0]]], "list"),
        ("portrait.jpg", "str"),
        (np.zeros((0, 5, 3), np.uint8), r"uint8 \(0, 5, 3\)"),
        (np.zeros((5, 0, 3), np.uint8), r"uint8 \(5, 0, 3\)"),
    ],
)
def test_what_is_no_photo(matter, photo, what):
    with pytest.raises(InputError, match=rf"^a photo is a uint8 array \(H, W, 3\) of RGB, not {what}$"):
        matter(photo)


def test_from_a_checkpoint_in_two_lines(tmp_path):
    torch.save(u2netp().state_dict(), tmp_path / "u2netp.pth")
    matter = Matter.from_checkpoint(tmp_path / "u2netp.pth", "bicubic", False, input_size=32, fit="pad", flip=True)
    assert (matter.refinement, matter.foreground) == ("bicubic", False)
    assert (matter.predictor.input_size, matter.predictor.fit, matter.predictor.flip) == (32, "pad", True)
    assert matter(a_photo()).rgba().shape == (75, 50, 4)


LARGE = """
import re
import numpy as np
from portrait_matting.matte.composite import blurred
from portrait_matting.matte.matter import Matter
from portrait_matting.matte.predictor import Predictor
from portrait_matting.models.network import Network

height, width = 8660, 11547
photo = np.empty((height, width, 3), np.uint8)
photo[..., 0] = np.linspace(0, 255, width)
photo[..., 1] = np.linspace(0, 255, height)[:, None]
photo[..., 2] = 90
rows, columns = np.mgrid[:320, :320]
matte = (1 / (1 + np.exp((np.hypot(rows - 200, columns - 160) - 90) / 2))).astype(np.float32)
cut_out = Matter(Predictor(Network(), 320)).cut_out(photo, matte)
rgba = cut_out.rgba()
assert rgba[5400, 5800, 3] == 255 and rgba[0, 0, 3] == 0
del rgba
cut_out.over(blurred(photo, cut_out.alpha))
print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform != "linux", reason="reads /proc; ru_maxrss would count the process that began this one"
)
def test_a_photo_of_100_megapixels_in_less_than_3_gb():
    """With the photo, 0.3 GB, the alpha, 0.4, and the libraries, 0.3; measured: 1.9."""
    run = subprocess.run([sys.executable, "-c", LARGE], capture_output=True, text=True, check=True)
    assert int(run.stdout) * 1024 < 2.5e9


def test_the_network_of_the_package():
    matter, named = Matter(device="cpu"), Matter("portraits", "bilinear", foreground=False, device="cpu", flip=True)
    assert matter.predictor.input_size == named.predictor.input_size == checkpoint.load("portraits").input_size
    assert (named.refinement, named.foreground, named.predictor.flip) == ("bilinear", False, True)
    photo = a_photo(40, 30)
    assert matter(photo).alpha.shape == (40, 30)


def test_a_path_is_no_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="no checkpoint portraits: check the path"):
        Matter(Path("portraits"))


def test_options_of_a_predictor_are_its_own():
    with pytest.raises(InputError, match="a Predictor has options of its own: give it flip"):
        Matter(Predictor(Red(), 32), flip=True)
