"""The command `prepare` alone: tests/preparation has what it opens."""

import os
import subprocess
import sys

import pytest

from portrait_matting.prepare import main, parser

PREPARE = [sys.executable, "-m", "portrait_matting.prepare"]


@pytest.mark.parametrize(
    "flags",
    [
        ["--size", "0"],
        ["--size", "x"],
        ["--quality", "101"],
        ["--workers", "0"],
        ["--targets", "fuzzy"],
        ["--band", "0"],
    ],
)
def test_flags_out_of_range_are_refused(flags, capsys):
    with pytest.raises(SystemExit) as stopped:
        parser().parse_args(["source", "copy", *flags])
    assert stopped.value.code == 2
    assert flags[0] in capsys.readouterr().err


def test_an_error_is_one_line_and_code_2(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["prepare", str(tmp_path / "missing"), str(tmp_path / "copy")])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert "missing" in line
    assert not (tmp_path / "copy").exists()


def test_help_imports_nothing_heavy():
    done = subprocess.run(
        [*PREPARE, "--help"], env=os.environ | {"PYTHONPROFILEIMPORTTIME": "1"}, capture_output=True, text=True
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert done.returncode == 0
    assert "SOURCE" in done.stdout
    assert "portrait_matting.cli.command" in imported
    assert imported & {"torch", "lightning", "cv2", "numpy", "PIL", "matplotlib", "pymatting", "tqdm", "hydra"} == set()
