import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from portrait_matting.images.pictures import count_pictures


def pictures(count, size=(16, 12)):
    random = np.random.default_rng(0)
    return [Image.fromarray(random.integers(0, 256, (*size, 3), np.uint8)) for _ in range(count)]


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "tif", "avif", "mpo"])
def test_frames_pages_and_views(suffix, tmp_path):
    first, *others = pictures(3)
    path = tmp_path / f"a.{suffix}"
    first.save(path, save_all=True, append_images=others)
    assert count_pictures(path) == 3
    path.rename(tmp_path / "a.jpg")
    assert count_pictures(tmp_path / "a.jpg") == 3  # whatever its name


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "tif", "jpg", "bmp", "avif"])
def test_one_picture(suffix, tmp_path):
    pictures(1)[0].save(tmp_path / f"a.{suffix}")
    assert count_pictures(tmp_path / f"a.{suffix}") == 1


def test_thumbnails_and_gain_maps_do_not_count(tmp_path):
    first, small = pictures(1)[0], pictures(1, (8, 6))[0]
    first.save(tmp_path / "a.mpo", save_all=True, append_images=[small])
    assert count_pictures(tmp_path / "a.mpo") == 1
    with TiffImagePlugin.AppendingTiffWriter(str(tmp_path / "a.tif"), new=True) as file:
        first.save(file, "TIFF")
        file.newFrame()
        small.save(file, "TIFF", tiffinfo={254: 1})
        file.newFrame()
    assert Image.open(tmp_path / "a.tif").n_frames == 2
    assert count_pictures(tmp_path / "a.tif") == 1


def test_what_cannot_be_read(tmp_path):
    pictures(1)[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures(2))
    (tmp_path / "cut.gif").write_bytes((tmp_path / "a.gif").read_bytes()[:40])
    (tmp_path / "text.gif").write_bytes(b"no picture")
    for name in ("cut.gif", "text.gif", "nothing.gif"):
        assert count_pictures(tmp_path / name) == 1
