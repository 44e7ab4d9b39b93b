import shutil

import numpy as np
import pytest
from PIL import Image

from portrait_matting.data.folder import FolderDataModule
from portrait_matting.errors import InputError

LOADING = {"input_size": 16, "batch_size": 1, "workers": 0, "augment": [], "seed": 0}
SPLITS = ("train", "val", "test")


def write_pairs(images, alphas, count: int, start: int = 0) -> None:
    for folder in (images, alphas):
        folder.mkdir(parents=True, exist_ok=True)
    for number in range(start, start + count):
        alpha = np.full((6, 8), number, np.uint8)
        Image.fromarray(alpha).convert("RGB").save(images / f"p{number:03}.jpg")
        Image.fromarray(alpha).save(alphas / f"p{number:03}.png")


def stems(data: FolderDataModule) -> dict[str, list[str]]:
    return {split: [image.stem for image, _ in data.portraits(split).pairs] for split in SPLITS}


def message(root, **shares) -> str:
    with pytest.raises(InputError) as error:
        FolderDataModule(root=str(root), **shares, **LOADING)
    text = str(error.value)
    assert "\n" not in text
    return text


@pytest.fixture
def root(tmp_path):
    write_pairs(tmp_path / "images", tmp_path / "alphas", 40)
    return tmp_path


def test_shares_of_one_folder(root):
    split = stems(FolderDataModule(root=str(root), val_share=0.2, test_share=0.1, **LOADING))
    assert {name: len(found) for name, found in split.items()} == {"train": 28, "val": 8, "test": 4}
    together = [stem for found in split.values() for stem in found]
    assert sorted(together) == [f"p{number:03}" for number in range(40)]


def test_the_split_depends_on_the_names_alone(root, tmp_path):
    before = stems(FolderDataModule(root=str(root), **LOADING))
    other = tmp_path / "renamed" / "root"
    for half in ("images", "alphas"):  # other times of writing, another order, another suffix
        (other / half).mkdir(parents=True)
        for path in sorted((root / half).iterdir(), reverse=True):
            shutil.copy(path, other / half / path.with_suffix(path.suffix.upper()).name)
    assert stems(FolderDataModule(root=str(other), **LOADING)) == before
    assert before["val"] != sorted(before["val"])[: len(before["val"])] or before["test"][0] != "p000"


def test_a_pair_more_moves_few(root):
    before = stems(FolderDataModule(root=str(root), **LOADING))
    write_pairs(root / "images", root / "alphas", 1, start=40)
    after = stems(FolderDataModule(root=str(root), **LOADING))
    for split in SPLITS:
        assert len(set(before[split]) - set(after[split])) <= 1


def test_image_and_alpha_belong_together(root):
    data = FolderDataModule(root=str(root), **LOADING)
    for split in SPLITS:
        portraits = data.portraits(split)
        for index, (path, _) in enumerate(portraits.pairs):
            image, alpha = portraits[index]
            assert image.shape == (6, 8, 3)
            np.testing.assert_allclose(alpha, int(path.stem[1:]) / 255, atol=1e-7)
            assert abs(int(image[0, 0, 0]) - int(path.stem[1:])) < 4


def test_a_folder_that_is_split_already(tmp_path):
    for start, split in enumerate(SPLITS):
        write_pairs(tmp_path / "images" / split, tmp_path / "alphas" / split, 2, start=10 * start)
    data = FolderDataModule(root=str(tmp_path), **LOADING)
    assert stems(data) == {"train": ["p000", "p001"], "val": ["p010", "p011"], "test": ["p020", "p021"]}
    data.setup("fit")
    assert len(data.train_dataloader()) == 2
    assert next(iter(data.val_dataloader()))["alpha"][0].shape == (1, 6, 8)


@pytest.mark.parametrize("missing", ["images/val", "alphas/train", "alphas/test"])
def test_a_missing_split_is_named(missing, tmp_path):
    for split in SPLITS:
        write_pairs(tmp_path / "images" / split, tmp_path / "alphas" / split, 1)
    shutil.rmtree(tmp_path / missing)
    assert missing in message(tmp_path)


@pytest.mark.parametrize("missing", ["images", "alphas"])
def test_a_missing_half_is_named(missing, root):
    shutil.rmtree(root / missing)
    text = message(root)
    assert f"data.root={root}" in text
    assert missing in text


def test_half_a_pair_is_named(root):
    (root / "alphas" / "p007.png").unlink()
    (root / "alphas" / "p011.png").unlink()
    text = message(root)
    assert "images/p007.jpg" in text
    assert "2 such" in text


@pytest.mark.parametrize("count, val_share, test_share", [(2, 0.1, 0.1), (4, 0.49, 0.49), (1, 0.1, 0.1)])
def test_none_left_to_train_on(count, val_share, test_share, tmp_path):
    write_pairs(tmp_path / "images", tmp_path / "alphas", count)
    text = message(tmp_path, val_share=val_share, test_share=test_share)
    assert text.startswith(f"{count} pair(s)")
    assert f"data.val_share={val_share}" in text


def test_three_pairs_are_enough(tmp_path):
    write_pairs(tmp_path / "images", tmp_path / "alphas", 3)
    assert {len(found) for found in stems(FolderDataModule(root=str(tmp_path), **LOADING)).values()} == {1}


@pytest.mark.parametrize("val_share, test_share", [(0, 0.1), (0.1, 0), (0.5, 0.5), (1.2, 0.1), (0.1, -0.1)])
def test_shares_that_cannot_be(val_share, test_share, root):
    assert f"data.val_share={val_share}" in message(root, val_share=val_share, test_share=test_share)


def test_sizes_that_differ_are_named(root):
    Image.fromarray(np.zeros((8, 6), np.uint8)).save(root / "alphas" / "p000.png")
    data = FolderDataModule(root=str(root), **LOADING)
    with pytest.raises(InputError, match=r"p000\.png is 6x8 but .*p000\.jpg is 8x6"):
        [data.portraits(split)[index] for split in SPLITS for index in range(len(data.portraits(split)))]


def test_real_portraits(real_portraits):
    data = FolderDataModule(root=str(real_portraits / "soft_alpha"), **LOADING | {"input_size": 320})
    assert sum(len(data.portraits(split)) for split in SPLITS) == 20
    for split in SPLITS:
        image, alpha = data.portraits(split)[0]
        assert image.shape == (800, 600, 3)
        assert alpha.shape == (800, 600)
        assert alpha.dtype == np.float32
        soft = ((alpha > 0.05) & (alpha < 0.95)).mean()
        assert 0.001 < soft < 0.2
        assert 0.1 < alpha.mean() < 0.9


SHARES = {"val_share": 0.1, "test_share": 0.2}


def test_all_of_an_unsplit_folder_is_scored_unless_it_was_trained_on(root):
    everything = FolderDataModule.scored("auto", root=str(root), **SHARES)
    assert (everything.split, everything.names) == ("all", [f"p{number:03}" for number in range(40)])
    held_out = FolderDataModule.scored("auto", trained_on=True, root=str(root), **SHARES)
    assert (held_out.split, held_out.names) == ("test", stems(FolderDataModule(str(root), **SHARES, **LOADING))["test"])
    assert len(held_out.names) == len(held_out.portraits) == 8
    image, alpha = held_out.portraits[3]
    assert alpha[0, 0] * 255 == pytest.approx(int(held_out.names[3][1:]))
    assert image.shape == (6, 8, 3)


def test_two_pairs_can_be_scored(tmp_path):
    write_pairs(tmp_path / "images", tmp_path / "alphas", 2)
    assert FolderDataModule.scored("auto", root=str(tmp_path), **SHARES).names == ["p000", "p001"]


def test_the_splits_of_a_split_folder_are_scored_as_they_are(tmp_path):
    for start, split in ((0, "val"), (3, "test")):
        write_pairs(tmp_path / "images" / split, tmp_path / "alphas" / split, 3, start)
    found = {name: FolderDataModule.scored(name, root=str(tmp_path), **SHARES) for name in ("auto", "val", "all")}
    assert (found["auto"].split, found["auto"].names) == ("test", ["p003", "p004", "p005"])
    assert found["val"].names == ["p000", "p001", "p002"]
    assert found["all"].names == ["p000", "p001", "p002", "p003", "p004", "p005"]
    with pytest.raises(InputError, match="has no split train: it has val, test, or split=all"):
        FolderDataModule.scored("train", root=str(tmp_path), **SHARES)


def test_two_portraits_of_one_name_cannot_be_scored_together(tmp_path):
    for split in ("val", "test"):
        write_pairs(tmp_path / "images" / split, tmp_path / "alphas" / split, 3)
    with pytest.raises(InputError, match="2 portraits are called p000: choose one split="):
        FolderDataModule.scored("all", root=str(tmp_path), **SHARES)


def test_portraits_in_folders_below_are_read_and_named_by_their_paths(root):
    for person in ("anna", "bea"):
        write_pairs(root / "images" / person, root / "alphas" / person, 5)
    data = FolderDataModule(root=str(root), **LOADING)
    names = [name for split in SPLITS for _, name in data.names(split)]
    assert len(names) == len(set(names)) == 50
    assert {"p000", "anna/p000", "bea/p000"} <= set(names)
    everything = FolderDataModule.scored("all", root=str(root), **SHARES)
    assert everything.names[:2] == ["anna/p000", "anna/p001"]


def test_folders_below_those_of_a_split(tmp_path):
    for split in SPLITS:
        write_pairs(tmp_path / "images" / split / "anna", tmp_path / "alphas" / split / "anna", 2)
    data = FolderDataModule(root=str(tmp_path), **LOADING)
    assert data.names("val") == [("anna/p000", "anna/p000"), ("anna/p001", "anna/p001")]
    assert FolderDataModule.scored("test", root=str(tmp_path), **SHARES).names == ["anna/p000", "anna/p001"]


@pytest.mark.parametrize("folders", [["val", "test"], ["train", "valid"], ["Train", "Test"], ["training", "dev"]])
def test_splits_of_other_names_are_not_mixed(folders, tmp_path):
    for folder in folders:
        write_pairs(tmp_path / "images" / folder, tmp_path / "alphas" / folder, 3)
    text = message(tmp_path)
    assert "train, val and test" in text


def test_pictures_beside_the_splits_are_counted(tmp_path, caplog):
    for split in (*SPLITS, "more"):
        write_pairs(tmp_path / "images" / split, tmp_path / "alphas" / split, 2)
    write_pairs(tmp_path / "images", tmp_path / "alphas", 3, 20)
    assert {len(found) for found in stems(FolderDataModule(root=str(tmp_path), **LOADING)).values()} == {2}
    assert "left out 5 pictures that lie in none of train, val, test" in caplog.text


def test_avif_photos_are_read(tmp_path):
    write_pairs(tmp_path / "images", tmp_path / "alphas", 3)
    for path in (tmp_path / "images").iterdir():
        Image.open(path).save(path.with_suffix(".avif"))
        path.unlink()
    data = FolderDataModule(root=str(tmp_path), **LOADING)
    assert data.portraits("train")[0][0].shape == (6, 8, 3)
