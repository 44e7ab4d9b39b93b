import csv
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from portrait_matting.errors import InputError
from portrait_matting.loggers.wandb import close_loggers, csv_logger, tensorboard_logger, wandb_logger


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


def test_tensorboard_writes_into_the_runs_folder(tmp_path):
    pytest.importorskip("tensorboard")
    logger = tensorboard_logger(str(tmp_path))
    logger.log_metrics({"train/loss": 0.5}, 0)
    logger.finalize("success")
    assert [path.name.split(".")[1] for path in tmp_path.glob("*")] == ["out"], "event files alone"


def test_tensorboard_shows_tidy_names_and_no_epoch(tmp_path):
    pytest.importorskip("tensorboard")
    logger = tensorboard_logger(str(tmp_path))
    shown = []
    logger.experiment.add_scalar = lambda *arguments: shown.append(arguments)
    logger.log_metrics({"lr": 0.5, "train/loss_side2": 0.25, "epoch": 1}, 3)
    assert shown == [("schedule/lr", 0.5, 3), ("outputs/side2", 0.25, 3)]


def test_tensorboard_that_is_not_installed(tmp_path, monkeypatch):
    def missing(*arguments, **keywords):
        raise ModuleNotFoundError("tensorboard")

    monkeypatch.setattr("portrait_matting.loggers.wandb._TensorBoard", missing)
    with pytest.raises(InputError, match=r"logger=tensorboard .*pip install"):
        tensorboard_logger(str(tmp_path))


def without_an_account(code: str, home: Path) -> subprocess.CompletedProcess:
    """Runs code where wandb has no key, no home and nobody to ask."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WANDB_", "NETRC"))}
    return subprocess.run(
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        cwd=home,
        env=kept | {"HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])},
    )


@pytest.mark.slow
def test_wandb_offline_needs_no_account(tmp_path):
    """Two runs of one process, as in a sweep: a folder each, once the first is finished."""
    code = """
import wandb
from portrait_matting.loggers.wandb import wandb_logger
for job in range(2):
    logger = wandb_logger("job%d" % job, project="p", name=None, group="sweep")
    logger.log_metrics({"val/mad": 0.5}, step=1)
    logger.finalize("success")
    wandb.finish()
"""
    for job in range(2):
        (tmp_path / f"job{job}").mkdir()
    done = without_an_account(code, tmp_path)
    assert done.returncode == 0, done.stderr
    folders = [list((tmp_path / f"job{job}" / "wandb").glob("offline-run-*")) for job in range(2)]
    assert [len(found) for found in folders] == [1, 1]
    assert folders[0][0].name != folders[1][0].name
    assert all(list(found[0].glob("run-*.wandb")) for found in folders)
    assert "deprecated" not in done.stderr
    assert "API key" not in done.stdout + done.stderr


@pytest.mark.slow
def test_wandb_online_needs_a_key_and_asks_neither_a_person_nor_the_network_for_it(tmp_path):
    code = """
import os, socket
def connect(self, address):
    assert self.family == socket.AF_UNIX, address
    return plain(self, address)
plain, socket.socket.connect = socket.socket.connect, connect
from portrait_matting.errors import InputError
from portrait_matting.loggers.wandb import wandb_logger
try:
    wandb_logger(".", project="p", name=None, group=None, online=True)
except InputError as error:
    print("refused:", error)
os.environ["WANDB_API_KEY"] = "a" * 40
print(wandb_logger(".", project="p", name=None, group=None, online=True)._offline)
"""
    done = without_an_account(code, tmp_path)
    assert done.returncode == 0, done.stderr
    refused, offline = done.stdout.splitlines()
    assert refused.startswith("refused: logger.wandb.online=true needs a key")
    assert offline == "False"
    assert "deprecated" not in done.stderr


def test_wandb_gets_the_runs_own_names(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_DATA_DIR", "")
    logger = wandb_logger(str(tmp_path), project="p", name="n", group="g")
    given = {key: logger._wandb_init[key] for key in ("dir", "project", "name", "group", "id")}
    assert given == {"dir": str(tmp_path), "project": "p", "name": "n", "group": "g", "id": None}
    assert logger._offline
    assert "anonymous" not in logger._wandb_init, "wandb warns of it"


def test_wandb_shows_tidy_names(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_DATA_DIR", "")
    logger = wandb_logger(str(tmp_path), project="p", name=None, group=None)
    shown = []
    logger._experiment = types.SimpleNamespace(log=shown.append)
    logger.log_metrics({"train/loss_step": 0.5, "epoch": 1}, 3)
    assert shown == [{"train/loss": 0.5, "epoch": 1, "trainer/global_step": 3}]


@pytest.mark.parametrize(
    "folders, resume, wanted",
    [
        (["offline-run-20260101_120000-first", "offline-run-20260102_120000-second"], "last", "second"),
        (["run-20260103_120000-third", "offline-run-20260102_120000-second"], "a/last.ckpt", "third"),
        (["offline-run-20260101_120000-first"], None, None),
        ([], "last", None),
    ],
)
def test_a_resumed_run_keeps_its_id_in_wandb(folders, resume, wanted, tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_DATA_DIR", "")
    for folder in folders:
        (tmp_path / "wandb" / folder).mkdir(parents=True)
    logger = wandb_logger(str(tmp_path), project="p", name=None, group=None, resume=resume)
    assert logger._wandb_init["id"] == wanted


def test_what_wandb_keeps_lies_in_the_runs_folder_job_after_job(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_DATA_DIR", "")
    for job in ("a", "b"):
        wandb_logger(str(tmp_path / job), project="p", name=None, group=None)
        assert os.environ["WANDB_DATA_DIR"] == str(tmp_path / job / "wandb")
        close_loggers(failed=False)
        assert "WANDB_DATA_DIR" not in os.environ
    monkeypatch.setenv("WANDB_DATA_DIR", "elsewhere")
    wandb_logger(str(tmp_path / "c"), project="p", name=None, group=None)
    close_loggers(failed=False)
    assert os.environ["WANDB_DATA_DIR"] == "elsewhere"
