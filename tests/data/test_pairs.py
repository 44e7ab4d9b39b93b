import numpy as np
import pytest
from PIL import Image

from portrait_matting.data.pairs import named_pairs, pair_files, read_pair
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


def test_pairs_in_folders_below_go_by_their_paths(folders):
    images, alphas = folders
    for folder, suffix in ((images, "jpg"), (alphas, "png")):
        for name in ("anna", "bea"):
            (folder / name).mkdir()
            fill(folder / name, f"1.{suffix}")
        fill(folder, f"1.{suffix}")
    pairs = named_pairs(images, alphas)
    assert list(pairs) == ["1", "anna/1", "bea/1"]
    assert pairs["bea/1"] == (images / "bea" / "1.jpg", alphas / "bea" / "1.png")


def test_folders_that_one_half_alone_has_are_told(folders):
    images, alphas = folders
    (images / "anna").mkdir()
    fill(images, "anna/1.jpg")
    fill(alphas, "1.png")
    with pytest.raises(InputError, match=r"has no counterpart .*the folders below images and below alphas must be"):
        pair_files(images, alphas)


def test_a_photo_that_is_not_read_is_named_or_counted(folders, caplog):
    images, alphas = folders
    fill(images, "a.jpg", "b.heic", "c.tga")
    fill(alphas, "a.png")
    assert len(pair_files(images, alphas)) == 1
    assert "left out 1 .heic, 1 .tga" in caplog.text
    fill(alphas, "b.png")
    with pytest.raises(InputError, match=r"b\.png has no counterpart but .*b\.heic, which is not read"):
        pair_files(images, alphas)
    (images / "a.jpg").unlink()
    with pytest.raises(InputError, match=r"holds no image, only 1 \.heic, 1 \.tga"):
        pair_files(images, alphas)


@pytest.mark.parametrize("suffix", ["tif", "webp", "avif", "jpg", "png"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_goes_with_an_upright_alpha_and_with_one_turned_alike(orientation, suffix, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = exif.tobytes()  # saving an AVIF empties the other
    Image.fromarray(photo(40, 64)).save(tmp_path / f"a.{suffix}", exif=turned)
    stored = Image.fromarray(photo(40, 64)[..., 0])
    upright = stored.transpose(Image.Transpose.TRANSPOSE) if orientation > 4 else stored
    for kind, alpha, options in (
        ("png", upright, {}),
        ("tif", stored, {"exif": turned}),
        ("png", stored, {"exif": turned}),
    ):
        alpha.save(tmp_path / f"alpha.{kind}", **options)
        for least_side in (0, 16):
            image, read = read_pair(tmp_path / f"a.{suffix}", tmp_path / f"alpha.{kind}", read_alpha, least_side)
            assert read.shape == ((64, 40) if orientation > 4 else (40, 64))
            assert (image.shape[0] > image.shape[1]) == (orientation > 4)


def test_an_alpha_of_the_photo_as_it_lies_in_its_file_is_told(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(photo(40, 64)).save(tmp_path / "a.jpg", exif=exif)
    Image.fromarray(photo(40, 64)[..., 0]).save(tmp_path / "a.png")
    with pytest.raises(InputError, match="both turned upright by their EXIF orientation"):
        read_pair(tmp_path / "a.jpg", tmp_path / "a.png", read_alpha)
