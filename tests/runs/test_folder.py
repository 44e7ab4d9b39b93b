import json
import os

import pytest

from portrait_matting.errors import InputError
from portrait_matting.runs.folder import LAST, find_resume, open_run, report, write_metrics

NEW = "2026-01-02/09-00-00"


def test_last_means_this_runs_own_else_the_newest_run(tmp_path):
    def run(name, age):
        path = tmp_path / name / "checkpoints" / "last.ckpt"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"")
        os.utime(path, (age, age))
        return path

    with pytest.raises(InputError, match=r"finds no checkpoints/last\.ckpt"):
        find_resume(tmp_path / NEW)
    run("2026-01-01/10-00-00", age=100)
    newest = run("2026-01-01/11-00-00", age=200)
    assert find_resume(tmp_path / NEW) == newest
    own = run(NEW, age=50)
    assert find_resume(tmp_path / NEW) == own
    with pytest.raises(InputError, match="name the file"):
        find_resume(tmp_path / "my own" / "folder")


def test_a_folder_is_made_and_opened_again_only_to_go_on(tmp_path):
    open_run(tmp_path / "new", None)
    open_run(tmp_path / "new", None)  # empty still
    (tmp_path / "new" / LAST).write_bytes(b"")
    with pytest.raises(InputError, match="already holds a run"):
        open_run(tmp_path / "new", None)
    open_run(tmp_path / "new", "last")


def test_a_folder_below_a_file_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"file/run cannot be written \(Not a directory\).*hydra\.run\.dir=DIR"):
        open_run(tmp_path / "file/run", None)


def test_metrics_are_written_whole_and_shown(tmp_path):
    metrics = {"test/mad": 0.0123456, "parameters": 1131181}
    write_metrics(tmp_path, metrics)
    assert json.loads((tmp_path / "metrics.json").read_text()) == metrics
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.json"]
    shown = report(tmp_path, metrics)
    assert "0.0123456" in shown
    assert "samples.png" not in shown, "there is none"
    (tmp_path / "samples.png").write_bytes(b"")
    assert str(tmp_path / "samples.png") in report(tmp_path, metrics)
