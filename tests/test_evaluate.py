import csv
import json
import subprocess
import sys

import cv2
import numpy as np
import pytest
from PIL import Image

from portrait_matting.config.compose import compose
from portrait_matting.errors import InputError
from portrait_matting.evaluate import evaluate
from portrait_matting.metrics.catalogue import METRICS
from portrait_matting.synthetic import draw_portrait
from portrait_matting.train import train

DRAWN = ["data.train=4", "data.val=2", "data.test=3", "data.height=48", "data.width=40"]
QUICK = ["hardware.workers=0", "resamples=50", "progress=false", "pictures=2"]
TINY = ["hardware.input_size=32", "hardware.batch_size=2", "hardware.workers=0", "hardware.precision=32-true"]


def scored(overrides, run_dir):
    return evaluate(compose([*overrides, *QUICK], run_dir, "evaluate"))


def rows(run_dir):
    with (run_dir / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A tiny run on drawn portraits: its checkpoint and its metrics."""
    run_dir = tmp_path_factory.mktemp("train")
    quick = ["trainer=smoke", "trainer.limit_test_batches=1.0", "learning_rate.max_lr=0.01"]
    metrics = train(compose([*DRAWN, *TINY, *quick, "trainer.enable_progress_bar=false"], run_dir))
    return run_dir / "checkpoints/best.ckpt", metrics


@pytest.fixture
def folder(tmp_path):
    """Five drawn portraits as images/ and alphas/, and their alphas, blurred, as mattes/."""
    root = tmp_path / "portraits"
    for part in ("images", "alphas", "mattes"):
        (root / part).mkdir(parents=True)
    for index in range(5):
        image, alpha = draw_portrait("test", 0, index, 40, 32)
        cv2.imwrite(str(root / f"images/p{index}.png"), image[..., ::-1])
        grey = np.rint(alpha * 255).astype(np.uint8)
        cv2.imwrite(str(root / f"alphas/p{index}.png"), grey)
        cv2.imwrite(str(root / f"mattes/p{index}.png"), cv2.GaussianBlur(grey, (0, 0), 2))
    return root


def test_a_checkpoint_gets_the_metrics_of_its_own_run(run, tmp_path):
    checkpoint, of_the_run = run
    found = scored([f"checkpoint='{checkpoint}'", *DRAWN], tmp_path / "scored")
    written = json.loads((tmp_path / "scored/metrics.json").read_text())
    assert list(found) == list(METRICS)
    for name, value in found.items():
        assert of_the_run[f"test/{name}"] == pytest.approx(value, abs=2e-6), name
        assert written[f"test/{name}"] == pytest.approx(value, abs=1e-6)
    assert (written["images"], written["left_out"], written["hard_truth"]) == (3, 0, False)


def test_the_files_of_an_evaluation(folder, tmp_path):
    metrics = scored([f"predictions={folder / 'mattes'}", "data=folder", f"data.root={folder}"], tmp_path / "scored")
    assert 0 < metrics["mad"] < 0.2
    assert metrics["iou"] > 0.8
    per_image = rows(tmp_path / "scored")
    assert [row["image"] for row in per_image] == ["p0", "p1", "p2", "p3", "p4"]
    assert np.mean([float(row["mad"]) for row in per_image]) == pytest.approx(metrics["mad"], rel=1e-5)
    assert {"metrics.json", "metrics.csv", "figures.csv", "report.html", "config.yaml"} == {
        path.name for path in (tmp_path / "scored").iterdir()
    }
    assert (tmp_path / "scored/report.html").read_text().count("<img") > 4


def test_a_checkpoint_beside_a_folder(run, folder, tmp_path, capsys):
    both = [f"checkpoint='{run[0]}'", f"predictions='{folder / 'mattes'}'", "data=folder", f"data.root='{folder}'"]
    scored(both, tmp_path / "scored")
    written = json.loads((tmp_path / "scored/metrics.json").read_text())
    assert len(written) == 2
    assert written["mattes"]["test/mad"] < min(one["test/mad"] for name, one in written.items() if name != "mattes")
    said = capsys.readouterr().out
    assert "mattes has a better MAD than" in said
    assert "report.html" in said


@pytest.mark.slow
def test_the_data_that_a_network_saw_is_scored_on_its_test_split(folder, tmp_path):
    for index in range(5, 20):
        for part in ("images", "alphas"):
            (folder / part / f"p{index}.png").write_bytes((folder / part / "p0.png").read_bytes())
    seen = ["data=folder", f"data.root='{folder}'"]
    quick = ["trainer=smoke", "learning_rate.max_lr=0.01", "trainer.enable_progress_bar=false"]
    train(compose([*seen, *TINY, *quick], tmp_path / "run"))
    checkpoint = [f"checkpoint='{tmp_path / 'run/checkpoints/best.ckpt'}'"]
    scored([*checkpoint, *seen], tmp_path / "held_out")
    scored([*checkpoint, *seen, "split=all"], tmp_path / "all")
    assert (len(rows(tmp_path / "held_out")), len(rows(tmp_path / "all"))) == (2, 20)


def test_half_a_data_set_is_enough(folder, tmp_path):
    root = tmp_path / "easyportrait"
    (root / "images").mkdir(parents=True)
    (root / "annotations/test").mkdir(parents=True)
    (folder / "images").rename(root / "images/test")
    for path in (root / "images/test").iterdir():
        cv2.imwrite(str(path.with_suffix(".jpg")), cv2.imread(str(path)))
        path.unlink()
    for path in (folder / "alphas").iterdir():
        mask = (cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) > 127).astype(np.uint8)
        cv2.imwrite(str(root / "annotations/test" / path.name), mask)
    scored([f"predictions='{folder / 'mattes'}'", "data=easyportrait", f"data.root='{root}'"], tmp_path / "scored")
    written = json.loads((tmp_path / "scored/metrics.json").read_text())
    assert (written["images"], written["hard_truth"]) == (5, True)
    assert "hard mask" in (tmp_path / "scored/report.html").read_text()


@pytest.mark.parametrize(
    "overrides, words",
    [
        ([], "nothing to score: give checkpoint=FILE, or predictions=DIR"),
        (["checkpoint=nowhere.ckpt"], "no checkpoint nowhere.ckpt"),
        (["predictions=nowhere"], "nowhere is not a folder"),
        (["predictions={folder}/mattes", "data=folder", "data.root=nowhere"], "data.root=nowhere has no folder images"),
        (
            ["predictions={folder}/mattes", "data=folder", "data.root={folder}", "split=val", "data.val_share=0.9"],
            "none",
        ),
        (["predictions={folder}/mattes"], "no matte in .*mattes has the name of a portrait: it holds p0.png"),
        (["predictions={folder}/mattes", "split=all"], "drawn portraits are scored one split at a time"),
        (["predictions={folder}/mattes", "pictures=-1"], "pictures=-1 is too small"),
        (["checkpoint={folder}/mattes/p0.png"], "picture, no checkpoint"),
    ],
)
def test_what_cannot_be_scored_is_one_line(folder, tmp_path, overrides, words):
    cfg = compose([one.format(folder=folder) for one in [*QUICK, *overrides]], tmp_path / "scored", "evaluate")
    with pytest.raises(InputError, match=words):
        evaluate(cfg)
    assert not (tmp_path / "scored/metrics.json").exists()


def damage(folder, kind):
    path = folder / "mattes/p3.png"
    if kind == "size":
        cv2.imwrite(str(path), np.zeros((20, 32), np.uint8))
    elif kind == "cut":
        path.write_bytes(path.read_bytes()[:60])
    elif kind == "nan":
        path.unlink()
        cv2.imwrite(str(path.with_suffix(".tif")), np.full((40, 32), np.nan, np.float32))
    else:
        for matte in list((folder / "mattes").iterdir()):
            cv2.imwrite(str(matte.with_suffix(".jpg")), cv2.imread(str(matte)))
            matte.unlink()


@pytest.mark.parametrize(
    "kind, words",
    [
        ("size", r"p3\.png is 32x20 but the portrait is 32x40"),
        ("cut", r"p3\.png cannot be decoded"),
        ("nan", r"p3\.tif holds NaN"),
        ("jpeg", "holds JPEGs, which are lossy"),
    ],
)
def test_a_bad_matte_is_one_line(folder, tmp_path, kind, words):
    damage(folder, kind)
    with pytest.raises(InputError, match=words):
        scored([f"predictions='{folder / 'mattes'}'", "data=folder", f"data.root='{folder}'"], tmp_path / "scored")


def test_nothing_is_written_over(folder, tmp_path):
    again = [f"predictions='{folder / 'mattes'}'", "data=folder", f"data.root='{folder}'"]
    scored(again, tmp_path / "scored")
    before = (tmp_path / "scored/metrics.json").read_bytes()
    with pytest.raises(InputError, match=r"already holds metrics\.json: choose another hydra\.run\.dir=DIR"):
        scored(again, tmp_path / "scored")
    assert (tmp_path / "scored/metrics.json").read_bytes() == before


@pytest.mark.slow
def test_the_command(folder, tmp_path):
    """As it is typed, with a wrong word first."""
    command = [sys.executable, "-m", "portrait_matting.evaluate", f"predictions={folder / 'mattes'}", "data=folder"]
    wrong = subprocess.run([*command, "data.rot=x"], cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert (wrong.returncode, wrong.stderr.splitlines()[-1][:40]) == (
        2,
        "error: data.rot is no key of the recipe:"[:40],
    )
    done = subprocess.run([*command, f"data.root={folder}", *QUICK], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    [report] = tmp_path.glob("runs/evaluate/*/*/report.html")
    assert str(report.relative_to(tmp_path)) in done.stdout


def test_class_masks_are_no_truth_and_no_mattes(folder, tmp_path):
    for half, words in (("mattes", "predictions=.*class masks"), ("alphas", "data.root=.*class masks")):
        for path in (folder / half).iterdir():
            alpha = np.asarray(Image.open(path).convert("L"))
            Image.fromarray((alpha > 127).astype(np.uint8)).save(path)
        with pytest.raises(InputError, match=words):
            scored([f"predictions='{folder / 'mattes'}'", "data=folder", f"data.root='{folder}'"], tmp_path / half)
