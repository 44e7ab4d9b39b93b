import numpy as np
import pytest
from PIL import Image

from portrait_matting.data.pairs import pair_files, read_pair
from portrait_matting.errors import InputError
from portrait_matting.images.io import read_alpha


def photo(height=48, width=64, seed=0) -> np.ndarray:
    """A smooth colour picture, (H, W, 3), with a different colour in each corner."""
    corners = np.random.default_rng(seed).integers(0, 256, (2, 2, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(corners).resize((width, height), Image.Resampling.BILINEAR))


@pytest.mark.parametrize("least_side", [0, 16])
def test_a_pair_is_of_one_size_though_the_photo_may_come_smaller(least_side, tmp_path):
    image, alpha = tmp_path / "a.jpg", tmp_path / "a.png"
    Image.fromarray(photo(40, 64)).save(image)
    Image.fromarray(photo(40, 64)[..., 0]).save(alpha)
    pair = read_pair(image, alpha, read_alpha, least_side)
    assert [part.shape[:2] for part in pair] == [(20, 32) if least_side else (40, 64), (40, 64)]
    Image.fromarray(photo(20, 32)[..., 0]).save(alpha)
    with pytest.raises(InputError, match=r"a\.png is 32x20 but .*a\.jpg is 64x40"):
        read_pair(image, alpha, read_alpha, least_side)


@pytest.fixture
def folders(tmp_path):
    for name in ("images", "alphas"):
        (tmp_path / name).mkdir()
    return tmp_path / "images", tmp_path / "alphas"


def fill(folder, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(b"x")


def test_files_pair_by_stem_whatever_the_case_of_their_suffix(folders):
    images, alphas = folders
    fill(images, "b.JPG", "a one.jpeg", "ü.webp", "notes.txt", ".DS_Store", "._b.jpg")
    fill(alphas, "b.PNG", "a one.png", "ü.png", "Thumbs.db", "._b.png")
    (images / "folder.jpg").mkdir()
    assert [(i.name, a.name) for i, a in pair_files(images, alphas)] == [
        ("a one.jpeg", "a one.png"),
        ("b.JPG", "b.PNG"),
        ("ü.webp", "ü.png"),
    ]


@pytest.mark.parametrize(
    "there, lacking, words",
    [
        (["a.jpg", "b.jpg", "c.jpg"], ["a.png"], ["images/b.jpg", "b.*", "alphas", "2 such"]),
        (["a.jpg"], ["a.png", "b.png"], ["alphas/b.png", "b.*", "images", "1 such"]),
        (["a.jpg", "a.JPG"], ["a.png"], ["a.JPG", "a.jpg", "rename"]),
        (["a.jpg"], ["a.png", "a.tif"], ["a.png", "a.tif", "rename"]),
        ([], ["a.png"], ["images", ".jpg"]),
    ],
)
def test_files_that_do_not_pair(there, lacking, words, folders):
    images, alphas = folders
    fill(images, *there)
    fill(alphas, *lacking)
    with pytest.raises(InputError) as error:
        pair_files(images, alphas)
    message = str(error.value)
    assert "\n" not in message
    assert all(word in message for word in words), message
