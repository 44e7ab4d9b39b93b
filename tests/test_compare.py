import csv
import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from portrait_matting import compare as compare_door
from portrait_matting.compare import main, write
from portrait_matting.errors import InputError
from portrait_matting.runs.test_scores import FILE, write_scores

COMPARE = [sys.executable, "-m", "portrait_matting.compare"]
FILES = ["compare.csv", "compare.html", "compare.png"]


def write_run(folder: Path, seed: int, width: float, error: float) -> None:
    folder.mkdir(parents=True)
    config = {"seed": seed, "loss": {"width": width}, "learning_rate": {"max_lr": 0.01}}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    mad = error + np.random.default_rng([seed, round(100 * error)]).normal(0, 0.001, 8)
    write_scores(folder / FILE, [str(index) for index in range(8)], {"mad": mad, "iou": 1 - mad})
    (folder / "metrics.json").write_text(json.dumps({"test/mad": mad.mean(), "test/iou": 1 - mad.mean()}))


@pytest.fixture
def sweep(tmp_path) -> Path:
    for seed in range(2):
        write_run(tmp_path / "sweep, one" / f"narrow {seed}", seed, 0.5, 0.1)
        write_run(tmp_path / "sweep, one" / f"wide {seed}", seed, 2.0, 0.3)
    return tmp_path / "sweep, one"


def fails(capsys, *arguments) -> str:
    with pytest.raises(SystemExit) as stopped:
        main([str(one) for one in arguments])
    assert stopped.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    return line


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "compare.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_sweep_is_compared_in_its_own_folder_and_compared_again(sweep, capsys):
    for _ in range(2):
        main([str(sweep)])
        said = capsys.readouterr().out
        assert said.startswith("width=0.5 has the lowest MAD: 0.0999 ± 0.0004, over 2 seeds and 8 test portraits.")
        assert "more than noise" in said
        assert sorted(path.name for path in sweep.iterdir() if path.is_file()) == FILES
        for name in FILES:
            assert str(sweep / name) in said
    assert [(one["arm"], one["reference"]) for one in rows(sweep)[:2]] == [
        ("width=0.5", "width=0.5"),
        ("width=2", "width=0.5"),
    ]
    assert {one["figure"] for one in rows(sweep)} == {"mad", "iou"}


def test_several_folders_are_compared_in_a_new_one(sweep, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main([str(sweep / "narrow 0"), str(sweep / "wide 0"), "--metric", "iou"])
    [written] = (tmp_path / "runs" / "compare").glob("*/*")
    assert sorted(path.name for path in written.iterdir()) == FILES
    said = capsys.readouterr().out
    assert str(written.relative_to(tmp_path) / "compare.html") in said
    assert "has the highest IoU" in said
    assert "seed=0,1,2" in said


@pytest.mark.parametrize("against", ["width=2", "wide 1"])
def test_the_reference_may_be_named_by_its_arm_or_by_a_run(sweep, tmp_path, against, capsys):
    named = against if "=" in against else str(sweep / against)
    main([str(sweep), "--against", named, "--output", str(tmp_path / "out")])
    found = {(one["arm"], one["figure"]): one for one in rows(tmp_path / "out")}
    assert {one["reference"] for one in found.values()} == {"width=2"}
    assert float(found["width=0.5", "mad"]["difference"]) == pytest.approx(-0.2, abs=0.01)
    said = capsys.readouterr().out
    assert said.startswith("width=0.5 has the lowest MAD")
    assert "It is better than width=2 by 0.2" in said
    assert "better" in next(line for line in said.splitlines() if line.startswith("1  width=0.5"))


def test_it_is_said_which_tests_p_allows_for(sweep, tmp_path, capsys):
    """The table is against the arm that was named, the answer against the best, which the scores chose."""
    for seed in range(2):
        write_run(sweep / f"wider {seed}", seed, 4.0, 0.3)
    chosen = "Against width=0.5, which these scores chose, p allows for all 3 pairs of arms"
    named = "Against width=4, which was named whatever the scores, p allows for 2 tests"
    found = {}
    for against in ([], ["--against", "width=4"]):
        main([str(sweep), "--output", str(tmp_path / "out"), *against])
        page = (tmp_path / "out" / "compare.html").read_text()
        said = capsys.readouterr().out
        found[bool(against)] = [[text in where for text in (chosen, named)] for where in (said, page)]
    assert found == {False: [[True, False], [True, False]], True: [[False, True], [True, True]]}
    arms = {one["arm"]: one for one in rows(tmp_path / "out") if one["figure"] == "iou"}
    assert arms["width=4"]["p"] == ""


def test_one_arm_is_told_and_not_compared(sweep, tmp_path, capsys):
    main([str(sweep / "narrow 0"), str(sweep / "narrow 1"), "--output", str(tmp_path / "out")])
    assert "nothing to compare it with" in capsys.readouterr().out
    assert [one["difference"] for one in rows(tmp_path / "out")] == ["", ""]


def test_what_failed_is_left_out_and_said(sweep, capsys):
    (sweep / "wide 2").mkdir()
    (sweep / "wide 2" / "error.txt").write_text("seed=-1 is out of range\n")
    main([str(sweep)])
    said = capsys.readouterr().out
    assert re.search(r"left out:\n  .*wide 2 failed: seed=-1 is out of range", said)
    assert "seed=-1 is out of range" in (sweep / "compare.html").read_text()


def test_wrong_arguments_are_one_line_each(sweep, tmp_path, capsys):
    assert "missing" in fails(capsys, tmp_path / "missing")
    assert fails(capsys, sweep, "--metric", "mda").endswith("--metric mda is no metric: did you mean mad or mae?")
    assert fails(capsys, sweep, "--metric", "test/iou").endswith("did you mean iou?")
    assert "give one of mad, mse" in fails(capsys, sweep, "--metric", "xyzzy")
    line = fails(capsys, sweep, "--against", "wdith=2")
    assert "wdith=2" in line
    assert "'width=0.5', 'width=2'" in line
    assert not (sweep / "compare.csv").exists()


def test_an_output_that_cannot_be_written_is_one_line(sweep, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    line = fails(capsys, sweep, "--output", tmp_path / "file")
    assert "file cannot be written" in line
    assert "--output DIR" in line


def test_a_full_disk_leaves_the_earlier_files_whole(tmp_path, monkeypatch):
    write(tmp_path, {"a": b"earlier", "b": b"earlier"})
    plain = Path.write_bytes

    def full(path, content):
        if content == b"later b":
            plain(path, content[:1])
            raise OSError(errno.ENOSPC, "No space left on device")
        return plain(path, content)

    monkeypatch.setattr(compare_door.Path, "write_bytes", full)
    with pytest.raises(InputError, match=r"No space left on device\): make room, or choose another folder with --out"):
        write(tmp_path, {"a": b"later", "b": b"later b"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"earlier", "b": b"earlier"}


def test_help_imports_nothing_heavy():
    done = subprocess.run(
        [*COMPARE, "--help"], env=os.environ | {"PYTHONPROFILEIMPORTTIME": "1"}, capture_output=True, text=True
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert done.returncode == 0
    assert "RUN|SWEEP" in done.stdout
    assert "portrait_matting.cli.command" in imported
    assert imported & {"torch", "lightning", "cv2", "numpy", "scipy", "matplotlib", "jinja2", "hydra"} == set()


TINY = [
    "hardware.input_size=48",
    "hardware.batch_size=2",
    "hardware.workers=0",
    "hardware.precision=32-true",
    "data.train=8",
    "data.val=2",
    "data.test=4",
    "data.height=48",
    "data.width=40",
    "trainer.max_epochs=2",
    "trainer.enable_progress_bar=false",
    "learning_rate.max_lr=0.01",
]


@pytest.mark.slow
def test_a_sweep_that_was_trained_is_compared_through_the_real_doors(tmp_path):
    train = [sys.executable, "-m", "portrait_matting.train", "-m", "seed=0,1", "loss=bce,boundary_rmse", *TINY]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    trained = subprocess.run(
        [*train, f"hydra.sweep.dir={tmp_path / 'sweep'}"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert trained.returncode == 0, trained.stderr
    done = subprocess.run([*COMPARE, "sweep"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "over 2 seeds and 4 test portraits" in done.stdout
    found = rows(tmp_path / "sweep")
    assert {one["arm"] for one in found} == {"BCE edge_weight=1", "BoundaryRMSE edge_weight=5"}
    assert len({one["figure"] for one in found}) == 19
    assert all(float(one["peak_memory_gib"]) > 0.1 and float(one["fit_seconds"]) > 0 for one in found)
    page = (tmp_path / "sweep" / "compare.html").read_text()
    assert page.count('aria-label="') >= 6  # the seeds and four curves
    assert page.count("matte of ") == 2 * 4
    assert (tmp_path / "sweep" / "compare.png").stat().st_size > 50_000
