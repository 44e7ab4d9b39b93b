"""A folder labelled from beginning to end: by mattes and by a network, stopped, killed, gone on with, trained on."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

from portrait_matting.data.folder import FolderDataModule
from portrait_matting.errors import InputError
from portrait_matting.label import label, parser
from portrait_matting.labelling.fill import fill
from portrait_matting.labelling.label_file import read_mark
from portrait_matting.labelling.photos import find_photos

LABEL = [sys.executable, "-m", "portrait_matting.label"]
LOADING = {"input_size": 16, "batch_size": 1, "workers": 0, "augment": [], "seed": 0}


def call(*flags):
    label(parser().parse_args([*map(str, flags), "--workers", "1"]))


def tree(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def pairs(output):
    data = FolderDataModule(root=str(output), **LOADING)
    return sorted(name for split in ("train", "val", "test") for name in data.portraits(split).names)


NAMES = ["0", "1", "2", "3", "4", "5", "anna/6", "anna/7", "anna/8"]


def test_mattes_become_a_folder_that_data_folder_takes(photos, tmp_path, capsys):
    call(photos, tmp_path / "out", "--mattes", tmp_path / "mattes")
    assert pairs(tmp_path / "out") == NAMES
    files = {f"images/{name}.jpg" for name in NAMES} | {f"alphas/{name}.png" for name in NAMES}
    assert tree(tmp_path / "out").keys() == files | {"labels.json", "labels.csv", "rejected.csv"}
    assert (tmp_path / "out/images/anna/6.jpg").samefile(photos / "anna/6.jpg")
    for name in NAMES:
        ours, given = (cv2.imread(str(tmp_path / place / f"{name}.png"), 0) for place in ("out/alphas", "mattes"))
        np.testing.assert_array_equal(ours, given)
    said = capsys.readouterr().out
    assert "9 photos have a label in" in said
    assert "data=folder" in said
    note = json.loads((tmp_path / "out/labels.json").read_text())
    assert (note["source"], note["name"], note["kind"]) == ("mattes", "mattes", None)


def test_bad_photos_are_named_and_the_others_go_on(photos, tmp_path, capsys):
    (photos / "0.jpg").write_bytes(b"no photo")
    (photos / "1.jpg").write_bytes((photos / "1.jpg").read_bytes()[:-2])
    (photos / "phone.heic").write_bytes(b"....ftypheic")
    (photos / "gone.jpg").symlink_to("nowhere.jpg")
    (tmp_path / "mattes/2.png").unlink()
    cv2.imwrite(str(tmp_path / "mattes/3.png"), np.zeros((40, 40), np.uint8))
    call(photos, tmp_path / "out", "--mattes", tmp_path / "mattes")
    assert pairs(tmp_path / "out") == NAMES[4:]
    reasons = {row["photo"]: row["reason"] for row in rows(tmp_path / "out/rejected.csv")}
    assert reasons.keys() == {"0.jpg", "1.jpg", "2.jpg", "3.jpg", "gone.jpg", "phone.heic"}
    assert reasons["0.jpg"].startswith("cannot be decoded as an image")
    assert "truncated JPEG" in reasons["1.jpg"]
    assert reasons["2.jpg"] == "there is no matte of its name"
    assert "3.png is 40x40" in reasons["3.jpg"]
    assert reasons["gone.jpg"].startswith("is a link to nothing")
    assert reasons["phone.heic"] == ".heic is not read: save it as JPEG"
    said = capsys.readouterr().out
    assert "6 photos have no label" in said
    assert "  2.jpg: there is no matte of its name" in said


def test_a_second_call_does_what_has_changed(photos, tmp_path, capsys):
    out, mattes = tmp_path / "out", tmp_path / "mattes"
    call(photos, out, "--mattes", mattes)
    before = tree(out)
    capsys.readouterr()
    call(photos, out, "--mattes", mattes)
    assert tree(out) == before
    assert "9 photos have a label" in (said := capsys.readouterr().out)
    assert "0 labelled now" in said
    cv2.imwrite(str(mattes / "0.png"), np.full((40, 32), 77, np.uint8))  # another matte
    os.rename(photos / "1.jpg", photos / "1.png")  # what is in it counts, not the suffix: it is read all the same
    (photos / "2.jpg").write_bytes(b"no photo any more")
    (photos / "3.jpg").unlink()
    call(photos, out, "--mattes", mattes)
    assert pairs(out) == [name for name in NAMES if name != "2"]
    assert (out / "images/1.png").is_file()
    assert cv2.imread(str(out / "alphas/0.png"), 0).max() == 77
    said = capsys.readouterr().out
    assert "8 photos have a label" in said
    assert "1 labelled now" in said
    assert "that is with 1 of an earlier call" in said
    assert tree(out)["alphas/anna/6.png"] == before["alphas/anna/6.png"]


def test_a_disk_with_the_photos_that_is_pulled_out_costs_no_label(photos, tmp_path, monkeypatch):
    call(photos, tmp_path / "out", "--mattes", tmp_path / "mattes")
    before = tree(tmp_path / "out")
    found = find_photos(photos)
    os.rename(photos, tmp_path / "away")
    monkeypatch.setattr("portrait_matting.labelling.photos.find_photos", lambda folder: found)
    monkeypatch.setattr("portrait_matting.labelling.folder.check_place", lambda *_: None)
    with pytest.raises(InputError, match=r"photos is gone: mount or restore it, and the same command goes on"):
        call(photos, tmp_path / "out", "--mattes", tmp_path / "mattes")
    left = tree(tmp_path / "out")
    assert {name: left[name] for name in before} == before


def test_nothing_at_all_is_an_error(photos, tmp_path):
    (tmp_path / "others").mkdir()
    cv2.imwrite(str(tmp_path / "others/x.png"), np.zeros((40, 32), np.uint8))
    with pytest.raises(InputError, match=r"no photo of .*photos got a label, 9 were refused: .*rejected.csv says why"):
        call(photos, tmp_path / "out", "--mattes", tmp_path / "others")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty holds no photo: give a folder of"):
        call(tmp_path / "empty", tmp_path / "o", "--mattes", tmp_path / "mattes")
    (tmp_path / "empty/a.heic").write_bytes(b"")
    with pytest.raises(InputError, match=r"holds no photo, only 1 \.heic, which are not read: save them as JPEG"):
        call(tmp_path / "empty", tmp_path / "o", "--mattes", tmp_path / "mattes")
    (photos / "0.png").write_bytes(b"")
    with pytest.raises(InputError, match="have one stem: rename or remove one of them"):
        call(photos, tmp_path / "o", "--mattes", tmp_path / "mattes")
    assert not (tmp_path / "o").exists()


class TestByANetwork:
    @pytest.fixture(autouse=True)
    def runtime(self):
        pytest.importorskip("onnxruntime")

    def test_what_is_doubtful_is_left_out_and_listed(self, photos, network, tmp_path, capsys):
        """Noise is blurred where a crop of it is enlarged: the network's mean of the colours is another one there."""
        noise = np.random.default_rng(0).integers(0, 2, (32, 32, 1), np.uint8) * np.full(3, 255, np.uint8)
        cv2.imwrite(str(photos / "noise.png"), noise)
        out = tmp_path / "out"
        call(photos, out, "--network", network)
        assert pairs(out) == NAMES
        assert {path.name for path in (out / "left_out").iterdir()} == {"noise.png"}
        listed = {row["name"]: row for row in rows(out / "labels.csv")}
        assert [name for name, row in listed.items() if row["kept"] == "0"] == ["noise"]
        assert float(listed["noise"]["confidence"]) < 0.9 <= float(listed["0"]["confidence"])
        assert (out / "least_confident.jpg").is_file()
        said = capsys.readouterr().out
        assert "1 more (10%) left out, of a confidence below 0.9" in said
        before = tree(out)

        call(photos, out, "--network", network, "--min-confidence", "0.1")
        assert pairs(out) == [*NAMES, "noise"]
        assert "0 labelled now" in capsys.readouterr().out
        call(photos, out, "--network", network)
        assert tree(out) == before

        with pytest.raises(InputError, match="all 10 labels are below a confidence of 1: look at"):
            call(photos, out, "--network", network, "--min-confidence", "1")

    def test_another_setting_is_refused_and_all_stays(self, photos, network, mean_model, tmp_path):
        out = tmp_path / "out"
        call(photos, out, "--network", network)
        before = tree(out)
        with pytest.raises(InputError, match="was labelled with --normalisation unit, this is with --normalisation im"):
            call(photos, out, "--network", network, "--normalisation", "imagenet", "--values", "logits")
        with pytest.raises(InputError, match=r"was labelled by a network, mean.onnx, this is by mattes, mattes"):
            call(photos, out, "--mattes", tmp_path / "mattes")
        network.write_bytes(mean_model(scale=0.5))
        with pytest.raises(InputError, match=r"was labelled by mean.onnx of SHA-256 .*, this is by mean.onnx of SHA"):
            call(photos, out, "--network", network)
        assert tree(out) == before

    def test_the_note_says_what_made_them(self, photos, network, tmp_path):
        from hashlib import sha256

        call(photos, tmp_path / "out", "--network", network)
        note = json.loads((tmp_path / "out/labels.json").read_text())
        assert note["sha256"] == sha256(network.read_bytes()).hexdigest()
        assert note["bytes"] == network.stat().st_size
        assert (note["name"], note["kind"], note["input_height"]) == ("mean.onnx", "onnx", 32)
        assert (note["normalisation"], note["values"], note["fit"]) == ("unit", "alpha", "squash")
        assert len(note["begun"]) == 10

    def test_a_network_at_fault_stops_it_all(self, photos, mean_model, tmp_path):
        (tmp_path / "bad.onnx").write_bytes(mean_model(scale=1.01))  # 1.01 of white, within what rounding may do
        call(photos, tmp_path / "out", "--network", tmp_path / "bad.onnx", "--min-confidence", "0")
        assert cv2.imread(str(tmp_path / "out/alphas/0.png"), 0).max() <= 255

    @pytest.mark.slow
    def test_a_training_on_them(self, photos, network, tmp_path):
        noise = np.random.default_rng(0).integers(0, 2, (32, 32, 1), np.uint8) * np.full(3, 255, np.uint8)
        cv2.imwrite(str(photos / "noise.png"), noise)
        call(photos, tmp_path / "out", "--network", network)
        small = ["hardware.input_size=32", "hardware.batch_size=2", "hardware.workers=0"]
        done = subprocess.run(
            [sys.executable, "-m", "portrait_matting.train", "trainer=smoke", "data=folder", "data.root=out"]
            + [*small, "learning_rate.max_lr=0.003"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr


def begin(photos, output, mattes, workers=2):
    """A labelling in a session of its own, as a shell starts one."""
    command = [*LABEL, *map(str, (photos, output, "--mattes", mattes, "--workers", workers))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def labelled(output):
    return sum(1 for _ in (output / "images").rglob("*.jpg")) if output.is_dir() else 0


@pytest.fixture
def many(photos, tmp_path):
    """Larger photos, and more of them, so that there is time to kill."""
    rng = np.random.default_rng(0)
    for index in range(100, 220):
        name = str(index)
        cv2.imwrite(str(photos / f"{name}.jpg"), rng.integers(0, 256, (300, 240, 3), np.uint8))
        cv2.imwrite(str(tmp_path / "mattes" / f"{name}.png"), rng.integers(0, 256, (600, 480), np.uint8))
    return photos


@pytest.mark.slow
@pytest.mark.parametrize("sign, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"])
def test_to_be_stopped_is_one_line(many, tmp_path, sign, code):
    process = begin(many, tmp_path / "out", tmp_path / "mattes", workers=1)
    while not labelled(tmp_path / "out") and process.poll() is None:
        time.sleep(0.01)
    os.killpg(process.pid, sign)
    _, said = process.communicate(timeout=60)
    assert process.returncode == code
    [line] = said.splitlines()
    assert line.startswith("stopped: ")
    assert line.endswith(" of 129 are labelled; the same command goes on")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")
def test_killed_at_random_moments_it_ends_in_the_same_bytes(many, tmp_path):
    call(many, tmp_path / "undisturbed", "--mattes", tmp_path / "mattes")
    out, kills = tmp_path / "out", 0
    random.seed(3)
    while kills < 5:
        before = labelled(out)
        process = begin(many, out, tmp_path / "mattes")
        while labelled(out) <= before and process.poll() is None:
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.05))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
        for path in (out / "images").rglob("*.jpg"):  # never a photo without its alpha
            name = path.relative_to(out / "images").with_suffix("").as_posix()
            assert read_mark(out / "alphas" / f"{name}.png") is not None
        kills += 1
    call(many, out, "--mattes", tmp_path / "mattes")
    assert tree(out) == tree(tmp_path / "undisturbed")


def test_a_worker_that_is_killed_is_one_line(photos, tmp_path, monkeypatch):
    def killed(pool, work, chunks, workers):
        pool.submit(os._exit, 9).result()
        yield

    monkeypatch.setattr(f"{fill.__module__}.in_turn", killed)
    with pytest.raises(InputError, match=r"a worker process was killed, .* 0 of 9 are labelled: .*--workers 1"):
        call(photos, tmp_path / "out", "--mattes", tmp_path / "mattes")
