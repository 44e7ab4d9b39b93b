import csv
import json
import os
import re
from dataclasses import replace

import numpy as np
import pytest

from portrait_matting.errors import InputError
from portrait_matting.evaluation.confidence import Interval, intervals
from portrait_matting.evaluation.paired_test import Difference, compare
from portrait_matting.evaluation.result import Candidate, Evaluation, ScoredPortrait
from portrait_matting.evaluation.tables import summary, write_intervals, write_metrics, write_per_image
from portrait_matting.metrics import MAD, IoU

METRICS = {"iou": IoU(), "mad": MAD()}
FIRST = {"mad": np.array([[0.1, 0.3], [1 / 3, np.nan]]), "iou": np.array([[0.9], [0.7]])}
SECOND = {"mad": np.array([[0.2, 0.4], [0.5, np.nan]]), "iou": np.array([[0.9], [0.8]])}
ODD = 'a, "b"\nc\r.jpg'


def evaluation(*measured, left_out=(), hard_truth=False):
    portraits = [ScoredPortrait(ODD, 480, 640, 0.123456789, 0.25), ScoredPortrait("ünïcode \udcff.png", 1, 2, 1.0, 0.0)]
    candidates = [Candidate(name, f"{name}.ckpt", one) for name, one in zip(("old", "new"), measured, strict=False)]
    return Evaluation("folder, portraits, test", portraits, candidates, hard_truth, list(left_out))


def rows_of(path):
    with open(path, newline="", encoding="utf-8", errors="surrogateescape") as file:
        return list(csv.DictReader(file))


def test_metrics_of_one_candidate_are_flat(tmp_path):
    path = tmp_path / "metrics.json"
    write_metrics(path, evaluation(FIRST, left_out=["x: no matte"]), [intervals(FIRST, METRICS)], "test")
    found = json.loads(path.read_text())
    assert found == {
        "test/mad": 0.216667,
        "test/band_mad": 0.3,
        "test/iou": 0.8,
        "images": 2,
        "left_out": 1,
        "hard_truth": False,
    }
    assert list(found) == ["test/mad", "test/band_mad", "test/iou", "images", "left_out", "hard_truth"]
    assert os.listdir(tmp_path) == ["metrics.json"]


def test_metrics_of_several_have_a_name_each(tmp_path):
    both = [intervals(one, METRICS) for one in (FIRST, SECOND)]
    write_metrics(tmp_path / "metrics.json", evaluation(FIRST, SECOND, hard_truth=True), both, "val")
    found = json.loads((tmp_path / "metrics.json").read_text())
    assert list(found) == ["old", "new"]
    assert found["new"] == {
        "val/mad": 0.35,
        "val/band_mad": 0.4,
        "val/iou": 0.85,
        "images": 2,
        "left_out": 0,
        "hard_truth": True,
    }


def test_what_is_no_number_is_null(tmp_path):
    write_metrics(tmp_path / "m.json", evaluation(FIRST), [{"mad": Interval(np.nan, 0.0, 0.0)}], "test")
    assert "NaN" not in (tmp_path / "m.json").read_text()
    assert json.loads((tmp_path / "m.json").read_text())["test/mad"] is None


def test_metrics_with_intervals_and_differences(tmp_path):
    one = [
        {"iou": Interval(0.8, 0.7, 0.9), "mad": Interval(1 / 3, 0.1, np.nan)},
        {"iou": Interval(0.85, 0.8, 0.9), "mad": Interval(0.35, 0.2, 0.5)},
    ]
    against = {
        "iou": Difference(0.05, 0.01, 0.1, 0.0004, True),
        "mad": Difference(1 / 60, -0.1, 0.2, 0.5, False),
    }
    write_intervals(tmp_path / "figures.csv", evaluation(FIRST, SECOND), one, [against])
    assert (tmp_path / "figures.csv").read_text().splitlines() == [
        "candidate,figure,value,low,high,difference,difference_low,difference_high,p,differs",
        "old,mad,0.333333,0.1,,,,,,",
        "old,iou,0.8,0.7,0.9,,,,,",
        "new,mad,0.35,0.2,0.5,0.0166667,-0.1,0.2,0.5,false",
        "new,iou,0.85,0.8,0.9,0.05,0.01,0.1,0.0004,true",
    ]


def test_every_image_has_a_row(tmp_path):
    write_per_image(tmp_path / "metrics.csv", evaluation(FIRST, SECOND), METRICS)
    rows = rows_of(tmp_path / "metrics.csv")
    assert list(rows[0]) == [
        "candidate",
        "image",
        "height",
        "width",
        "brightness",
        "coverage",
        "mad",
        "band_mad",
        "iou",
    ]
    assert [list(row.values()) for row in rows] == [
        ["old", ODD, "480", "640", "0.123457", "0.25", "0.1", "0.3", "0.9"],
        ["old", "ünïcode \udcff.png", "1", "2", "1", "0", "0.333333", "", "0.7"],
        ["new", ODD, "480", "640", "0.123457", "0.25", "0.2", "0.4", "0.9"],
        ["new", "ünïcode \udcff.png", "1", "2", "1", "0", "0.5", "", "0.8"],
    ]


def test_the_table_of_one():
    text = summary(evaluation(FIRST), [{"mad": Interval(0.2, 0.1, 1 / 3), "iou": Interval(0.8, 0.7, 0.9)}], [])
    assert text.splitlines() == [
        "2 images: folder, portraits, test",
        "",
        "     better  old",
        "MAD  lower   0.2000 [0.1000, 0.3333]",
        "IoU  higher  0.8000 [0.7000, 0.9000]",
    ]


def test_the_table_of_two_says_who_is_better():
    both = [intervals(one, METRICS) for one in (FIRST, SECOND)]
    lines = summary(evaluation(FIRST, SECOND), both, [compare(FIRST, SECOND, METRICS)]).splitlines()
    table = lines[2:6]
    columns = [line.index("[") for line in table[1:]], [line.rindex("[") for line in table[1:]]
    assert [len(set(column)) for column in columns] == [1, 1]
    assert table[0].index("new") == table[1].index("0.3500")
    assert lines[6] == ""
    assert lines[7].startswith("new has a worse MAD than old, higher by 0.1333 (95 % interval")
    assert lines[-1].startswith("new has a better IoU than old, higher by 0.0500")
    assert all(line.endswith("within noise") for line in lines[7:])
    assert len(lines) == 10  # MAD in the band too


def test_many_candidates_stand_three_abreast():
    ones = [{"mad": Interval(0.1 * number, 0.0, 1.0)} for number in range(7)]
    candidates = [Candidate(f"net {number}", "", FIRST) for number in range(7)]
    whole = Evaluation("data", evaluation().portraits, candidates, False, [])
    same = {"mad": Difference(0.0, 0.0, 0.0, 1.0, False)}
    lines = summary(whole, ones, [same] * 6).splitlines()
    names = [re.findall(r"net \d", line) for line in lines if line.lstrip().startswith("better")]
    assert names == [["net 0", "net 1", "net 2"], ["net 3", "net 4", "net 5"], ["net 6"]]
    assert sum("has the same MAD as net 0" in line for line in lines) == 6


def test_the_summary_says_what_to_know():
    one = [{"mad": Interval(0.2, 0.1, 0.3)}]
    soft = summary(evaluation(FIRST), one, [])
    assert "hard" not in soft
    assert "not scored" not in soft
    reasons = [f"{number}.png: no matte of that name" for number in range(1200)]
    told = summary(evaluation(FIRST, left_out=reasons, hard_truth=True), one, [])
    assert "the truth is a hard mask: " in told
    assert all(name in told for name in ("Grad", "Conn", "SAD", "band", "against hard masks"))
    assert "not scored: 1,200\n  0.png: no matte of that name\n" in told
    assert told.endswith("4.png: no matte of that name\n  and 1,195 more")
    assert max(map(len, told.splitlines())) <= 100
    few = summary(evaluation(FIRST, left_out=reasons[:5]), one, [])
    assert "more" not in few


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"gone/metrics\.json cannot be written \(No such file.*choose another folder"):
        write_metrics(tmp_path / "gone" / "metrics.json", evaluation(FIRST), [intervals(FIRST, METRICS)], "test")


def test_a_reader_never_sees_half_a_file(tmp_path, monkeypatch):
    path = tmp_path / "metrics.csv"
    path.write_text("earlier")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InputError, match="No space left on device"):
        write_per_image(path, evaluation(FIRST), METRICS)
    assert path.read_text() == "earlier"
    assert os.listdir(tmp_path) == ["metrics.csv"]


def test_a_mix_has_its_sources_in_every_table(tmp_path):
    found = evaluation(FIRST)
    found = replace(found, sources=["drawn", "real"])
    sure = [intervals(FIRST, METRICS)]
    by_source = [{"drawn/mad": Interval(0.1, 0.1, 0.1), "real/mad": Interval(0.3, 0.3, 0.3)}]
    write_metrics(tmp_path / "metrics.json", found, sure, "test", by_source)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert (metrics["test/drawn/mad"], metrics["test/real/mad"]) == (0.1, 0.3)
    write_intervals(tmp_path / "figures.csv", found, sure, [], by_source)
    assert [row["figure"] for row in rows_of(tmp_path / "figures.csv")][-2:] == ["drawn/mad", "real/mad"]
    write_per_image(tmp_path / "metrics.csv", found, METRICS)
    assert [row["source"] for row in rows_of(tmp_path / "metrics.csv")] == ["drawn", "real"]
    told = summary(found, sure, [], by_source)
    assert "drawn: 1 images" in told
    assert "0.3000 [0.3000, 0.3000]" in told
