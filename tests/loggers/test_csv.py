import csv
from pathlib import Path

import pytest

from portrait_matting.loggers.csv import csv_logger


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open(newline="") as file:
        return [{key: value for key, value in row.items() if value} for row in csv.DictReader(file)]


def log(folder: Path, steps, name="train/loss", **arguments) -> None:
    logger = csv_logger(str(folder), **arguments)
    for step in steps:
        logger.log_metrics({name: step / 8, "epoch": 0}, step)
    logger.finalize("success")


def test_a_resumed_run_goes_on_below_its_rows(tmp_path, recwarn):
    log(tmp_path, [0, 1])
    before = rows(tmp_path)
    log(tmp_path, [2], name="val/mad", resume="last")  # another column, and again
    log(tmp_path, [3], resume="checkpoints/last.ckpt")
    assert rows(tmp_path)[:2] == before
    assert rows(tmp_path)[2:] == [
        {"epoch": "0", "step": "2", "val/mad": "0.25"},
        {"epoch": "0", "step": "3", "train/loss": "0.375"},
    ]
    assert not recwarn.list


def test_a_new_run_starts_empty(tmp_path):
    log(tmp_path, [0, 1])
    log(tmp_path, [5])
    assert [row["step"] for row in rows(tmp_path)] == ["5"]


def test_a_run_resumed_in_a_folder_of_its_own(tmp_path):
    log(tmp_path, [7], resume="elsewhere/last.ckpt")
    assert [row["step"] for row in rows(tmp_path)] == ["7"]


def test_rows_survive_a_resumed_run_that_fails_at_once(tmp_path):
    log(tmp_path, [0, 1])
    before = rows(tmp_path)
    csv_logger(str(tmp_path), resume="last")
    assert rows(tmp_path) == before


@pytest.mark.parametrize("lost", [2, 3, 8, 12])  # bytes; the row is "0,1,0.125" and a line end of two
def test_a_row_that_a_kill_left_unfinished_is_dropped(lost, tmp_path):
    log(tmp_path, [0, 1])
    text = (tmp_path / "metrics.csv").read_bytes()
    (tmp_path / "metrics.csv").write_bytes(text[:-lost])
    log(tmp_path, [1], resume="last")
    assert [row["step"] for row in rows(tmp_path)] == ["0", "1"]
    assert rows(tmp_path)[1]["train/loss"] == "0.125"


def test_an_empty_file_is_no_obstacle(tmp_path):
    (tmp_path / "metrics.csv").touch()
    log(tmp_path, [4], resume="last")
    assert [row["step"] for row in rows(tmp_path)] == ["4"]


def test_rows_are_written_while_the_run_goes_on(tmp_path):
    logger = csv_logger(str(tmp_path), flush_every=5)
    for step in range(7):
        logger.log_metrics({"lr": 0.5}, step)
    assert len(rows(tmp_path)) == 5
