import json
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf

from portrait_matting.comparison.run import DEPTH, curve, find_runs
from portrait_matting.errors import InputError
from portrait_matting.runs.test_scores import write_scores

RECIPE = {
    "loss": {"weights": [1.0, 0.5, 0, 0, 0, 0, 0]},
    "learning_rate": {"max_lr": 0.01, "finder": {"max_lr": 0.03}, "cycle": {"max_lr": 0.01, "policy": "one_cycle"}},
}


@pytest.fixture
def finished():
    """Makes a folder as a finished run leaves it."""

    def make(folder: Path, seed: int = 0) -> Path:
        (folder / "checkpoints").mkdir(parents=True)
        OmegaConf.save(RECIPE | {"seed": seed}, folder / "config.yaml")
        (folder / "metrics.json").write_text(json.dumps({"test/mad": 0.25, "max_lr": 0.01}))
        write_scores(folder / "test_scores.csv", ["a", "b"], {"mad": np.array([0.25, np.nan])})
        return folder

    return make


def folders(runs) -> list[str]:
    return [run.folder.name for run in runs]


def test_a_run_is_what_its_folder_says(finished, tmp_path):
    [run], left_out = find_runs([finished(tmp_path / "run", seed=3)])
    assert not left_out
    assert run.seed == 3
    assert run.config["learning_rate"]["max_lr"] == 0.01
    assert run.config["loss"]["weights"] == {"matte": 1.0, "side1": 0.5}, "plain, and by the outputs' names of today"
    assert run.metrics == {"test/mad": 0.25, "max_lr": 0.01}
    assert run.images == ["a", "b"]
    np.testing.assert_array_equal(run.scores["mad"], [0.25, np.nan])


def test_a_rate_that_was_found_was_asked_for_as_auto(finished, tmp_path):
    (finished(tmp_path / "run") / "lr_finder.csv").touch()
    [run], _ = find_runs([tmp_path / "run"])
    assert run.config["learning_rate"]["max_lr"] == run.config["learning_rate"]["cycle"]["max_lr"] == "auto"
    assert run.config["learning_rate"]["finder"]["max_lr"] == 0.03, "where the finder looked is no rate that it found"
    assert run.metrics["max_lr"] == 0.01


def test_folders_above_runs_are_searched_and_no_run_is_met_twice(finished, tmp_path, monkeypatch):
    for name in ("sweep/loss-bce+seed-0", "sweep/loss-bce+seed-1", "2026-01-01/12-00-00"):
        finished(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    runs, left_out = find_runs([Path("sweep/loss-bce+seed-1"), tmp_path, Path("sweep")])
    assert folders(runs) == ["loss-bce+seed-1", "12-00-00", "loss-bce+seed-0"]
    assert runs[0].folder == Path("sweep/loss-bce+seed-1"), "as it was given first"
    assert not left_out


@pytest.mark.parametrize("name", ["checkpoints", "gallery", "wandb", ".hydra"])
def test_what_lies_in_a_run_is_not_searched(finished, tmp_path, name):
    finished(tmp_path / "run")
    finished(tmp_path / "run" / name / "below")
    assert folders(find_runs([tmp_path])[0]) == ["run"]


def test_the_search_ends_at_some_depth(finished, tmp_path):
    path = tmp_path
    for level in range(DEPTH):
        path /= str(level)
    finished(path)
    finished(path / "deeper")
    assert folders(find_runs([tmp_path])[0]) == [str(DEPTH - 1)]


def test_what_is_left_out_is_named_with_its_reason(finished, tmp_path):
    finished(tmp_path / "good")
    (tmp_path / "begun" / "checkpoints").mkdir(parents=True)
    (finished(tmp_path / "failed") / "metrics.json").unlink()
    (tmp_path / "failed" / "error.txt").write_text("seed=-1 is out of range\n")
    (finished(tmp_path / "older") / "test_scores.csv").unlink()
    (tmp_path / "scored").mkdir()
    for name in ("metrics.json", "report.html"):
        (tmp_path / "scored" / name).write_text("{}")
    runs, left_out = find_runs([tmp_path])
    assert folders(runs) == ["good"]
    assert left_out == [
        f"{tmp_path}/begun is unfinished: it has no metrics.json yet",
        f"{tmp_path}/failed failed: seed=-1 is out of range",
        f"{tmp_path}/older is of an older version, without test_scores.csv: run it again to compare it",
        f"{tmp_path}/scored is an evaluation, not a run: its report.html compares what it scored",
    ]


def test_a_run_that_failed_at_first_and_then_was_finished_counts(finished, tmp_path):
    (finished(tmp_path / "run") / "error.txt").write_text("the disk was full\n")
    assert folders(find_runs([tmp_path])[0]) == ["run"]


@pytest.mark.parametrize(
    "file, text",
    [
        ("metrics.json", "{"),
        ("config.yaml", "a: [1"),
        ("config.yaml", "a: 1"),
        ("config.yaml", "- 1"),
        ("config.yaml", "seed: 1\nlearning_rate: 0.1"),
        ("test_scores.csv", "image,mad\na"),
    ],
)
def test_a_damaged_run_is_left_out(finished, tmp_path, file, text):
    finished(tmp_path / "good")
    (finished(tmp_path / "bad") / file).write_text(text)
    runs, [line] = find_runs([tmp_path])
    assert folders(runs) == ["good"]
    assert line.startswith(f"{tmp_path}/bad")
    assert "\n" not in line


def test_a_path_that_holds_no_run_is_refused(finished, tmp_path):
    good = finished(tmp_path / "good")
    with pytest.raises(InputError, match="nowhere is not a folder"):
        find_runs([good, tmp_path / "nowhere"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty holds no finished run: give"):
        find_runs([good, tmp_path / "empty"])
    for name in ("one", "two"):
        (tmp_path / "begun" / name / "checkpoints").mkdir(parents=True)
    with pytest.raises(InputError, match=r"begun holds no finished run \(.*one is unfinished.*; and 1 more\)"):
        find_runs([tmp_path / "begun"])


def test_a_curve_is_of_the_rows_that_have_it(finished, tmp_path):
    (finished(tmp_path / "run") / "metrics.csv").write_text(
        "epoch,step,lr,val/mad\n0,9,0.1,\n0,9,,0.5\n1,19,0.2,0.4\n1,29,,0.3\n1,19,0.2,0.25\n"
    )
    [run], _ = find_runs([tmp_path])
    steps, values = curve(run, "val/mad")
    assert steps.tolist() == [9, 19, 29]
    assert values.tolist() == [0.5, 0.25, 0.3], "of step 19, which a resumed run did again, the later"
    assert steps.dtype == np.int64
    assert values.dtype == np.float64
    assert [part.size for part in curve(run, "val/iou")] == [0, 0]
    (run.folder / "metrics.csv").unlink()
    assert [part.size for part in curve(run, "val/mad")] == [0, 0]
