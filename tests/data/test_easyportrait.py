import albumentations as A
import numpy as np
import pytest
import torch
from PIL import Image

from portrait_matting.data.augment import to_input
from portrait_matting.data.easyportrait import EasyPortraitDataModule, EasyPortraitDataset, person_alpha
from portrait_matting.data.splits import SPLITS
from portrait_matting.errors import InputError
from portrait_matting.prediction.photo_file import read_photo

LOADING = {"input_size": 16, "batch_size": 1, "workers": 0, "augment": [], "seed": 0}


def write_pair(root, split: str, stem: str, ids: np.ndarray, image_suffix=".jpg", mask_suffix=".png") -> None:
    grey = np.where(ids > 0, 200, 50).astype(np.uint8)
    Image.fromarray(grey).convert("RGB").save(root / "images" / split / f"{stem}{image_suffix}", quality=95)
    Image.fromarray(ids.astype(np.uint8)).save(root / "annotations" / split / f"{stem}{mask_suffix}")


@pytest.fixture
def root(tmp_path):
    """All nine classes in each mask, of another size in each split."""
    for number, split in enumerate(("train", "val", "test")):
        for half in ("images", "annotations"):
            (tmp_path / half / split).mkdir(parents=True)
        for stem in ("b", "a"):
            ids = np.kron(np.arange(9).reshape(3, 3), np.ones((8, 8 + number)))
            write_pair(tmp_path, split, stem, ids)
    return tmp_path


def message(action) -> str:
    with pytest.raises(InputError) as error:
        action()
    text = str(error.value)
    assert "\n" not in text
    return text


def test_every_class_but_the_background_is_the_person():
    alpha = person_alpha(np.arange(9, dtype=np.uint8).reshape(3, 3))
    assert alpha.dtype == np.float32
    np.testing.assert_array_equal(alpha, [[0, 1, 1], [1, 1, 1], [1, 1, 1]])


@pytest.mark.parametrize("wrong", [9, 128, 255])
def test_an_unknown_class_is_refused_and_the_file_named(wrong, root):
    ids = np.zeros((24, 24), np.uint8)
    ids[3, 4] = wrong
    write_pair(root, "train", "a", ids)
    text = message(lambda: EasyPortraitDataset(root, "train")[0])
    assert f"class id {wrong}" in text
    assert "0 to 8" in text
    assert "annotations/train/a.png" in text


def test_the_three_splits_are_read(root):
    data = EasyPortraitDataModule(root=str(root), **LOADING)
    for number, split in enumerate(("train", "val", "test")):
        portraits = data.portraits(split)
        assert len(portraits) == 2
        assert [(image.name, mask.name) for image, mask in portraits.pairs] == [("a.jpg", "a.png"), ("b.jpg", "b.png")]
        image, alpha = portraits[1]
        assert image.shape == (24, 3 * (8 + number), 3)
        assert alpha.shape == image.shape[:2]
        assert alpha.mean() == pytest.approx(8 / 9)
        np.testing.assert_array_equal(image[..., 1] > 125, alpha > 0.5)


def test_a_training_batch_and_a_scored_one(root):
    data = EasyPortraitDataModule(root=str(root), **LOADING)
    data.setup("fit")
    assert len(data.train_dataloader()) == 2
    [first, _] = data.val_dataloader()
    assert first["alpha"][0].shape == (1, 24, 27)


def test_files_that_a_mac_or_a_camera_leaves(root):
    for half in ("images", "annotations"):
        (root / half / "train" / ".DS_Store").write_bytes(b"x")
    (root / "images" / "train" / "._a.jpg").write_bytes(b"x")
    write_pair(root, "train", "C 3.1", np.ones((24, 24)), ".JPG", ".PNG")
    portraits = EasyPortraitDataset(root, "train")
    assert len(portraits) == 3
    assert portraits[0][0].shape == (24, 24, 3)
    assert portraits.pairs[0][0].name == "C 3.1.JPG"


def test_a_palette_mask(root):
    ids = np.arange(9, dtype=np.uint8).reshape(3, 3).repeat(8, 0).repeat(8, 1)
    picture = Image.fromarray(ids)
    picture.putpalette(range(27, 54))
    picture.save(root / "annotations" / "train" / "a.png")
    np.testing.assert_array_equal(EasyPortraitDataset(root, "train")[0][1], ids > 0)


def test_the_home_folder_may_be_short(root, monkeypatch):
    monkeypatch.setenv("HOME", str(root.parent))
    assert EasyPortraitDataModule(root=f"~/{root.name}", **LOADING).root == root


def test_a_root_that_is_not_there(tmp_path):
    text = message(lambda: EasyPortraitDataModule(root=str(tmp_path / "no"), **LOADING))
    assert "data.root=" in text
    assert "images/ and annotations/" in text


@pytest.mark.parametrize("below", ["images", "images/train"])
def test_a_root_one_folder_too_deep(below, root):
    text = message(lambda: EasyPortraitDataModule(root=str(root / below), **LOADING))
    assert "has no folder images/train" in text


@pytest.mark.parametrize("missing", ["images/val", "annotations/train", "annotations/test"])
def test_a_missing_folder_is_named(missing, root):
    (root / missing).rename(root / "elsewhere")
    assert f"has no folder {missing}" in message(lambda: EasyPortraitDataModule(root=str(root), **LOADING))


@pytest.mark.parametrize(
    "removed, words",
    [
        ("annotations/val/b.png", ["images/val/b.jpg", "annotations/val", "1 such"]),
        ("images/test/a.jpg", ["annotations/test/a.png", "images/test", "1 such"]),
    ],
)
def test_half_a_pair_is_named_before_any_work(removed, words, root):
    (root / removed).unlink()
    text = message(lambda: EasyPortraitDataModule(root=str(root), **LOADING))
    assert all(word in text for word in words), text


def test_a_split_without_a_jpeg(root):
    for path in (root / "images" / "val").iterdir():
        path.rename(path.with_suffix(".gif"))
    text = message(lambda: EasyPortraitDataModule(root=str(root), **LOADING))
    assert "images/val holds no image" in text
    assert ".jpg" in text


def test_sizes_that_differ(root):
    Image.fromarray(np.zeros((24, 23), np.uint8)).save(root / "annotations" / "train" / "a.png")
    text = message(lambda: EasyPortraitDataset(root, "train")[0])
    assert "23x24" in text
    assert "24x24" in text


def test_an_image_turned_by_its_exif_does_not_slip_past_its_mask(root):
    """A mask drawn on the picture as stored and not as shown: sizes differ, and that is said."""
    exif = Image.Exif()
    exif[0x0112] = 6
    path = root / "images" / "val" / "a.jpg"
    Image.open(path).save(path, exif=exif)
    text = message(lambda: EasyPortraitDataset(root, "val")[0])
    assert "27x24" in text
    assert "24x27" in text


@pytest.mark.parametrize("half, name", [("images", "a.jpg"), ("annotations", "a.png")])
def test_a_broken_file_is_named(half, name, root):
    path = root / half / "train" / name
    path.write_bytes(path.read_bytes()[:60])
    assert f"{half}/train/{name}" in message(lambda: EasyPortraitDataset(root, "train")[0])


@pytest.fixture
def soft(root):
    """The same with soft alphas: 0.5 wherever the mask is a person."""
    for split in ("train", "val", "test"):
        (root / "alphas" / split).mkdir(parents=True)
        for path in (root / "annotations" / split).iterdir():
            half = np.where(np.asarray(Image.open(path)) > 0, 128, 0).astype(np.uint8)
            Image.fromarray(half).save(root / "alphas" / split / path.name)
    return root


@pytest.mark.parametrize("targets, most", [("auto", 128 / 255), ("soft", 128 / 255), ("hard", 1.0)])
def test_soft_alphas_are_learnt_and_masks_are_the_truth(targets, most, soft):
    data = EasyPortraitDataModule(root=str(soft), targets=targets, **LOADING)
    assert [data.portraits(split)[0][1].max() for split in ("train", "val", "test")] == pytest.approx([most, 1.0, 1.0])


def test_soft_alphas_that_are_not_there(root):
    text = message(lambda: EasyPortraitDataModule(root=str(root), targets="soft", **LOADING))
    assert "has no folder alphas/train" in text
    assert "prepare --targets soft" in text
    data = EasyPortraitDataModule(root=str(root), targets="auto", **LOADING)
    assert data.portraits("train")[0][1].max() == 1


@pytest.fixture
def large(tmp_path):
    """A portrait of 801x601 in each split, thirty times what an input of 20 needs."""
    for split in ("train", "val", "test"):
        for half in ("images", "annotations"):
            (tmp_path / half / split).mkdir(parents=True)
        ids = np.zeros((601, 801), np.uint8)
        ids[150:450, 270:] = 1
        write_pair(tmp_path, split, "a", ids)
    return tmp_path


def test_a_large_photo_comes_smaller_for_augmentation_and_the_sample_is_the_same(large):
    augment = [A.HorizontalFlip(p=1)]
    data = EasyPortraitDataModule(root=str(large), **LOADING | {"input_size": 20, "augment": augment})
    image, alpha = data.portraits("train")[0]
    assert image.shape == (76, 101, 3)
    assert alpha.shape == (601, 801)
    whole = EasyPortraitDataset(large, "train")[0]
    sample = [data.augmentation(*pair, seed=0) for pair in ((image, alpha), whole)]
    for name, tolerance in (("image", 0.15), ("alpha", 0.1)):
        assert (sample[0][name] - sample[1][name]).abs().mean() < tolerance, name


@pytest.mark.parametrize("augment", [[], [A.HorizontalFlip(p=1)]])
def test_what_is_scored_or_not_augmented_is_the_input_that_predict_makes(large, augment):
    """To the bit: a photo that is reduced when it is read gives another tensor."""
    data = EasyPortraitDataModule(root=str(large), **LOADING | {"input_size": 20, "augment": augment})
    data.setup()
    seen = {split: to_input(read_photo(large / "images" / split / "a.jpg").image, 20) for split in SPLITS}
    [validated], [tested] = data.val_dataloader(), data.test_dataloader()
    assert torch.equal(validated["image"][0], seen["val"])
    assert torch.equal(tested["image"][0], seen["test"])
    scored = EasyPortraitDataModule.scored("test", root=str(large))
    assert torch.equal(to_input(scored.portraits[0][0], 20), seen["test"])
    if not augment:
        [trained] = data.train_dataloader()
        assert torch.equal(trained["image"][0], seen["train"])


def test_a_subset_keeps_people_in_proportion(root):
    for number in range(38):
        write_pair(root, "train", f"p{number:02}", np.ones((24, 24)))
    rows = [f"p{number:02},user{number % 4}" for number in range(38)]
    (root / "meta.csv").write_text(
        "image_name,user_id,height,width,set,brightness\n" + "".join(f"{row},24,24,train,99\n" for row in rows)
    )
    data = EasyPortraitDataModule(root=str(root), **LOADING | {"subset": 0.4})
    data.setup("fit")
    portraits = data.train_dataloader().dataset.portraits
    stems = [portraits.dataset.pairs[index][0].stem for index in portraits.indices]
    of_user = [sum(stem[1:].isdigit() and int(stem[1:]) % 4 == user for stem in stems) for user in range(4)]
    assert len(stems) == 16
    assert set(of_user) <= {3, 4, 5}


def test_real_portraits(real_portraits):
    data = EasyPortraitDataModule(root=str(real_portraits / "easyportrait_layout"), **LOADING | {"input_size": 320})
    assert [len(data.portraits(split)) for split in ("train", "val", "test")] == [700, 100, 202]
    for split in ("train", "val", "test"):
        for index in (0, 50, 99):
            image, alpha = data.portraits(split)[index]
            assert image.shape[:2] == alpha.shape
            assert set(np.unique(alpha)) == {0, 1}
            assert 0.05 < alpha.mean() < 0.9
            # People stand in the middle: more of them there than at the left and the right border.
            width = alpha.shape[1]
            assert alpha[:, width // 3 : -width // 3].mean() > alpha[:, : width // 10].mean()
