import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageColor

from portrait_matting.preparation.record import Record
from portrait_matting.preparation.statistics import plot, summarise

SIZES = [(1920, 1080), (1080, 1920), (1920, 1080), (720, 1280), (640, 480), (1920, 1080), (1080, 1920), (800, 800)]


@pytest.fixture(scope="module")
def pictures() -> dict[Record, tuple[np.ndarray, np.ndarray]]:
    """Records as the preparation takes them down, each with its copy: image uint8 (H, W, 3) and mask bool (H, W)."""
    rng = np.random.default_rng(3)
    pictures = {}
    for index in range(40):
        height, width = rng.integers(4, 30, 2)
        image = rng.integers(*sorted(rng.integers(0, 256, 2) + (0, 1)), (height, width, 3), np.uint8)
        mask = rng.random((height, width)) < (0 if index % 13 == 0 else rng.random())
        means = [float(image[..., channel].mean()) for channel in range(3)]
        squares = [float((image[..., channel].astype(float) ** 2).mean()) for channel in range(3)]
        split = ("train", "train", "val", "test")[index % 4]
        source = SIZES[index % len(SIZES)]
        user = "" if index == 7 else f"{split}-{index // 9}"
        record = Record(
            *(split, f"{index:03}", user, *source, int(height), int(width), float(mask.mean())),
            *(*means, *squares, 1000 + index, 100 + index),
        )
        pictures[record] = image, mask
    return pictures


@pytest.mark.parametrize("split", ["train", "val", "test", None])
def test_the_numbers_are_those_of_the_pixels(pictures, split):
    """The reference pools the pixels themselves and knows nothing of means of squares."""
    some = {record: pair for record, pair in pictures.items() if split in (record.split, None)}
    statistics = summarise(list(pictures))
    summary = statistics.splits[split] if split else statistics.total
    pixels = np.concatenate([image.reshape(-1, 3) for image, _ in some.values()]).astype(float)
    assert summary.portraits == len(some)
    assert summary.users == len({record.user for record in some} - {""})
    np.testing.assert_allclose(summary.mean, pixels.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(summary.spread, pixels.std(axis=0), rtol=1e-10)

    coverage = [mask.mean() for _, mask in some.values()]
    np.testing.assert_allclose(summary.coverage, [np.mean(coverage), *np.quantile(coverage, [0.05, 0.95])], rtol=1e-12)
    assert summary.empty == sum(not mask.any() for _, mask in some.values()) / len(some)
    luma = [(image @ [0.299, 0.587, 0.114]).mean() for image, _ in some.values()]  # of each pixel, then the mean
    np.testing.assert_allclose(summary.brightness, [np.mean(luma), *np.quantile(luma, [0.05, 0.95])], rtol=1e-12)
    assert summary.source_bytes == sum(record.source_bytes for record in some)
    assert summary.copy_bytes == sum(record.copy_bytes for record in some)


def test_a_photo_counts_by_its_pixels(pictures):
    record = next(iter(pictures))
    black = {"red": 0.0, "green": 0.0, "blue": 0.0, "red_square": 0.0, "green_square": 0.0, "blue_square": 0.0}
    white = dict.fromkeys(["red", "green", "blue"], 255.0) | dict.fromkeys(
        ["red_square", "green_square", "blue_square"], 65025.0
    )
    small = replace(record, name="a", copy_height=10, copy_width=10, **black)
    large = replace(record, name="b", copy_height=20, copy_width=15, **white)
    total = summarise([small, large]).total
    assert total.mean == pytest.approx((191.25,) * 3)
    assert total.spread == pytest.approx((255 * math.sqrt(3 / 16),) * 3)
    assert total.brightness.mean == pytest.approx(127.5)  # of the photos, not of the pixels


def test_one_colour_has_no_spread(pictures):
    """The square of a mean may be larger than the mean of squares, by rounding."""
    record = next(iter(pictures))
    value = 0.1 + 0.2
    flat = replace(
        record,
        red=value,
        green=7.0,
        blue=255.0,
        red_square=value * value - 1e-16,
        green_square=49.0,
        blue_square=65025.0,
    )
    assert summarise([flat]).total.spread == pytest.approx((0, 0, 0), abs=1e-6)


def test_the_most_frequent_sizes(pictures):
    total = summarise(list(pictures)).total
    assert total.sizes == ((1920, 1080, 15), (1080, 1920, 10), (800, 800, 5))  # 5 like 720x1280, and higher than it
    assert total.short_side == (480, 1080)


def test_only_splits_that_hold_something(pictures):
    records = [record for record in pictures if record.split != "val"]
    statistics = summarise(records)
    assert list(statistics.splits) == ["train", "test"]
    assert statistics.total.portraits == 30
    assert "val" not in statistics.table()


def test_the_table(pictures):
    statistics = summarise(list(pictures))
    columns = [*statistics.splits.values(), statistics.total]
    lines = statistics.table().splitlines()
    cells = {line[:23].strip(): [line[at : at + 19].strip() for at in (23, 42, 61, 80)] for line in lines}
    assert max(map(len, lines)) <= 100
    assert lines[0].split() == ["train", "val", "test", "all"]
    assert cells["portraits"] == ["20", "10", "10", "40"]
    assert cells["people"] == [str(summary.users) for summary in columns]
    for channel, name in enumerate(("red", "green", "blue")):
        assert cells[f"{name}, 0-255"] == [f"{s.mean[channel]:.2f} ± {s.spread[channel]:.2f}" for s in columns]
    assert cells["coverage"] == [f"{100 * summary.coverage.mean:.1f}%" for summary in columns]
    assert cells["nobody there"] == ["10.0%", "10.0%", "10.0%", "10.0%"]  # 0, 13, 26 and 39
    assert cells["originals, pixels"][3] == "1080x1920  37.5%"
    assert cells["short side"] == ["480 to 1,080", "1,080 to 1,080", "720 to 800", "480 to 1,080"]
    assert cells["read, MB"] == ["0.0"] * 4


@pytest.mark.slow
def test_a_large_copy_fits_the_table(pictures):
    record = next(iter(pictures))
    largest = replace(
        record, height=12000, width=12000, source_bytes=10**12, copy_bytes=10**12, coverage=1.0, red=255.0
    )
    records = [replace(largest, split=split, user="") for split in ("train", "val", "test") for _ in range(2000)]
    table = summarise(records).table()
    assert max(map(len, table.splitlines())) <= 100
    assert "12000x12000 100.0%" in table
    assert table.count("not named") == 4
    assert "6,000,000,000.0" in table
    assert all(line.strip() for line in table.splitlines())  # one size: no lines for a second and a third


def test_nothing_was_prepared(tmp_path):
    statistics = summarise([])
    assert statistics.splits == {}
    assert statistics.total is None
    assert statistics.table() == "no portraits"
    plot([], tmp_path / "statistics.png")


@pytest.mark.slow
def test_the_order_of_the_records_changes_nothing(pictures, tmp_path):
    records = list(pictures)
    assert summarise(records) == summarise(records[::-1])
    plot(records, tmp_path / "a.png")
    plot(records[::-1], tmp_path / "b.png")
    plot(records[1:], tmp_path / "c.png")
    written = {name: (tmp_path / f"{name}.png").read_bytes() for name in "abc"}
    assert written["a"] == written["b"] != written["c"]
    with Image.open(tmp_path / "a.png") as picture:
        assert not picture.text  # no date, no version
        colours = [colour for _, colour in picture.convert("RGB").getcolors(2**24)]
    assert {ImageColor.getrgb(colour) for colour in ("#1f5fa8", "#d68a1c", "#2e8f6a")} < set(colours)  # each split


def test_nothing_slow_is_imported():
    slow = ["torch", "matplotlib", "cv2", "albumentations"]
    command = f"import sys, portrait_matting.preparation.statistics; print([m for m in {slow} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", command], capture_output=True, text=True).stdout == "[]\n"
