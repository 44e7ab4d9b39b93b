import io
import stat

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from portrait_matting.errors import InputError
from portrait_matting.matte.matter import CutOut
from portrait_matting.prediction.cutout_file import Style, encode, write_cutout
from portrait_matting.prediction.photo_file import Photo

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GREEN = (0, 255, 0)


@pytest.fixture
def cut_out():
    random = np.random.default_rng(0)
    alpha = random.uniform(size=(24, 30)).astype(np.float32)
    alpha[:5], alpha[5:10] = 0, 1
    return CutOut(alpha, random.integers(0, 256, (24, 30, 3), dtype=np.uint8))


def photo_of(cut_out, alpha=None, profile=None):
    return Photo(cut_out.foreground[::-1].copy(), alpha, profile)


def decoded(content):
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


@pytest.mark.parametrize("style", [Style(), Style("webp", quality=100)], ids=["png", "lossless webp"])
def test_colours_and_alpha_come_back_as_they_were(cut_out, style):
    read = np.asarray(decoded(encode(cut_out, photo_of(cut_out), style)))
    np.testing.assert_array_equal(read[..., 3], np.rint(cut_out.alpha * 255))
    seen = read[..., 3] > 0
    np.testing.assert_array_equal(read[seen][:, :3], cut_out.foreground[seen])


def test_a_lossy_webp_keeps_alpha_and_is_smaller(cut_out):
    smooth = CutOut(cut_out.alpha, cv2.GaussianBlur(cut_out.foreground, (0, 0), 5))
    lossy, whole = (encode(smooth, photo_of(smooth), Style("webp", quality=quality)) for quality in (60, 100))
    read = np.asarray(decoded(lossy)).astype(int)
    np.testing.assert_array_equal(read[..., 3], np.rint(smooth.alpha * 255))
    assert np.abs(read[5:10, :, :3] - smooth.foreground[5:10]).mean() < 12
    assert len(lossy) < len(whole)


def test_the_photos_own_alpha_is_multiplied_in(cut_out):
    own = np.linspace(0, 1, 30, dtype=np.float32) * np.ones((24, 1), np.float32)
    read = np.asarray(decoded(encode(cut_out, photo_of(cut_out, own), Style())))
    np.testing.assert_array_equal(read[..., 3], np.rint(cut_out.alpha * own * 255))
    composite = np.asarray(decoded(encode(cut_out, photo_of(cut_out, own), Style(background=GREEN))))
    np.testing.assert_array_equal(composite[:, 0], np.tile(GREEN, (24, 1)))


def test_a_matte_alone_is_grey_without_a_profile(cut_out):
    picture = decoded(encode(cut_out, photo_of(cut_out, profile=PROFILE), Style(matte=True)))
    assert (picture.mode, picture.info.get("icc_profile")) == ("L", None)
    np.testing.assert_array_equal(np.asarray(picture), np.rint(cut_out.alpha * 255))


def test_a_picture_and_a_blur_stand_behind_the_person(cut_out):
    behind = np.full((7, 9, 3), (10, 200, 30), np.uint8)
    read = np.asarray(decoded(encode(cut_out, photo_of(cut_out), Style(background=behind))))
    assert read.shape == (24, 30, 3)
    np.testing.assert_array_equal(read[:5], np.broadcast_to((10, 200, 30), (5, 30, 3)))
    np.testing.assert_array_equal(read[5:10], cut_out.foreground[5:10])
    flat = Photo(np.full((24, 30, 3), 77, np.uint8), None, None)
    read = np.asarray(decoded(encode(cut_out, flat, Style(background="blur")))).astype(int)
    assert np.abs(read[:5] - 77).max() <= 1
    np.testing.assert_array_equal(read[5:10], cut_out.foreground[5:10])


@pytest.mark.parametrize(
    "style", [Style(), Style("webp"), Style("jpg", GREEN), Style("png", GREEN)], ids=["png", "webp", "jpg", "composite"]
)
def test_the_profile_is_kept_byte_for_byte_by_every_reader(cut_out, style):
    content = encode(cut_out, photo_of(cut_out, profile=PROFILE), style)
    picture = decoded(content)
    assert picture.info["icc_profile"] == PROFILE
    assert picture.size == (30, 24)
    if style.format == "png":  # libpng checks the chunk's sum and the profile
        read = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
        assert read.shape[:2] == (24, 30)
    assert decoded(encode(cut_out, photo_of(cut_out), style)).info.get("icc_profile") is None


@pytest.mark.parametrize(
    ("wrong", "cure"),
    [
        ({"format": "tiff"}, "png, webp, jpg"),
        ({"format": "jpg"}, "choose png or webp, or give a background"),
        ({"matte": True, "background": GREEN}, "choose one"),
        ({"matte": True, "format": "webp"}, "written as png"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(wrong, cure):
    with pytest.raises(InputError, match=cure):
        Style(**wrong)


def test_webp_has_a_longest_side():
    thin = CutOut(np.ones((1, 16_384), np.float32), np.zeros((1, 16_384, 3), np.uint8))
    assert decoded(encode(thin, photo_of(thin), Style())).size == (16_384, 1)
    with pytest.raises(InputError, match="16,383"):
        encode(thin, photo_of(thin), Style("webp"))


def test_a_file_is_written_as_any_other(cut_out, tmp_path):
    target = tmp_path / f"{'ö' * 120}.png"  # the longest name there is: no room for more beside it
    target.write_bytes(b"old")
    (tmp_path / "plain").touch()
    write_cutout(cut_out, photo_of(cut_out), target, Style())
    assert {path.name for path in tmp_path.iterdir()} == {target.name, "plain"}
    assert stat.S_IMODE(target.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    assert decoded(target.read_bytes()).size == (30, 24)
