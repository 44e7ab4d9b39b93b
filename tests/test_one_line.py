"""A command that ends in an error of the user's says that one line on stderr, and no library's warnings before it."""

import os
import subprocess
import sys

import cv2
import numpy as np
import pytest
import torch

SMOKE = "trainer=smoke hardware.input_size=32 hardware.batch_size=2 hardware.workers=0 learning_rate.max_lr=0.003"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Portraits of which every third is cut off, some that are whole, and a file that is no checkpoint."""
    place = tmp_path_factory.mktemp("place")
    rng = np.random.default_rng(0)
    for data in ("bad", "ok"):
        for folder in ("images", "alphas"):
            (place / data / folder).mkdir(parents=True)
        for index in range(20):
            alpha = np.zeros((40, 40), np.uint8)
            alpha[8:30, 8:30] = np.linspace(5, 255, 22).astype(np.uint8)
            image = cv2.imencode(".png", rng.integers(0, 255, (40, 40, 3), dtype=np.uint8))[1].tobytes()
            cut = len(image) // 2 if data == "bad" and index % 3 == 0 else len(image)
            (place / data / "images" / f"{index}.png").write_bytes(image[:cut])
            cv2.imwrite(str(place / data / "alphas" / f"{index}.png"), alpha)
    (place / "cutouts").mkdir()
    for index in range(20):
        cut_out = np.dstack([np.full((40, 40, 3), 10 * index, np.uint8), alpha])
        cv2.imwrite(str(place / "cutouts" / f"{index}.png"), cut_out)
    torch.save({"a": 1}, place / "other.ckpt")
    return place


FAST = [
    "train trainer.max_epoch=3",
    "train max_epochs=3",
    "train --data.root x",
    "train data.root = x",
    "train data.root=x",
    "train data=folder",
    "train data=folder data.root=",
    "train data=folder data.root=it's(1)",
    "train model=u2nett",
    "train learning_rate=0.1",
    "train seed=0,1",
    "train project=a=b",
    "train --config-dir nowhere",
    "train --multirn",
    "train experiment=nope",
    "train trainer.max_epochs=two",
    "train hydra.run.dir=ok/images/0.png",
    "train sweep=loss",
    "train resume=last",
    "evaluate",
    "evaluate checkpoint=",
    "evaluate pictures=-1 checkpoint=x",
    "plan memory_gb=x",
    "plan sizes=[]  precisions=[]",
    "predict",
    "predict x --chekpoint a --output b",
    "predict x --output b",
    "predict x --output b --checkpoint nowhere.ckpt",
    "prepare x",
    "prepare nowhere o",
    "draw",
    "draw x",
    "draw x --style drawn --count 0",
    "draw x --style oil --count 3",
    "draw ok --style drawn --count 3",
    "draw x --style drawn --count 3 --backgrounds nowhere",
    "draw x --style drawn --count 3 --without hair",
    "draw other.ckpt --style drawn --count 3",
    "label",
    "label ok/images x",
    "label nowhere x --mattes ok/alphas",
    "label ok/images/0.png x --mattes ok/alphas",
    "label ok/images ok/images --mattes ok/alphas",
    "label ok/images o --network nowhere.onnx",
    "label ok/images o --network ok/images/0.png",
    "label ok/images o --network other.ckpt --min-confidence 2",
    "label ok/images other.ckpt --mattes ok/alphas",
    "train data=cutouts",
    "train data=cutouts data.root=nowhere",
    "train data=cutouts data.root=ok",
    "compare nowhere",
    "compare ok --metric maad",
    "app --checkpoint x --port 99999",
]
SLOW = [
    f"train {SMOKE} data=folder data.root=bad trainer.limit_train_batches=1.0",
    f"train {SMOKE} data=folder data.root=bad trainer.limit_train_batches=1.0 hardware.workers=2",
    f"train {SMOKE} model.weights=other.ckpt",
    f"train {SMOKE} resume=other.ckpt",
    f"train {SMOKE} trainer.profiler=nonsense",
    f"train {SMOKE} optimizer=sgd optimizer.momentum=-2",
    f"train {SMOKE} data.train=1",
    f"train {SMOKE} hardware.batch_norm=frozen",
    f"train {SMOKE} hardware=gpu_8gb" if not torch.cuda.is_available() else f"train {SMOKE} data.train=0",
    f"train {SMOKE} logger=wandb logger.wandb.online=true",
    "evaluate checkpoint=other.ckpt",
    "evaluate predictions=ok/images data=folder data.root=ok split=all",
    "predict ok --checkpoint other.ckpt --output o",
    "predict ok --checkpoint other.ckpt --output o --background bad/images/0.png",
    "plan memory_gb=2 input_size=4096 progress=false",
    "prepare ok o",
    "label ok/images o --network other.ckpt",
    "label o o/x --mattes ok/alphas",
    "label ok/images o/x --mattes cutouts --refinement detail",
    "draw o/x --style drawn --count 3 --backgrounds bad/images",
    f"train {SMOKE} data=cutouts data.root=ok/images",
    f"train {SMOKE} data=cutouts data.root=cutouts data.backgrounds=o",
]


def check(command, place, tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OPENCV", "WANDB"))}
    (tmp_path / "o").mkdir()
    for name in ("bad", "ok", "cutouts", "other.ckpt"):
        (tmp_path / name).symlink_to(place / name)
    words = command.split()
    done = subprocess.run(
        [sys.executable, "-m", f"portrait_matting.{words[0]}", *words[1:]],
        cwd=tmp_path,
        env=environment | {"HOME": str(tmp_path)},  # no key of wandb's
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", FAST + SLOW)
def test_one_line(command, place, tmp_path):
    check(command, place, tmp_path)


def test_opencv_says_nothing_of_a_broken_photo_before_our_line(place, tmp_path):
    """The one that is cheap; the others are slow together."""
    check("predict ok --checkpoint other.ckpt --output o --background bad/images/0.png", place, tmp_path)
