import io
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from portrait_matting.matte.matter import CutOut
from portrait_matting.prediction.cutout_file import Style, encode
from portrait_matting.prediction.mark import Mark, is_untouched, mark_of, read_mark, sealed
from portrait_matting.prediction.photo_file import Photo, read_photo

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + bytes(100_000)  # a long one
STYLES = [
    Style(),
    Style(matte=True),
    Style(background=(1, 2, 3)),
    Style("webp"),
    Style("webp", quality=100),
    Style("jpg", "blur"),
]
MARK = Mark("1" * 32, "2" * 32, "3" * 32)


@pytest.fixture
def cut_out():
    random = np.random.default_rng(0)
    return CutOut(random.random((40, 30), np.float32), random.integers(0, 256, (40, 30, 3), np.uint8))


@pytest.mark.parametrize("style", STYLES, ids=str)
@pytest.mark.parametrize("profile", [None, PROFILE], ids=["", "profile"])
def test_a_mark_is_read_again_and_changes_no_pixel(cut_out, style, profile, tmp_path):
    photo = Photo(cut_out.foreground, None, profile)
    plain, path = encode(cut_out, photo, style), tmp_path / f"a.{style.format}"
    path.write_bytes(sealed(encode(cut_out, photo, style, MARK.text())))
    mark = read_mark(path)
    assert (mark.file, mark.content, mark.settings) == (MARK.file, MARK.content, MARK.settings)
    assert is_untouched(path)
    np.testing.assert_array_equal(np.asarray(Image.open(path)), np.asarray(Image.open(io.BytesIO(plain))))
    assert Image.open(path).info.get("icc_profile") == Image.open(io.BytesIO(plain)).info.get("icc_profile")
    read_photo(path)
    assert len(path.read_bytes()) - len(plain) < 300


@pytest.mark.parametrize("style", STYLES, ids=str)
def test_it_is_known_that_a_file_was_changed(cut_out, style, tmp_path):
    path = tmp_path / f"a.{style.format}"
    whole = sealed(encode(cut_out, Photo(cut_out.foreground, None, None), style, MARK.text()))
    for at in (12, len(whole) // 2):  # not within the mark
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert read_mark(path) is None or not is_untouched(path)


def test_the_chunks_of_a_png_have_their_checksums(cut_out, tmp_path):
    png = sealed(encode(cut_out, Photo(cut_out.foreground, None, PROFILE), Style(), MARK.text()))
    at, kinds = 8, []
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        kinds.append(png[at + 4 : at + 8])
        assert zlib.crc32(png[at + 4 : at + 8 + length]) == int.from_bytes(
            png[at + 8 + length : at + 12 + length], "big"
        )
        at += 12 + length
    assert kinds[:3] == [b"IHDR", b"tEXt", b"iCCP"]
    picture = Image.open(io.BytesIO(png))
    assert picture.text["Software"].startswith("portrait_matting 1 file=")


def test_what_has_no_mark(tmp_path):
    Image.new("RGB", (3, 3)).save(tmp_path / "a.png")
    (tmp_path / "text.webm").write_bytes(b"no video")
    (tmp_path / "empty.png").touch()
    for name in ("a.png", "text.webm", "empty.png", "nothing.png"):
        assert read_mark(tmp_path / name) is None
    assert not is_untouched(tmp_path / "a.png")


def test_a_mark_is_of_a_place_and_a_content(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(b"same" if name != "c" else b"other")
    a, b, c = (mark_of(tmp_path / name, "0" * 32) for name in "abc")
    assert a.file != b.file
    assert a.of_same(b)
    assert not a.of_same(c)
    (tmp_path / "link").symlink_to(tmp_path)
    assert mark_of(tmp_path / "link" / "a", "0" * 32) == a
    assert mark_of(tmp_path / "nothing", "0" * 32) is mark_of(tmp_path / "a", None) is None
