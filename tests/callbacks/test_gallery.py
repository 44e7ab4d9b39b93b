import errno
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from portrait_matting.callbacks import shown_portraits
from portrait_matting.callbacks.gallery import HEIGHT, Gallery, write_shown
from portrait_matting.errors import InputError
from portrait_matting.runs.gallery import Shown, read_gallery
from portrait_matting.synthetic import draw_portrait

IMAGE, TRUTH = draw_portrait("test", 0, 1, height=96, width=80)
MATTE = cv2.GaussianBlur(TRUTH, (0, 0), 2)


def shown(name="someone", image=IMAGE, truth=TRUTH, matte=MATTE):
    return Shown(name, image, truth, matte)


def test_round_trip(tmp_path):
    write_shown(tmp_path, 3, shown())
    [found] = read_gallery(tmp_path)
    assert found.name == "someone"
    assert found.image.shape == (96, 80, 3)
    assert found.image.dtype == np.uint8
    assert np.abs(found.image.astype(int) - IMAGE).mean() < 3, "JPEG, in the right order of colours"
    for written, read in ((TRUTH, found.truth), (MATTE, found.matte)):
        assert read.dtype == np.float32
        assert np.abs(read - written).max() <= 0.5 / 255 + 1e-6
    assert {path.name for path in tmp_path.iterdir()} == {
        f"00003_someone.{kind}" for kind in ("image.jpg", "truth.png", "matte.png")
    }


def test_a_large_portrait_is_reduced_in_its_shape(tmp_path):
    image, truth = draw_portrait("test", 0, 2, height=3 * HEIGHT, width=2 * HEIGHT)
    # A decoder may have reduced the photo already: its alpha has the full size.
    write_shown(tmp_path, 0, shown("large", image[::2, ::2], truth, truth))
    [found] = read_gallery(tmp_path)
    assert found.image.shape == (HEIGHT, 2 * HEIGHT // 3, 3)
    assert found.truth.shape == found.matte.shape == (HEIGHT, 2 * HEIGHT // 3)
    assert abs(found.truth.mean() - truth.mean()) < 0.002


def test_a_strip_keeps_a_pixel(tmp_path):
    strip = np.ones((5 * HEIGHT, 2), np.float32)
    write_shown(tmp_path, 0, shown("strip", np.zeros((5 * HEIGHT, 2, 3), np.uint8), strip, strip))
    assert read_gallery(tmp_path)[0].truth.shape == (HEIGHT, 1)


@pytest.mark.parametrize(
    "name, kept",
    [
        ("sub/folder/../name", "sub_folder____name"),
        ("Zoë 東京", "Zoë_東京"),
        ("a.image.jpg", "a_image_jpg"),
        ("latin-1 \udce9", "latin-1__"),
        ("*?[a]", "___a_"),
        ("", ""),
        ("x" * 300, "x" * 80),
        ("東" * 300, "東" * 26),
        ("\U00020000" * 90, "\U00020000" * 20),
    ],
)
def test_any_name_makes_a_file(name, kept, tmp_path):
    write_shown(tmp_path, 1, shown(name))
    assert [one.name for one in read_gallery(tmp_path)] == [kept]
    assert all(path.parent == tmp_path for path in tmp_path.rglob("*.*"))


def test_two_of_the_same_file_name_are_two(tmp_path):
    write_shown(tmp_path, 0, shown("a b", truth=np.zeros_like(TRUTH)))
    write_shown(tmp_path, 1, shown("a/b", truth=np.ones_like(TRUTH)))
    assert [(one.name, one.truth.max()) for one in read_gallery(tmp_path)] == [("a_b", 0), ("a_b", 1)]


def test_a_full_disk_is_named_and_leaves_no_half(tmp_path, monkeypatch):
    def full(path, content):
        with path.open("wb") as file:
            file.write(content[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*someone\.image\.jpg'"):
        write_shown(tmp_path, 0, shown())
    assert list(tmp_path.iterdir()) == []


def test_the_callback_writes_the_chosen_and_passes_over_what_cannot_be_read(tmp_path, monkeypatch):
    class Portraits(list):
        def __getitem__(self, index):
            if index == 2:
                raise InputError("broken")
            return IMAGE, np.full_like(TRUTH, index / 255)

    names = [("person", f"n{index}") for index in range(8)]
    data = SimpleNamespace(portraits=lambda split: Portraits(range(8)), names=lambda split: names)
    monkeypatch.setattr(
        shown_portraits, "matte_of", lambda trainer, module, image, size: np.full(size, 0.2, np.float32)
    )
    Gallery(str(tmp_path), portraits=4).on_test_end(SimpleNamespace(datamodule=data), None)
    found = read_gallery(tmp_path / "gallery")
    assert [(one.name, round(255 * float(one.truth[0, 0]))) for one in found] == [("n0", 0), ("n4", 4), ("n6", 6)]
    assert all(one.matte.max() == np.float32(51 / 255) for one in found)
