import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from portrait_matting.errors import InputError
from portrait_matting.loggers.wandb import close_loggers, wandb_logger


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


@pytest.mark.parametrize("project", ["a/b:c", "50%", "x" * 129])
def test_a_project_that_wandb_refuses_is_one_line_before_any_work(project, tmp_path):
    with pytest.raises(InputError, match=r"^project=.* is refused by wandb \(.*choose another name$"):
        wandb_logger(str(tmp_path), project=project, name="a/b:c", group=None)
    assert not list(tmp_path.iterdir())
