"""`~` in the folders that Hydra makes: those of a file of the user's, and of the command line."""

import sys

import pytest

from portrait_matting import train

FAILS = ["data=folder", "data.root=nowhere"]  # after Hydra has made the folder, before any work


@pytest.fixture
def home(monkeypatch, tmp_path):
    (tmp_path / "home" / "conf" / "experiment").mkdir(parents=True)
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "home"


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["train", *arguments])
    with pytest.raises(SystemExit) as end:
        train.main()
    assert end.value.code == 2


@pytest.mark.parametrize("written", ["hydra.run.dir=~/a run", "hydra.run.dir='~/a run'"])
def test_a_run_s_folder_of_the_command_line(home, monkeypatch, capsys, written):
    run(monkeypatch, *FAILS, written)
    assert (home / "a run" / ".hydra").is_dir()
    assert not (home.parent / "work" / "~").exists()


def test_folders_of_a_file(home, monkeypatch, capsys):
    (home / "conf" / "experiment" / "mine.yaml").write_text(
        "# @package _global_\nhydra:\n  run: {dir: '~/runs/${seed}'}\n  sweep: {dir: '~/sweep'}\n"
    )
    given = [*FAILS, "experiment=mine", "--config-dir=~/conf"]
    run(monkeypatch, *given)
    assert (home / "runs" / "0" / ".hydra").is_dir()
    run(monkeypatch, *given, "-m", "seed=0,1")
    assert sorted(path.name for path in (home / "sweep").glob("seed-*")) == ["seed-0", "seed-1"]
    assert not any((home.parent / "work").iterdir())
    said = capsys.readouterr()
    assert f"the same command with hydra.sweep.dir={home}/sweep" in said.out


def test_paths_that_a_file_sweeps(home, monkeypatch, capsys):
    (home / "conf" / "sweep").mkdir()
    (home / "conf" / "sweep" / "mine.yaml").write_text(
        "# @package _global_\nhydra:\n  sweeper:\n    params:\n      data.root: ~/a=b,c ä\n"
    )
    run(monkeypatch, "data=folder", "--config-dir", str(home / "conf"), "-m", "sweep=mine", "hydra.sweep.dir=my sweep")
    said = capsys.readouterr()
    assert f"data.root={home}/a=b " in said.err
    assert "data.root=c ä " in said.err
    assert "the same command with \"hydra.sweep.dir='my sweep'\":" in said.out
