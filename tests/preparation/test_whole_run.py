"""A whole preparation, from a source with every fault to a copy that the data set reads, killed or not."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress

import cv2
import numpy as np
import pytest

from portrait_matting.data.easyportrait import EasyPortraitDataset
from portrait_matting.errors import InputError
from portrait_matting.preparation import report
from portrait_matting.preparation.journal import Journal
from portrait_matting.preparation.report import read_prepared, read_rejected
from portrait_matting.prepare import parser, prepare

PREPARE = [sys.executable, "-m", "portrait_matting.prepare"]
TABLES = {"prepared.csv", "rejected.csv", "meta.csv", "settings.json", "statistics.png"}


@pytest.fixture
def no_picture(monkeypatch):
    monkeypatch.setattr(report, "plot", lambda records, path: path.write_bytes(b"drawn"))  # seconds in all of a test


def call(source, output, *flags):
    prepare(parser().parse_args([str(source), str(output), *map(str, flags)]))


def tree(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("layout", "meta"), [("folders", "v2"), ("split_zips", None), ("one_zip", "v1")], ids=lambda value: str(value)
)
def test_every_defect_is_right(build_source, tmp_path, no_picture, capsys, layout, meta):
    built = build_source(tmp_path / "source", layout=layout, meta=meta, defects="all", per_split=2)
    output = tmp_path / "copy"
    call(built.root, output, "--size", 32)

    assert {(record.split, record.name) for record in read_prepared(output / "prepared.csv")} == built.good
    expected = {f"images/{split}/{name}.jpg" for split, name in built.good}
    expected |= {f"annotations/{split}/{name}.png" for split, name in built.good}
    assert tree(output).keys() == expected | TABLES
    for split, name in built.good:
        image = cv2.imread(str(output / f"images/{split}/{name}.jpg"))[..., ::-1]
        height, width = image.shape[:2]
        shrunk = cv2.resize(built.image[split, name], (width, height), interpolation=cv2.INTER_AREA)
        assert min(height, width) == 32
        assert np.abs(image.astype(int) - shrunk).mean() < 4, name
        mask = cv2.imread(str(output / f"annotations/{split}/{name}.png"), cv2.IMREAD_UNCHANGED)
        exact = cv2.resize(built.mask[split, name], (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
        np.testing.assert_array_equal(mask, exact, name)

    reasons = {rejection.file: rejection.reason for rejection in read_rejected(output / "rejected.csv")}
    said = dict(built.unpaired)
    for (split, name), word in built.broken.items():
        said |= {built.path[split, name, kind]: word for kind in ("image", "mask")}
    assert reasons.keys() == said.keys()
    assert {file: reason for file, reason in reasons.items() if said[file] not in reason} == {}
    printed = capsys.readouterr()
    assert f"{len(reasons)} files were refused" in printed.out
    assert str(output / "rejected.csv") in printed.out


def test_nothing_is_enlarged_and_the_data_set_reads_the_copy(build_source, tmp_path, no_picture):
    built = build_source(tmp_path / "source", layout="mixed", defects=["exif_6"], per_split=2)
    call(built.root, tmp_path / "copy", "--size", 512)
    for split in ("train", "val", "test"):
        portraits = EasyPortraitDataset(tmp_path / "copy", split)
        assert len(portraits) == sum(key[0] == split for key in built.good)
        for (image_path, _), (image, alpha) in zip(portraits.pairs, map(portraits.__getitem__, range(9)), strict=False):
            mask = built.mask[split, image_path.stem]
            assert image.shape == (*mask.shape, 3)
            np.testing.assert_array_equal(alpha, mask > 0)


@pytest.mark.slow  # pymatting compiles itself for a minute where it was never imported
def test_soft_targets_are_written_beside_the_masks(build_source, tmp_path, no_picture):
    pytest.importorskip("pymatting")
    built = build_source(tmp_path / "source", per_split=1)
    call(built.root, tmp_path / "copy", "--size", 48, "--targets", "soft", "--band", 0.1, "--workers", 1)
    for split, name in built.good:
        alpha = cv2.imread(str(tmp_path / f"copy/alphas/{split}/{name}.png"), cv2.IMREAD_UNCHANGED)
        mask = cv2.imread(str(tmp_path / f"copy/annotations/{split}/{name}.png"), cv2.IMREAD_UNCHANGED) > 0
        assert (alpha.dtype, alpha.shape) == (np.uint8, mask.shape)
        sure = cv2.dilate(mask.astype(np.uint8), np.ones((9, 9))) == cv2.erode(mask.astype(np.uint8), np.ones((9, 9)))
        np.testing.assert_array_equal(alpha[sure], mask[sure] * np.uint8(255))
        assert ((alpha[~sure] > 0) & (alpha[~sure] < 255)).any()
    with pytest.raises(InputError, match="--targets soft, this is --targets hard"):
        call(built.root, tmp_path / "copy", "--size", 48)


def test_a_finished_copy_is_left_as_it_is(build_source, tmp_path, capsys):
    built = build_source(tmp_path / "source", per_split=2, defects=["id_9", "image_alone"])
    call(built.root, tmp_path / "copy", "--size", 32, "--workers", 1)
    before = tree(tmp_path / "copy")
    call(built.root, tmp_path / "copy", "--size", 32, "--workers", 2)
    assert tree(tmp_path / "copy") == before


def test_what_a_kill_leaves_becomes_what_an_undisturbed_run_writes(build_source, tmp_path, no_picture):
    """The moment made by hand: half a journal line, half a file, a mask moved before its image, one not yet listed."""
    built = build_source(tmp_path / "source", per_split=4, defects="all")
    output = tmp_path / "copy"
    call(built.root, output, "--size", 32)
    undisturbed = tree(output)
    records = read_prepared(output / "prepared.csv")
    for name in TABLES - {"settings.json"}:
        (output / name).unlink()
    (output / ".unfinished").mkdir()
    (output / ".unfinished" / "4711").write_bytes(b"half")
    with Journal(output / ".unfinished" / "journal") as journal:
        journal.add(records[:-2])
    whole = (output / ".unfinished" / "journal").read_bytes()
    (output / ".unfinished" / "journal").write_bytes(whole[:-30])
    (output / f"images/{records[-1].split}/{records[-1].name}.jpg").unlink()
    call(built.root, output, "--size", 32)
    assert tree(output) == undisturbed


def test_two_settings_do_not_mix(build_source, tmp_path, no_picture):
    built = build_source(tmp_path / "source", per_split=1)
    call(built.root, tmp_path / "copy", "--size", 32)
    before = tree(tmp_path / "copy")
    for flags in (["--size", 48], ["--size", 32, "--quality", 80]):
        with pytest.raises(InputError, match=rf"{flags[-2]} \w+, this is {flags[-2]} {flags[-1]}"):
            call(built.root, tmp_path / "copy", *flags)
    assert tree(tmp_path / "copy") == before


def test_a_source_without_a_single_good_portrait_is_an_error(build_source, tmp_path):
    built = build_source(tmp_path / "source", per_split=0, defects=["id_9", "mask_alone"])
    with pytest.raises(InputError, match=r"no portrait of .* could be prepared, 3 files were refused: .*rejected\.csv"):
        call(built.root, tmp_path / "copy")
    assert len(read_rejected(tmp_path / "copy" / "rejected.csv")) == 3


def begin(source, output, workers=2):
    """A preparation in a session of its own, as a shell starts one."""
    return subprocess.Popen(
        [*PREPARE, str(source), str(output), "--size", "200", "--workers", str(workers)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def journal_length(output):
    with suppress(OSError):
        return len((output / ".unfinished" / "journal").read_bytes())
    return 0


@pytest.mark.parametrize("whole_group", [pytest.param(True, marks=pytest.mark.slow), False], ids=["group", "main"])
@pytest.mark.parametrize("sign, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"])
def test_to_be_stopped_is_one_line_and_no_worker_stays(build_source, tmp_path, sign, code, whole_group):
    built = build_source(tmp_path / "source", per_split=40, size=(400, 500))
    process = begin(built.root, tmp_path / "copy", workers=1)
    while not journal_length(tmp_path / "copy") and process.poll() is None:
        time.sleep(0.01)
    (os.killpg if whole_group else os.kill)(process.pid, sign)
    _, said = process.communicate(timeout=30)  # until the last process that holds stderr has ended
    assert process.returncode == code, said
    assert "Traceback" not in said
    assert re.fullmatch(r"stopped: \d+ of 120 are done; the same command resumes it", said.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("whole_group", [pytest.param(True, marks=pytest.mark.slow), False], ids=["group", "main"])
def test_killed_at_ten_random_moments_it_writes_what_an_undisturbed_run_writes(build_source, tmp_path, whole_group):
    built = build_source(tmp_path / "source", layout="zips", defects="all", per_split=60, size=(500, 600))
    process = begin(built.root, tmp_path / "undisturbed")
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    moment, kills, lengths = random.Random(7), 0, []
    for _ in range(40):  # a kill that comes too late does not count, how often depends on the machine
        before = journal_length(tmp_path / "copy")
        more = moment.choice([-1, moment.randrange(10_000)])  # bytes of about 70,000; -1: while it starts
        process = begin(built.root, tmp_path / "copy")
        while journal_length(tmp_path / "copy") <= before + more and process.poll() is None:
            time.sleep(0.002)
        time.sleep(moment.uniform(0, 0.8 if more < 0 else 0.05))
        with suppress(ProcessLookupError):  # it has ended by itself, and been waited for
            (os.killpg if whole_group else os.kill)(process.pid, signal.SIGKILL)
        if process.wait() == -signal.SIGKILL:
            kills += 1
            lengths.append(journal_length(tmp_path / "copy"))
        else:
            assert process.returncode == 0
            assert tree(tmp_path / "copy") == tree(tmp_path / "undisturbed")
            shutil.rmtree(tmp_path / "copy")
        if kills == 10:
            break
    assert kills == 10
    assert len(set(lengths)) > 1, lengths  # some came after work was done
    _, said = begin(built.root, tmp_path / "copy").communicate(timeout=120)
    assert "Traceback" not in said
    assert tree(tmp_path / "copy") == tree(tmp_path / "undisturbed")
    assert json.loads((tmp_path / "copy" / "settings.json").read_text())["size"] == 200
