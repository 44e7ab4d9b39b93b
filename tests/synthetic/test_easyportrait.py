import csv
import hashlib
import uuid
from collections import Counter

import cv2
import numpy as np
import pytest
from PIL import Image

from portrait_matting.data.easyportrait import EasyPortraitDataset
from portrait_matting.errors import InputError
from portrait_matting.synthetic import draw_portrait
from portrait_matting.synthetic import easyportrait as synthetic_easyportrait
from portrait_matting.synthetic.easyportrait import write_easyportrait

LENGTHS = {"train": 30, "val": 4, "test": 5}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("drawn") / "a" / "source"
    write_easyportrait(root, **LENGTHS, height=48, width=40, quality=100)
    return root


def meta(root) -> list[dict[str, str]]:
    with (root / "meta.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def digest(root) -> dict[str, str]:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_it_is_read_like_easyportrait(root):
    for split, length in LENGTHS.items():
        portraits = EasyPortraitDataset(root, split)
        assert len(portraits) == length
        image, alpha = portraits[0]
        assert image.shape == (48, 40, 3)
        assert alpha.shape == (48, 40)


def test_the_files_are_the_drawings(root):
    rows = {split: [row for row in meta(root) if row["set"] == split] for split in LENGTHS}
    for split, index in (("train", 0), ("train", 17), ("val", 3), ("test", 2)):
        image, alpha = draw_portrait(split, 0, index, 48, 40)
        stem = rows[split][index]["image_name"]
        with Image.open(root / "images" / split / f"{stem}.jpg") as photo:
            assert photo.mode == "RGB"
            assert np.abs(np.asarray(photo, float) - image).mean() < 6  # colours in their order; noise is lossy
        with Image.open(root / "annotations" / split / f"{stem}.png") as mask:
            assert mask.mode == "L"
            np.testing.assert_array_equal(np.asarray(mask), alpha > 0.5)


def test_the_meta_table(root):
    rows = meta(root)
    assert list(rows[0]) == ["image_name", "user_id", "height", "width", "set", "brightness"]
    stems = {(path.parent.name, path.stem) for path in root.glob("images/*/*.jpg")}
    assert {(row["set"], row["image_name"]) for row in rows} == stems
    assert len(rows) == len(stems) == sum(LENGTHS.values())
    assert {(row["height"], row["width"]) for row in rows} == {("48", "40")}
    for row in rows:
        assert str(uuid.UUID(row["image_name"])) == row["image_name"]
        photo = cv2.imread(str(root / "images" / row["set"] / f"{row['image_name']}.jpg"), cv2.IMREAD_GRAYSCALE)
        assert float(row["brightness"]) == pytest.approx(photo.mean(), abs=1.5)


def test_some_users_have_several_photos_and_none_is_in_two_splits(root):
    photos = Counter((row["user_id"], row["set"]) for row in meta(root))
    assert len({user for user, _ in photos}) == len(photos)
    train = [count for (_, split), count in photos.items() if split == "train"]
    assert min(train) == 1
    assert max(train) > 1


def test_equal_arguments_give_equal_files(root, tmp_path):
    small = {"train": 2, "val": 1, "test": 1, "height": 24, "width": 20}
    for name, changed in (("a", {}), ("b", {}), ("c", {"seed": 1}), ("d", {"quality": 40})):
        write_easyportrait(tmp_path / name, **small | changed)
    first, second, seeded, rough = (digest(tmp_path / name) for name in "abcd")
    assert first == second
    assert len(first) == 9
    assert first.keys() & seeded.keys() == {"meta.csv"}
    assert {name for name in first if first[name] != rough[name]} == {name for name in first if name.endswith(".jpg")}


def test_a_split_may_be_left_out(tmp_path):
    write_easyportrait(tmp_path, train=1, val=0, test=0, height=16, width=16)  # an empty folder is taken
    assert [row["set"] for row in meta(tmp_path)] == ["train"]
    assert (tmp_path / "annotations" / "val").is_dir()


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"val": -1}, "val=-1"),
        ({"quality": 0}, "quality=0"),
        ({"quality": 101}, "quality=101"),
        ({"height": 15}, "height=15"),
        ({"width": 0}, "width=0"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_wrong_numbers(wrong, words, tmp_path):
    with pytest.raises(InputError, match=words) as error:
        write_easyportrait(tmp_path / "new", **{"train": 1, "val": 1, "test": 1, "height": 16, "width": 16} | wrong)
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", ["folder", "file"])
def test_nothing_is_written_where_something_is(there, tmp_path, monkeypatch):
    monkeypatch.delattr(synthetic_easyportrait, "draw_portrait")
    root = tmp_path / "full" if there == "file" else tmp_path
    (tmp_path / "full").write_bytes(b"kept")
    with pytest.raises(InputError, match="not an empty folder"):
        write_easyportrait(root, train=1, val=1, test=1, height=16, width=16)
    assert [path.name for path in tmp_path.iterdir()] == ["full"]
