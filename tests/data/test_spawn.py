"""The loaders of every kind of data with workers that are started anew, as on Windows, and not forked."""

import multiprocessing
import os

import pytest
import torch
from hydra.utils import instantiate

from portrait_matting.config.compose import compose
from portrait_matting.data.datamodule import PortraitDataModule
from portrait_matting.draw import main
from portrait_matting.synthetic.easyportrait import write_easyportrait

LOADING = ["hardware.batch_size=2", "hardware.input_size=32", "augment=strong"]
DRAWN = ["data.train=4", "data.val=2", "data.test=2", "data.height=48", "data.width=40"]


@pytest.fixture
def spawned(monkeypatch):
    before = multiprocessing.get_start_method(allow_none=True)
    multiprocessing.set_start_method("spawn", force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


def overrides(kind: str, root) -> list[str]:
    if kind == "synthetic":
        return ["data=synthetic", *DRAWN]
    if kind == "cutouts":
        main([str(root), "--style", "drawn", "--count", "7", "--size", "48", "--cut-outs", "--workers", "1"])
        shares = ["data.val_share=0.3", "data.test_share=0.2"]
        return ["data=cutouts", f"data.root='{root}'", *shares, "data.height=48", "data.width=40"]
    write_easyportrait(root, train=4, val=2, test=2, height=48, width=40)
    if kind == "easyportrait":
        return ["data=easyportrait", f"data.root='{root}'"]
    os.rename(root / "annotations", root / "alphas")
    (root / "meta.csv").unlink()
    return ["data=folder", f"data.root='{root}'"]


def built(choice: list[str], workers: int) -> PortraitDataModule:
    data = instantiate(compose([*choice, *LOADING, f"hardware.workers={workers}"]).data, _convert_="all")
    data.setup("fit")
    data.setup("test")
    return data


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["synthetic", "easyportrait", "folder", "cutouts"])
def test_spawned_workers_give_what_this_process_gives(kind, spawned, tmp_path):
    choice = overrides(kind, tmp_path / "data")
    there, here = built(choice, workers=1), built(choice, workers=0)
    for name in ("train_dataloader", "val_dataloader", "test_dataloader"):
        loaders = [getattr(data, name)() for data in (there, here)]
        for of_worker, own in zip(*loaders, strict=True):
            assert torch.equal(of_worker["image"], own["image"]), name
