import errno
import multiprocessing
import os
import shutil
import signal
from collections import namedtuple
from dataclasses import replace

import pytest

from portrait_matting.errors import InputError
from portrait_matting.preparation import copy as module
from portrait_matting.preparation.copy import copy
from portrait_matting.preparation.journal import Journal, read_journal
from portrait_matting.preparation.output import Output
from portrait_matting.preparation.pairing import pair_entries
from portrait_matting.preparation.settings import Settings
from portrait_matting.preparation.source import Source

SETTINGS = Settings(size=32)


class Bar:
    """Stands in for the progress bar, and calls `on_update` at the first step."""

    def __init__(self, on_update):
        self.on_update = on_update

    def __call__(self, total, done):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def update(self, count):
        self.on_update()


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr(module, "portrait_bar", Bar(lambda: None))


@pytest.fixture
def output(tmp_path):
    made = Output(tmp_path / "copy")
    made.open(SETTINGS)
    yield made
    made.close()


@pytest.fixture
def run(output):
    def run(root, workers=1):
        source = Source(root)
        return copy(source, *pair_entries(source.entries, source.meta), output, SETTINGS, workers)

    return run


def tree(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def pictures(root):
    return {name: content for name, content in tree(root).items() if name.split("/")[0] in ("images", "annotations")}


def test_the_journal_lists_what_is_done_and_a_second_call_does_nothing(build_source, tmp_path, run, output):
    built = build_source(tmp_path / "source", per_split=3)
    first = run(built.root, workers=2)
    assert (first.done, first.rejections) == (9, [])
    assert {(record.split, record.name) for record in first.records} == built.good
    assert sorted(read_journal(output.unfinished / "journal")) == first.records
    before = {path: path.stat().st_mtime_ns for path in output.root.rglob("*.jpg")}
    second = run(built.root)
    assert (second.done, second.records) == (0, first.records)
    assert {path: path.stat().st_mtime_ns for path in output.root.rglob("*.jpg")} == before


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_portrait_whose_files_are_not_whole_is_done_again(build_source, tmp_path, run, output, damage):
    built = build_source(tmp_path / "source", per_split=1)
    run(built.root)
    before = pictures(output.root)
    path = output.root / "annotations/val/val_000.png"
    path.unlink() if damage == "missing" else os.truncate(path, 10)
    assert run(built.root).done == 1
    assert pictures(output.root) == before


def test_a_changed_original_is_done_again(build_source, tmp_path, run, output):
    built = build_source(tmp_path / "source", per_split=1)
    run(built.root)
    other = build_source(tmp_path / "other", per_split=1, size=(70, 90))
    for top in ("images/train/train_000.jpg", "annotations/train/train_000.png"):
        shutil.copy(other.root / top, built.root / top)
    again = run(built.root)
    assert again.done == 1
    [record] = [record for record in again.records if record.split == "train"]
    assert (record.height, record.width) == (70, 90)


def test_a_portrait_that_is_refused_now_loses_its_files(build_source, tmp_path, run, output):
    built = build_source(tmp_path / "source", per_split=2)
    run(built.root)
    (built.root / "annotations/train/train_000.png").write_bytes(b"broken")
    (built.root / "images/val/val_001.jpeg").write_bytes(b"a second one of that name")
    made = run(built.root)
    gone = {("train", "train_000"), ("val", "val_001")}
    assert {(record.split, record.name) for record in made.records} == built.good - gone
    assert not [name for name in pictures(output.root) if name.split(".")[0].split("/", 1)[1] in map("/".join, gone)]
    assert len(made.rejections) == 2 + 3


def test_one_split_after_the_other_fills_the_same_copy(build_source, tmp_path, run, output):
    """The masks of all splits come in one zip: beside val's photos, train's masks are alone and say nothing."""
    whole = build_source(tmp_path / "source", layout="split_zips", per_split=2)
    for split in ("train", "val", "test"):
        part = tmp_path / split
        part.mkdir()
        for name in (f"{split}.zip", "annotations.zip", "meta.zip"):
            shutil.copy(whole.root / name, part)
    assert run(tmp_path / "train").done == 2
    made = run(tmp_path / "val")
    assert {split for split, _ in {(record.split, record.name) for record in made.records}} == {"train", "val"}
    assert {one.split for one in made.rejections} == {"test"}  # masks whose photos neither source had
    made = run(tmp_path / "test")
    assert {(record.split, record.name) for record in made.records} == whole.good
    assert made.rejections == []


def test_a_user_or_a_name_of_another_split_of_the_copy_is_refused(build_source, tmp_path, run):
    """What `pair_entries` cannot see where the splits come from two sources."""
    first = build_source(tmp_path / "first", per_split=3)
    second = build_source(tmp_path / "second", per_split=3)
    user = first.user["val_000"]
    text = (second.root / "meta.csv").read_text().replace(second.user["train_000"], user)
    (second.root / "meta.csv").write_text(text)
    for top, suffix in (("images", "jpg"), ("annotations", "png")):
        shutil.rmtree(first.root / top / "train")
        shutil.rmtree(second.root / top / "val")
        (second.root / top / "test/test_000").with_suffix(f".{suffix}").rename(
            second.root / top / f"test/val_002.{suffix}"
        )
    run(first.root)
    made = run(second.root)
    added = {(record.split, record.name) for record in made.records} - {("val", f"val_00{n}") for n in range(3)}
    assert added == {("train", "train_002"), ("test", "test_001"), ("test", "test_002")} | {
        ("test", "test_000")  # of the first source, whose file of that name stays
    }
    reasons = {rejection.file: rejection.reason for rejection in made.rejections}
    assert reasons["images/train/train_001.jpg"] == f"user {user!r} is in val of this copy too"
    assert reasons["annotations/test/val_002.png"].endswith("is in val of this copy too")
    assert len(reasons) == 6
    assert run(second.root).rejections == made.rejections


def test_users_of_a_later_meta_table_are_taken_over(build_source, tmp_path, run):
    built = build_source(tmp_path / "source", per_split=2)
    table = built.root / "meta.csv"
    text = table.read_bytes()
    table.unlink()
    assert {record.user for record in run(built.root).records} == {""}
    table.write_bytes(text)
    made = run(built.root)
    assert made.done == 0
    assert {record.name: record.user for record in made.records} == built.user


def test_a_disk_too_small_is_refused_before_anything_is_written(build_source, tmp_path, run, output, monkeypatch):
    built = build_source(tmp_path / "source", per_split=9)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**12, 10**12, 20_000))
    with pytest.raises(InputError, match=r"has 20\.0 kB free, and 27 portraits need about \d+\.\d kB: free space"):
        run(built.root)
    assert pictures(output.root) == {}


def test_a_disk_that_fills_all_the_same_is_one_line(build_source, tmp_path, run, output, monkeypatch):
    built = build_source(tmp_path / "source", per_split=9)

    def full(journal, records):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "add", full)
        with pytest.raises(InputError, match=r"cannot be written \(No space left on device\); 0 of 27 are done"):
            run(built.root)
    assert run(built.root).done == 27


def test_a_source_that_has_gone_is_no_refusal_of_its_files(build_source, tmp_path, run, output, monkeypatch):
    built = build_source(tmp_path / "source", per_split=9)
    run(built.root)
    (output.root / "images/train/train_000.jpg").unlink()
    monkeypatch.setattr(module, "portrait_bar", Bar(lambda: built.root.rename(tmp_path / "elsewhere")))
    with pytest.raises(InputError, match="is gone"):
        run(built.root)
    assert len(pictures(output.root)) == 2 * 27


def test_a_killed_worker_is_said_and_nothing_hangs(build_source, tmp_path, run, output, monkeypatch):
    built = build_source(tmp_path / "source", per_split=20)

    def kill():
        for child in multiprocessing.active_children():
            os.kill(child.pid, signal.SIGKILL)

    with monkeypatch.context() as patched:
        patched.setattr(module, "portrait_bar", Bar(kill))
        with pytest.raises(InputError, match=r"a worker process was killed.*of 60 are done.*--workers 1"):
            run(built.root, workers=2)
    assert {(record.split, record.name) for record in run(built.root).records} == built.good


def test_ctrl_c_ends_the_workers_and_says_how_far_it_came(build_source, tmp_path, run, output, monkeypatch):
    built = build_source(tmp_path / "source", per_split=20)
    others = set(multiprocessing.active_children())

    def interrupt():
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, "portrait_bar", Bar(interrupt))
        with pytest.raises(KeyboardInterrupt, match=r"stopped: \d+ of 60 are done; the same command resumes it"):
            run(built.root)
    assert set(multiprocessing.active_children()) == others
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    done = read_journal(output.unfinished / "journal")
    assert 0 < len(done) < 60
    assert run(built.root).done == 60 - len(done)


def test_rows_of_vanished_files_go(build_source, tmp_path, run, output):
    built = build_source(tmp_path / "source", per_split=1)
    first = run(built.root)
    with Journal(output.unfinished / "journal") as journal:
        journal.add([replace(first.records[0], name="never_there")])
    assert run(built.root).records == first.records
