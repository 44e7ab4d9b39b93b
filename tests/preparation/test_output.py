import os
import pickle
from pathlib import Path

import pytest

from portrait_matting.errors import InputError
from portrait_matting.preparation import output as module
from portrait_matting.preparation.output import Output, check_place
from portrait_matting.preparation.settings import Settings


@pytest.fixture
def output(tmp_path):
    made = Output(tmp_path / "deep" / "copy")
    made.open(Settings())
    yield made
    made.close()


def test_settings_are_written_first(output):
    assert (output.root / "settings.json").read_text() == Settings().text()
    assert [path.name for path in output.unfinished.iterdir()] == []


def test_a_file_is_whole_and_leaves_nothing_else(output):
    output.write("rejected.csv", b"abc")
    assert (output.root / "rejected.csv").read_bytes() == b"abc"
    assert list(output.unfinished.iterdir()) == []
    output.finish()
    assert not output.unfinished.exists()


def test_a_second_preparation_is_refused_while_the_first_or_a_worker_of_it_lives(output, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    worker, second = pickle.loads(pickle.dumps(output)), Output(output.root)
    worker.join()
    for holder in (output, worker):
        with pytest.raises(InputError, match="another preparation is at work"):
            second.open(Settings())
        holder.close()
    second.open(Settings())
    with pytest.raises(InputError, match="another preparation is at work"):
        output.open(Settings())
    second.close()


def test_a_refusal_says_who_is_at_work(output, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    with pytest.raises(InputError, match=rf"another preparation is at work .*process {os.getpid()} on "):
        Output(output.root).open(Settings())


def test_a_refused_preparation_holds_nothing(output):
    output.close()
    with pytest.raises(InputError, match="size"):
        Output(output.root).open(Settings(size=99))
    output.open(Settings())


def test_left_overs_go_and_the_journal_stays(output):
    output.close()
    (output.unfinished / "4711").write_bytes(b"half a file")
    (output.unfinished / "journal").write_bytes(b"line\n")
    output.open(Settings())
    assert [path.name for path in output.unfinished.iterdir()] == ["journal"]


def test_a_kill_before_the_settings_were_written_does_no_harm(tmp_path):
    (tmp_path / "settings.json").touch()
    output = Output(tmp_path)
    output.open(Settings(size=99))
    assert (tmp_path / "settings.json").read_text() == Settings(size=99).text()
    output.close()


def test_a_folder_with_other_things_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(InputError, match="holds other things"):
        Output(tmp_path).open(Settings())
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    for root in (tmp_path / "file", tmp_path / "file" / "copy"):
        with pytest.raises(InputError, match=r"cannot be written .*: give another OUTPUT"):
            Output(root).open(Settings())


@pytest.mark.parametrize("place", [".", "images", "images/copy", "annotations/train", "../source"])
def test_an_output_among_the_originals_is_refused(tmp_path, place):
    source = tmp_path / "source"
    (source / "images").mkdir(parents=True)
    with pytest.raises(InputError, match="give"):
        check_place(source, source / place)


@pytest.mark.parametrize("place", ["copy", "../copy", "../images"])
def test_an_output_elsewhere_is_allowed(tmp_path, place):
    (tmp_path / "source").mkdir()
    check_place(tmp_path / "source", Path(tmp_path / "source" / place))
