"""The same photo gives the same tensor wherever a network sees it: training, validation, evaluate, predict, app."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from portrait_matting import checkpoint
from portrait_matting.config.compose import compose
from portrait_matting.data.folder import FolderDataModule
from portrait_matting.evaluation.mattes import NetworkMattes
from portrait_matting.images.network_input import NORMALISATIONS, to_input
from portrait_matting.matte.matter import Matter
from portrait_matting.matte.predictor import Predictor
from portrait_matting.models.network import Network
from portrait_matting.models.u2net import u2netp
from portrait_matting.page.studio import Studio
from portrait_matting.prediction.photo_file import read_photo
from portrait_matting.train import train

SIZE = 64


class Watcher(Network):
    """Remembers what it saw."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Tensor] = []

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        self.seen.append(image.clone().contiguous())
        return {"matte": image[:, :1]}


def photo(height, width):
    """Smooth colours and noise, no brighter than 128."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[0:height, 0:width]
    smooth = np.stack([rows * 90 / height, columns * 90 / width, (rows + columns) * 45 / (height + width)], axis=2)
    return (smooth + rng.integers(0, 38, (height, width, 3))).clip(0, 128).astype(np.uint8)


@pytest.fixture(params=["jpg", "turned.jpg", "png", "webp", "rgba.png"])
def root(request, tmp_path):
    """A folder data set of one portrait in each split, all alike."""
    picture, alpha = Image.fromarray(photo(541, 387)), Image.new("L", (387, 541), 255)
    how = {"quality": 90} if request.param.endswith("jpg") else {}
    if request.param == "turned.jpg":
        how["exif"] = Image.Exif()
        how["exif"][0x0112] = 6
        alpha = alpha.rotate(90, expand=True)
    if request.param == "rgba.png":
        picture.putalpha(255)
    for split in ("train", "val", "test"):
        for kind in ("images", "alphas"):
            (tmp_path / kind / split).mkdir(parents=True)
        picture.save(tmp_path / "images" / split / f"a.{request.param.rpartition('.')[2]}", **how)
        alpha.save(tmp_path / "alphas" / split / "a.png")
    return tmp_path


@pytest.mark.parametrize("name", ["easyportrait", "imagenet_by_maximum"])
def test_every_command_shows_a_network_the_same(root, name, tmp_path):
    given = {"input_size": SIZE, "batch_size": 1, "workers": 0, "augment": [], "seed": 0, "normalisation": name}
    data = FolderDataModule(root=str(root), **given)
    data.setup("fit")
    data.setup("test")
    [file] = (root / "images/test").iterdir()
    seen = {
        "training": next(iter(data.train_dataloader()))["image"],
        "validation": next(iter(data.val_dataloader()))["image"],
        "test": next(iter(data.test_dataloader()))["image"],
        "pictures of a run": data.to_input(data.portraits("test")[0][0])[None],
    }
    watcher = Watcher()
    predictor = Predictor(watcher, SIZE, normalisation=NORMALISATIONS[name])
    Matter(predictor, "bilinear", foreground=False)(read_photo(file).image)
    seen["predict"] = watcher.seen.pop()
    chosen = FolderDataModule.scored(split="test", root=str(root))
    predictor([chosen.portraits[0][0]])
    seen["evaluate"] = watcher.seen.pop()
    Studio(Matter(predictor, "bilinear", foreground=False), tmp_path).cut_out(file, file.name)
    seen["app"] = watcher.seen.pop()
    assert {where: torch.equal(image, seen["training"]) for where, image in seen.items()} == dict.fromkeys(seen, True)


def test_the_reference_projects_weights_see_the_reference_projects_input(tmp_path):
    """xuebinqin/U-2-Net, data_loader.py, ToTensorLab: divided by its own maximum, then by ImageNet's statistics."""
    image = photo(40, 40)
    image[0, 0, 0] = 128
    torch.save(u2netp().state_dict(), tmp_path / "u2netp.pth")
    restored = checkpoint.load(tmp_path / "u2netp.pth")
    scaled = image / image.max()
    expected = (scaled - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    for found in (
        to_input(image, 40, restored.normalisation),
        Predictor.from_checkpoint(tmp_path / "u2netp.pth", 40)._input(image, (40, 40)),
        NetworkMattes(tmp_path / "u2netp.pth", input_size=40).predictor._input(image, (40, 40)),
    ):
        np.testing.assert_allclose(found.permute(1, 2, 0), expected, atol=1e-5)
    without = (image / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    assert np.abs(expected - without).mean() > 0.5  # what was missing: half a standard deviation and more


def test_a_black_picture_stays_black():
    black = np.zeros((4, 4, 3), np.uint8)
    expected = to_input(black, None, NORMALISATIONS["imagenet"])
    torch.testing.assert_close(to_input(black, None, NORMALISATIONS["imagenet_by_maximum"]), expected)


def test_another_normalisation_than_that_of_the_weights_is_warned_of(tmp_path, caplog):
    torch.save(u2netp().state_dict(), tmp_path / "u2netp.pth")
    weights, net = checkpoint.read_weights(tmp_path / "u2netp.pth"), u2netp()
    assert checkpoint.normalisation({"normalisation": "imagenet_by_maximum"}, net, weights) == "imagenet_by_maximum"
    assert caplog.text == ""
    assert checkpoint.normalisation({"normalisation": "half"}, net, weights) == "half"
    assert "the weights were trained with imagenet_by_maximum" in caplog.text


@pytest.mark.slow
def test_fine_tuning_keeps_the_normalisation_of_the_weights(tmp_path):
    torch.save(u2netp().state_dict(), tmp_path / "u2netp.pth")
    small = ["data.train=2", "data.val=2", "data.test=2", "data.height=40", "data.width=40", "hardware.input_size=32"]
    small += ["hardware.batch_size=2", "hardware.workers=0", "trainer.max_epochs=1", "learning_rate.max_lr=0.001"]
    train(compose([*small, f"model.weights='{tmp_path / 'u2netp.pth'}'"], tmp_path / "run"))
    best = tmp_path / "run/checkpoints/best.ckpt"
    assert checkpoint.load(best).normalisation == NORMALISATIONS["imagenet_by_maximum"]
    assert Predictor.from_checkpoint(best).normalisation == NORMALISATIONS["imagenet_by_maximum"]
    last = tmp_path / "run/checkpoints/last.ckpt"
    train(compose([*small, "trainer.max_epochs=2", f"resume='{last}'"], tmp_path / "on"))
    assert (
        checkpoint.load(tmp_path / "on/checkpoints/last.ckpt").config["model"]["normalisation"] == "imagenet_by_maximum"
    )
