import os
import time

import numpy as np
import pytest

from portrait_matting.data import synthetic
from portrait_matting.data.cutouts import CutOutsDataModule
from portrait_matting.data.folder import FolderDataModule, FolderDataset
from portrait_matting.data.mix import MixDataModule
from portrait_matting.data.synthetic import SyntheticDataModule
from portrait_matting.loggers.fingerprint import fingerprint, of_portraits

LOADING = {"input_size": 16, "batch_size": 1, "workers": 0, "augment": [], "seed": 0}


def pairs(folder, count=3):
    found = []
    for index in range(count):
        image, alpha = folder / "images" / f"{index}.jpg", folder / "alphas" / f"{index}.png"
        for path in (image, alpha):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x" * (10 + index))
        found.append((image, alpha))
    return found


def rename(found):
    found[1][0].rename(found[1][0].with_name("other.jpg"))
    found[1] = (found[1][0].with_name("other.jpg"), found[1][1])


@pytest.mark.parametrize(
    "change",
    [
        rename,
        lambda found: found[2][1].write_bytes(b"x"),
        lambda found: found.pop(),
        lambda found: found[0][0].unlink(),
    ],
    ids=["a name", "a size", "the number", "a file that is gone"],
)
def test_it_changes_with_the_files(change, tmp_path):
    found = pairs(tmp_path)
    before = of_portraits(FolderDataset(found))
    change(found)
    assert of_portraits(FolderDataset(found)) != before


def test_it_does_not_change_with_the_place_or_the_time(tmp_path):
    found = pairs(tmp_path / "here")
    os.utime(found[0][0], (0, 0))
    assert of_portraits(FolderDataset(found)) == of_portraits(FolderDataset(pairs(tmp_path / "there")))


def test_an_image_and_its_alpha_that_change_sizes_are_other_data(tmp_path):
    found = pairs(tmp_path, count=1)
    found[0][1].write_bytes(b"x" * 20)
    before = of_portraits(FolderDataset(found))
    found[0][0].write_bytes(b"x" * 20)
    found[0][1].write_bytes(b"x" * 10)
    assert of_portraits(FolderDataset(found)) != before


def test_drawn_portraits_are_known_by_what_they_are_drawn_by(monkeypatch):
    drawn = {"train": 4, "val": 2, "test": 3, "height": 20, "width": 16}
    before = fingerprint(SyntheticDataModule(**drawn, **LOADING))
    assert before == fingerprint(SyntheticDataModule(**drawn, **LOADING | {"seed": 1}))
    assert [before[f"{split}_portraits"] for split in ("train", "val", "test")] == [4, 2, 3]
    assert len({before[split] for split in ("train", "val", "test")}) == 3
    more = fingerprint(SyntheticDataModule(**drawn | {"val": 5}, **LOADING))
    assert {name for name in more if more[name] != before[name]} == {"val", "val_portraits"}
    others = fingerprint(SyntheticDataModule(**drawn, draw_seed=1, **LOADING))
    assert not {before[split] for split in ("train", "val", "test")} & set(others.values())
    monkeypatch.setattr(synthetic, "EDITION", 99)
    others = fingerprint(SyntheticDataModule(**drawn, **LOADING))
    assert not {before[split] for split in ("train", "val", "test")} & set(others.values())


def test_the_splits_of_a_folder(tmp_path):
    import cv2

    for index in range(6):
        for half in ("images", "alphas"):
            (tmp_path / half).mkdir(exist_ok=True)
            cv2.imwrite(str(tmp_path / half / f"{index}.png"), np.full((20, 20), index, np.uint8))
    found = fingerprint(FolderDataModule(str(tmp_path), **LOADING))
    assert sum(found[f"{split}_portraits"] for split in ("train", "val", "test")) == 6


def test_cut_outs_are_known_by_their_files_and_by_what_they_are_put_before(tmp_path):
    import cv2

    for folder in ("people", "photos"):
        (tmp_path / folder).mkdir()
        for index in range(4):
            cv2.imwrite(str(tmp_path / folder / f"{index}.png"), np.full((20, 20, 4), 40 * index, np.uint8))
    people, photos = str(tmp_path / "people"), str(tmp_path / "photos")
    before = fingerprint(CutOutsDataModule(people, **LOADING))
    assert before == fingerprint(CutOutsDataModule(people, **LOADING | {"seed": 1}))
    assert sum(before[f"{split}_portraits"] for split in ("train", "val", "test")) == 4
    drawn = [{"draw_seed": 1}, {"height": 96}, {"backgrounds": photos}]
    others = [fingerprint(CutOutsDataModule(people, **LOADING, **other)) for other in drawn]
    cv2.imwrite(str(tmp_path / "photos" / "0.png"), np.zeros((30, 30, 3), np.uint8))
    others.append(fingerprint(CutOutsDataModule(people, **LOADING, backgrounds=photos)))
    assert len({found["train"] for found in (before, *others)}) == 5


def test_forty_thousand_files_take_well_under_a_second(tmp_path):
    [(image, alpha)] = pairs(tmp_path, count=1)
    data = FolderDataset([(image, alpha)] * 20_000)
    began = time.process_time()
    of_portraits(data)
    assert time.process_time() - began < 1


def test_a_mix_has_that_of_every_source_and_of_all(tmp_path):
    pairs(tmp_path, 5)
    drawn = {"data": "synthetic", "share": 1, "train": None, "val": 1, "test": 2, "height": 20, "width": 18}
    real = {"data": "folder", "share": 1, "root": str(tmp_path)}

    def found(**sources):
        return fingerprint(MixDataModule(sources=sources, length=4, **LOADING))

    both = found(drawn=drawn, real=real)
    assert both["drawn/train_portraits"] == both["train_portraits"] == "without end"
    assert (both["real/train_portraits"], both["test_portraits"]) == (3, 3)
    assert both["real/test"] == fingerprint(FolderDataModule(root=str(tmp_path), **LOADING))["test"]
    assert found(drawn=drawn | {"share": 3}, real=real) == both
    assert found(drawn=drawn)["test"] != both["test"]
    (tmp_path / "images" / "1.jpg").write_bytes(b"other")
    changed = found(drawn=drawn, real=real)
    assert {name for name in both if changed[name] != both[name]} == {"real/train", "train"} or changed != both
    assert changed["drawn/train"] == both["drawn/train"]
