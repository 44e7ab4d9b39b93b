"""The command `draw` alone: tests/drawing has what it opens."""

import os
import subprocess
import sys
from types import ModuleType

import cv2
import numpy as np
import pytest

from portrait_matting.data import people_extra
from portrait_matting.draw import main, parser

DRAW = [sys.executable, "-m", "portrait_matting.draw"]


def refused(capsys, *flags) -> str:
    """The one line of a command that is refused."""
    with pytest.raises(SystemExit) as stopped:
        main([str(flag) for flag in flags])
    assert stopped.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    return line.removeprefix("error: ")


DRAWN = ["--style", "drawn", "--count", "2", "--size", "32", "--workers", "1"]


@pytest.fixture
def people(monkeypatch):
    """A room of people who are as easily drawn as said."""
    room = ModuleType("portrait_matting.people")
    room.prepare, room.edition, room.MIN_SIZE = lambda: None, lambda: "bodies-1", 64
    room.PIECES = ("hair", "hats", "hands")
    monkeypatch.setitem(sys.modules, room.__name__, room)
    monkeypatch.setattr(people_extra, "NEEDS", ())
    return room


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--count", "0"], "--count: 0 is below 1"),
        (["--count", "-3"], "--count: -3 is below 1"),
        (["--count", "20000000"], "--count: 20000000 is above 10000000"),
        (["--count", "1.5"], "--count: '1.5' is no whole number: give one, 1 or more"),
        (["--size", "31"], "--size: 31 is below 32"),
        (["--size", "9000"], "--size: 9000 is above 8192"),
        (["--seed", "-1"], "--seed: -1 is below 0"),
        (["--workers", "0"], "--workers: 0 is below 1"),
        (["--style", "oil"], "--style: invalid choice: 'oil'"),
        (["--backgrounds", ""], "--backgrounds: a path is empty"),
        (["--cut-out"], ""),  # argparse takes a beginning for the flag
        (["--cutouts"], "--cutouts is no flag: did you mean --cut-outs?"),
        (["--without", "hair"], "--without is of --style people"),
        (["--with", "hair"], "--with: hair is on as all pieces are: leave it out"),
        (["--cut-outs", "--backgrounds", "."], "--cut-outs are before nothing: leave out --backgrounds"),
    ],
)
def test_wrong_flags_are_refused(flags, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    if not says:
        assert parser().parse_args(["out", *DRAWN, *flags]).cut_outs
        return
    assert refused(capsys, "out", *DRAWN, *flags).startswith(says)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["out", "--style", "drawn"], "--count is missing: --help says more"),
        (DRAWN, "OUTPUT is missing: --help says more"),
        ([*DRAWN, "--without", "hair", "out"], "OUTPUT is missing: give it before --without, which takes all that"),
    ],
)
def test_what_is_missing_is_said(flags, says, capsys):
    assert refused(capsys, *flags).startswith(says)


def test_an_output_that_is_a_file_or_holds_something_else(tmp_path, capsys):
    (tmp_path / "file").write_text("text")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "holiday.jpg").write_bytes(b"mine")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "recipe.json").write_text('{"flour": 500}')
    assert "is a file: give an empty or a new folder as OUTPUT" in refused(capsys, tmp_path / "file", *DRAWN)
    assert "full holds other things already" in refused(capsys, tmp_path / "full", *DRAWN)
    assert "recipe.json is no recipe of drawn portraits" in refused(capsys, tmp_path / "other", *DRAWN)
    assert "cannot be written (Not a directory)" in refused(capsys, tmp_path / "file" / "below", *DRAWN)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["holiday.jpg"]
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["recipe.json"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_an_output_that_is_not_writable(tmp_path, capsys):
    (tmp_path / "locked").mkdir(mode=0o500)
    assert "cannot be written (Permission denied): give another OUTPUT" in refused(capsys, tmp_path / "locked", *DRAWN)


def test_backgrounds_are_looked_through_before_any_work(tmp_path, capsys):
    pictures = tmp_path / "pictures"
    for folder in (pictures, tmp_path / "empty"):
        folder.mkdir()
    cv2.imwrite(str(pictures / "good.png"), np.zeros((40, 40, 3), np.uint8))
    (pictures / "sub").mkdir()
    (pictures / "sub" / "broken.jpg").write_bytes(b"\xff\xd8 not much of a picture")
    out = tmp_path / "out"
    for folder, says in (
        ("missing", "is not a folder: give one of pictures without people, or leave it out"),
        ("pictures/good.png", "is not a folder"),
        ("empty", "holds no picture: give a folder with files in"),
        ("pictures", "broken.jpg cannot be decoded"),
    ):
        assert says in refused(capsys, out, *DRAWN, "--backgrounds", tmp_path / folder)
        assert not out.exists()
    assert "among whose pictures it would be" in refused(capsys, pictures / "out", *DRAWN, "--backgrounds", pictures)


def test_people_without_what_they_need_is_one_line_with_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(people_extra, "NEEDS", ("no_such_package",))
    line = refused(capsys, tmp_path / "out", "--style", "people", "--count", 2)
    assert "no_such_package, which is not installed: make people, or pip install" in line
    assert '"portrait-matting[people]"' in line
    assert not (tmp_path / "out").exists()


def test_a_size_too_small_for_people_is_refused_before_the_folder_is_made(tmp_path, people, capsys):
    for size in (32, 64, 72):
        flags = (tmp_path / "out", "--style", "people", "--count", 2, "--size", size)
        assert refused(capsys, *flags) == f"--size {size} is too small for people: give at least 73"
    assert not (tmp_path / "out").exists()


def test_an_unknown_piece_is_refused_with_the_one_that_is_meant(tmp_path, people, capsys):
    flags = (tmp_path / "out", "--style", "people", "--count", 2, "--without")
    no_piece = "is no piece of a person:"
    there = "here are hair, hands, hats"
    assert refused(capsys, *flags, "hats", "hat") == f"--without hat {no_piece} did you mean hats? T{there}"
    assert refused(capsys, *flags, "hair,hats") == f"--without hair,hats {no_piece} give them apart, hair hats"
    assert refused(capsys, *flags, "") == f"--without '' {no_piece} t{there}"
    assert "is no piece of a person: there are hair, hands, hats" in refused(capsys, *flags, "xyz")
    assert not (tmp_path / "out").exists()


def test_help_imports_nothing_heavy():
    done = subprocess.run(
        [*DRAW, "--help"], env=os.environ | {"PYTHONPROFILEIMPORTTIME": "1"}, capture_output=True, text=True
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert done.returncode == 0
    assert "OUTPUT" in done.stdout
    assert "portrait_matting.cli.command" in imported
    assert imported & {"torch", "lightning", "cv2", "numpy", "PIL", "numba", "anny", "tqdm", "hydra"} == set()
