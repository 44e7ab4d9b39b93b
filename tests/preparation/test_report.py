import csv
from dataclasses import replace

import pytest

from portrait_matting.data.meta import MetaRow, parse_meta, read_users
from portrait_matting.errors import InputError
from portrait_matting.preparation import report as module
from portrait_matting.preparation.output import Output
from portrait_matting.preparation.record import Record, Rejection
from portrait_matting.preparation.report import read_prepared, read_rejected, report, write_tables
from portrait_matting.preparation.settings import Settings

RECORD = Record("train", 'a, "b"', "u1", 96, 64, 48, 32, 0.25, 100.0, 50.0, 20.0, 1 / 3, 2500.5, 500.0, 700, 80)
RECORDS = [RECORD, replace(RECORD, split="val", name="ü", user="")]
REJECTIONS = [Rejection("", "x/y,z.jpg", "no split"), Rejection("train", "b.png", "holds the class id 9")]


@pytest.fixture
def output(tmp_path):
    made = Output(tmp_path / "copy")
    made.open(Settings())
    yield made
    made.close()


@pytest.fixture
def no_plot(monkeypatch):
    """Half a second a picture is saved where tables alone are looked at."""
    monkeypatch.setattr(module, "plot", lambda records, path: path.write_bytes(b""))


def test_the_tables_come_back_as_they_were(output):
    write_tables(RECORDS, REJECTIONS, output)
    assert read_prepared(output.root / "prepared.csv") == RECORDS
    assert read_rejected(output.root / "rejected.csv") == REJECTIONS
    assert (output.root / "statistics.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.usefixtures("no_plot")
def test_the_meta_table_is_one_of_easyportrait(output):
    write_tables(RECORDS, REJECTIONS, output)
    meta = output.root / "meta.csv"
    assert parse_meta(meta.read_bytes(), meta) == {'a, "b"': MetaRow("u1", "train"), "ü": MetaRow("", "val")}
    assert read_users(output.root) == {'a, "b"': "u1"}
    first, _ = csv.DictReader(meta.open(encoding="utf-8"))
    assert (first["height"], first["width"]) == ("48", "32")
    assert float(first["brightness"]) == pytest.approx(0.299 * 100 + 0.587 * 50 + 0.114 * 20, abs=0.005)


def test_equal_tables_are_equal_bytes(output):
    def written():
        write_tables(RECORDS, REJECTIONS, output)
        return {path.name: path.read_bytes() for path in output.root.iterdir() if path.is_file()}

    assert written() == written()


def test_a_disk_that_fills_under_the_tables_is_one_line(output, monkeypatch):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(output, "write", full)
    with pytest.raises(InputError, match=r"cannot be written \(No space left on device\): free space"):
        write_tables(RECORDS, [], output)


def test_nothing_gives_empty_tables(output):
    write_tables([], [], output)
    assert read_prepared(output.root / "prepared.csv") == []
    assert read_rejected(output.root / "rejected.csv") == []
    assert not (output.root / "statistics.png").exists()
    assert read_prepared(output.root / "missing.csv") == []


@pytest.mark.usefixtures("no_plot")
@pytest.mark.parametrize("damage", [b"split,name\n", b"train", b"\xff"])
def test_a_damaged_table_is_named(output, damage):
    write_tables(RECORDS, [], output)
    path = output.root / "prepared.csv"
    path.write_bytes(path.read_bytes()[:-5] + b"\n" + damage if damage == b"train" else damage + b"train,a\n")
    with pytest.raises(InputError, match=r"prepared\.csv is damaged"):
        read_prepared(path)


def test_the_report_counts_refusals_of_one_kind_together(tmp_path):
    refused = [
        Rejection("train", "a.png", "holds the class id 9: EasyPortrait has 0 to 8"),
        Rejection("train", "b.png", "holds the class id 255: EasyPortrait has 0 to 8"),
        Rejection("train", "b.jpg", "its mask a folder/b.png: holds the class id 255: EasyPortrait has 0 to 8"),
        Rejection("val", "c.jpg", "empty file"),
    ]
    text = report(RECORDS, refused, tmp_path, done=5, seconds=2.0, ignored=3)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "3 as a.png: holds the class id 9: EasyPortrait has 0 to 8" in lines
    assert "1 c.jpg: empty file" in lines
    assert f"4 files were refused, each with its reason in {tmp_path / 'rejected.csv'}:" in lines
    assert f"2 portraits are in {tmp_path}: 1.4 kB became 160 bytes" in lines
    assert any("2.5 a second" in line for line in lines)
    assert any(line.endswith("left alone: 3") for line in lines)
    assert "no file was refused" in report(RECORDS, [], tmp_path, done=0, seconds=0.0, ignored=0)


def test_the_last_line_says_how_much_was_refused_where_it_is_more_than_a_tenth(tmp_path):
    refused = [Rejection("train", f"{index}.png", "empty file") for index in range(3)]
    assert report(RECORDS, refused, tmp_path, 2, 1.0, 0).splitlines()[-1] == "3 of 7 files (43%) are not in the copy"
    few = [replace(RECORD, name=str(index)) for index in range(20)]
    assert "not in the copy" not in report(few, refused, tmp_path, 2, 1.0, 0)


def test_portraits_without_a_person_are_counted(tmp_path):
    lines = report([RECORD, replace(RECORD, name="b", coverage=0.0)], [], tmp_path, 2, 1.0, 0)
    assert "portraits that show nobody, whose masks are 0 all over: 1" in lines


@pytest.mark.usefixtures("no_plot")
def test_a_name_in_two_splits_leaves_a_meta_table_that_can_be_read(output):
    twice = [replace(RECORD, user=""), replace(RECORD, user="", split="val"), RECORDS[1]]
    write_tables(twice, [], output)
    assert parse_meta((output.root / "meta.csv").read_bytes(), "meta.csv")["ü"].split == "val"
    assert read_users(output.root) == {}
