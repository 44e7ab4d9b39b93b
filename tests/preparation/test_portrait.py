import io
import sys
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import Image

from portrait_matting.data import easyportrait
from portrait_matting.preparation import portrait
from portrait_matting.preparation.pairing import Pair
from portrait_matting.preparation.portrait import PreparedPortrait, copy_size, paths, prepare_portrait
from portrait_matting.preparation.record import Rejection
from portrait_matting.preparation.settings import Settings
from portrait_matting.preparation.source import Entry

IMAGE = Entry("train", "ann", "image", "train.zip", "ann.jpg", 0)
MASK = Entry("train", "ann", "mask", "", "annotations/train/ann.png", 0)
PAIR = Pair("train", "ann", "u7", IMAGE, MASK)


def encoded(array, kind, **options):
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, kind, **options)
    return buffer.getvalue()


def photo(height, width):
    y, x = np.mgrid[:height, :width] / [[[height]], [[width]]]
    return (np.stack([y, x, (x + y) / 2], axis=-1) * 200 + 20).astype(np.uint8)


def ids(height, width):
    mask = np.zeros((height, width), np.uint8)
    mask[height // 4 :, width // 4 : width // 2] = 1
    mask[height // 2 :, width // 4 : width // 3] = 8
    return mask


def prepared(image, mask, **settings):
    contents = {IMAGE: image, MASK: mask}
    return prepare_portrait(PAIR, contents.__getitem__, Settings(**settings))


def decoded(content):
    return np.asarray(Image.open(io.BytesIO(content)))


@pytest.mark.parametrize(
    ("height", "width", "size", "copy"),
    [
        (1920, 1080, 512, (910, 512)),
        (1080, 1920, 512, (512, 910)),
        (300, 400, 512, (300, 400)),
        (512, 512, 512, (512, 512)),
        (513, 5000, 512, (512, 4990)),
    ],
)
def test_the_shorter_side_decides_and_nothing_grows(height, width, size, copy):
    assert copy_size(height, width, size) == copy


def test_the_classes_are_those_of_the_data_set():
    assert portrait.CLASSES == easyportrait.CLASSES


def test_a_portrait_is_shrunk_by_area_and_by_nearest_neighbour():
    image, mask = photo(320, 240), ids(320, 240)
    made = prepared(encoded(image, "JPEG", quality=98, subsampling=0), encoded(mask, "PNG"), size=60)
    assert list(made.files) == ["images/train/ann.jpg", "annotations/train/ann.png"]
    small, small_mask = (decoded(content) for content in made.files.values())
    expected = image.reshape(80, 4, 60, 4, 3).mean(axis=(1, 3))
    assert np.abs(small - expected).max() < 6
    assert np.abs(small - expected).mean() < 1.5
    np.testing.assert_array_equal(small_mask, mask[2::4, 2::4])  # the pixel whose area holds the centre


def test_the_record_says_what_was_read_and_written():
    image, mask = photo(320, 240), ids(320, 240)
    sources = encoded(image, "PNG"), encoded(mask, "PNG")
    made = prepared(*sources, size=60)
    record = made.record
    assert (record.split, record.name, record.user) == ("train", "ann", "u7")
    assert (record.height, record.width, record.copy_height, record.copy_width) == (320, 240, 80, 60)
    assert record.source_bytes == sum(map(len, sources))
    assert record.copy_bytes == sum(map(len, made.files.values()))
    small = image.reshape(80, 4, 60, 4, 3).mean(axis=(1, 3))
    assert record.coverage == pytest.approx((mask[2::4, 2::4] > 0).mean(), abs=1e-6)
    assert (record.red, record.green, record.blue) == pytest.approx(tuple(small.mean(axis=(0, 1))), abs=0.5)
    squares = (record.red_square, record.green_square, record.blue_square)
    assert squares == pytest.approx(tuple((small**2).mean(axis=(0, 1))), rel=0.01)


def test_a_small_original_keeps_every_pixel():
    mask = ids(40, 30)
    made = prepared(encoded(photo(40, 30), "JPEG"), encoded(mask, "PNG"), size=512)
    np.testing.assert_array_equal(decoded(made.files["annotations/train/ann.png"]), mask)
    assert decoded(made.files["images/train/ann.jpg"]).shape == (40, 30, 3)


def test_the_orientation_is_applied_and_left_out():
    exif = Image.Exif()
    exif[274] = 6
    upright = photo(320, 240)
    stored = np.ascontiguousarray(np.rot90(upright))
    made = prepared(encoded(stored, "JPEG", exif=exif, quality=98), encoded(ids(320, 240), "PNG"), size=60)
    assert (made.record.height, made.record.width) == (320, 240)
    small = Image.open(io.BytesIO(made.files["images/train/ann.jpg"]))
    assert small.size == (60, 80)
    assert not small.getexif()
    assert np.abs(np.asarray(small) - upright.reshape(80, 4, 60, 4, 3).mean(axis=(1, 3))).mean() < 2


def test_the_jpeg_keeps_the_colours_of_its_edges_and_obeys_the_quality():
    source = encoded(photo(64, 64), "PNG"), encoded(ids(64, 64), "PNG")
    fine, coarse = (prepared(*source, quality=quality).files["images/train/ann.jpg"] for quality in (95, 40))
    assert len(coarse) < len(fine)
    assert {component[1:3] for component in Image.open(io.BytesIO(fine)).layer} == {(1, 1)}  # no subsampling


def test_the_same_bytes_give_the_same_bytes():
    source = encoded(photo(320, 240), "JPEG"), encoded(ids(320, 240), "PNG")
    assert prepared(*source, size=60) == prepared(*source, size=60)


GOOD = encoded(photo(40, 30), "JPEG"), encoded(ids(40, 30), "PNG")


@pytest.mark.parametrize(
    ("image", "mask", "at_fault", "says"),
    [
        (b"", GOOD[1], IMAGE, "empty file"),
        (GOOD[0], b"", MASK, "empty file"),
        (GOOD[0][:300], GOOD[1], IMAGE, "cannot be decoded"),
        (b"<html>", GOOD[1], IMAGE, "cannot be decoded"),
        (GOOD[0], GOOD[1][:60], MASK, "cannot be decoded"),
        (GOOD[0], encoded(ids(30, 40), "PNG"), MASK, "is 40x30, its image 30x40"),
        (GOOD[0], encoded(ids(40, 30) * 255, "PNG"), MASK, "holds the class id 255: EasyPortrait has 0 to 8"),
        (GOOD[0], encoded(ids(40, 30) + 1, "PNG"), MASK, "holds the class id 9"),
        (OSError(5, "Input/output error"), GOOD[1], IMAGE, "cannot be read: Input/output error"),
    ],
)
def test_what_is_wrong_is_refused_and_named(image, mask, at_fault, says):
    def read(entry):
        content = {IMAGE: image, MASK: mask}[entry]
        if isinstance(content, Exception):
            raise content
        return content

    refused = prepare_portrait(PAIR, read, Settings())
    places = {IMAGE: "train.zip/ann.jpg", MASK: "annotations/train/ann.png"}
    assert [(row.split, row.file) for row in refused] == [("train", place) for place in places.values()]
    own, other = refused if at_fault is IMAGE else reversed(refused)
    assert isinstance(own, Rejection)
    assert own.reason.startswith(says)
    assert other.reason == f"its {at_fault.kind} {places[at_fault]}: {own.reason}"


def test_soft_targets_have_an_alpha_of_their_own(monkeypatch):
    def soft_alpha(image, mask, band):
        assert (image.shape, image.dtype, mask.dtype, band) == ((80, 60, 3), np.uint8, bool, 0.125)
        return cv2.blur(mask.astype(np.float32), (3, 3))

    monkeypatch.setitem(sys.modules, "portrait_matting.preparation.soft_target", SimpleNamespace(soft_alpha=soft_alpha))
    mask = ids(320, 240)
    made = prepared(encoded(photo(320, 240), "JPEG"), encoded(mask, "PNG"), size=60, targets="soft", band=0.125)
    assert isinstance(made, PreparedPortrait)
    assert list(made.files) == paths("train", "ann", "soft")
    alpha = decoded(made.files["alphas/train/ann.png"])
    expected = cv2.blur((mask[2::4, 2::4] > 0).astype(np.float32), (3, 3))
    assert alpha.dtype == np.uint8
    assert np.abs(alpha / 255 - expected).max() <= 0.5 / 255 + 1e-6
    assert made.record.copy_bytes == sum(map(len, made.files.values()))
