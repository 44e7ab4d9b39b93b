import cv2
import lightning.pytorch as L
import numpy as np
import pytest
import torch

from portrait_matting.callbacks.samples import SamplePictures
from portrait_matting.data.datamodule import PortraitDataModule
from portrait_matting.errors import InputError
from portrait_matting.reporting.panel import panel, sheet

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec"),
]


def read(path) -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def portrait(height=40, width=32) -> tuple[np.ndarray, np.ndarray]:
    image = np.full((height, width, 3), (200, 30, 90), np.uint8)
    alpha = np.zeros((height, width), np.float32)
    alpha[:, : width // 2] = 1
    return image, alpha


class FakePortraits:
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return portrait(40 + index, 32)


class FakeDataModule(PortraitDataModule):
    def portraits(self, split):
        return FakePortraits()


class RedIsAlpha(L.LightningModule):
    """Its matte is 0.75 where the input's red is above the mean, and it takes down the mode it is asked in."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.modes = []

    def forward(self, image):
        self.modes.append((self.training, torch.is_inference_mode_enabled(), torch.is_autocast_enabled("cpu")))
        return 0.75 * (image[:, :1] > 0).float()

    def training_step(self, batch, batch_idx):
        assert self.training
        return self.weight * batch["image"].mean()

    def validation_step(self, batch, batch_idx):
        pass

    def test_step(self, batch, batch_idx):
        pass

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def run(folder, **trainer) -> tuple[L.Trainer, RedIsAlpha, FakeDataModule]:
    data = FakeDataModule(input_size=16, batch_size=2, workers=0, augment=[], seed=0)
    trainer = L.Trainer(
        **{"max_epochs": 2, "precision": "bf16-mixed"} | trainer,
        accelerator="cpu",
        logger=False,
        callbacks=[SamplePictures(str(folder), portraits=2)],
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    return trainer, RedIsAlpha(), data


def test_a_run_leaves_its_pictures(tmp_path):
    trainer, module, data = run(tmp_path, num_sanity_val_steps=1)
    trainer.fit(module, datamodule=data)
    # Two pictures after each of two epochs, none after the sanity check; in eval mode and the run's precision.
    assert module.modes == [(False, True, True)] * 4
    picture = read(tmp_path / "samples.png")
    rows = [panel(*portrait(40 + index, 32), np.full((40 + index, 32), 0.75, np.float32)) for index in range(2)]
    np.testing.assert_array_equal(picture, sheet(rows))


def test_the_test_leaves_its_pictures_too(tmp_path):
    trainer, module, data = run(tmp_path)
    trainer.test(module, datamodule=data, verbose=False)
    assert len(module.modes) == 2
    assert (tmp_path / "samples.png").stat().st_size > 0


def test_a_photo_that_was_read_smaller_is_shown_beside_its_alpha_and_a_bad_one_is_passed_over(tmp_path):
    class Reduced(FakePortraits):
        def __getitem__(self, index):
            if index == 0:
                raise InputError("a.jpg cannot be decoded")
            image, alpha = portrait(40 + index, 32)
            return image[::2, ::2].copy(), alpha

    trainer, module, data = run(tmp_path)
    data.portraits = lambda split: Reduced()
    trainer.test(module, datamodule=data, verbose=False)
    assert len(module.modes) == 2
    assert read(tmp_path / "samples.png").shape == sheet([panel(*portrait(41, 32), portrait(41, 32)[1])] * 2).shape
