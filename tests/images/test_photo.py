"""One reader: training, validation and evaluation get of a file the pixels that predict and the app get."""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from portrait_matting.data.augment import Augmentation, to_input
from portrait_matting.data.samples import ScoredSamples
from portrait_matting.images.io import read_image
from portrait_matting.prediction.photo_file import read_photo

RANDOM = np.random.default_rng(0)
PIXELS = cv2.GaussianBlur(RANDOM.integers(0, 256, (43, 61, 3), dtype=np.uint8), (5, 5), 0)
PICTURE = Image.fromarray(PIXELS)


def icc_profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A display profile (ICC.1:2001-04, 6.1) of these tags, and what every profile has."""
    tags = {b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(79), b"wtpt": xyz(WHITE)} | tags
    at, table, content = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        table += name + struct.pack(">II", at + len(content), len(data))
        content += data + bytes(-len(data) % 4)
    header = struct.pack(">I4sI4s4s4s", at + len(content), b"lcms", 0x02400000, b"mntr", space, b"XYZ ")
    header = (header + bytes(12) + b"acsp").ljust(68, b"\0") + xyz(WHITE)[8:]
    return header.ljust(128, b"\0") + table + content


def xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(65536 * value) for value in values))


def curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(256 * gamma))


def rgb_profile(*primaries: tuple[float, ...]) -> bytes:
    tags = {name + b"XYZ": xyz(primary) for name, primary in zip((b"r", b"g", b"b"), primaries, strict=True)}
    return icc_profile(b"RGB ", tags | {name + b"TRC": curve(2.2) for name in (b"r", b"g", b"b")})


WHITE = (0.9642, 1.0, 0.8249)  # D50
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# Adobe RGB (1998), 4.3.5.3, and Display P3 (SMPTE EG 432-1 primaries, white D65), both adapted to D50.
ADOBE = rgb_profile((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))
P3 = rgb_profile((0.5151, 0.2412, -0.0011), (0.2919, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
LINEAR = icc_profile(b"GRAY", {b"kTRC": curve(1)})


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def over_noise(picture: Image.Image) -> Image.Image:
    """The picture with an alpha of its own."""
    picture = picture.copy()
    picture.putalpha(Image.fromarray(RANDOM.integers(0, 256, (43, 61), dtype=np.uint8)))
    return picture


WORDS = Image.fromarray(RANDOM.integers(0, 65536, (43, 61), dtype=np.uint16))
LAB = ImageCms.profileToProfile(
    PICTURE, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
)
TURNS = range(1, 9)
KINDS = {
    **{
        f"{suffix} {o}": (PICTURE, suffix, {"exif": turned(o)})
        for suffix in ("jpg", "png", "webp", "tif")
        for o in TURNS
    },
    **{f"ink {o}": (PICTURE.convert("CMYK"), "jpg", {"exif": turned(o)}) for o in TURNS},
    **{f"sRGB {suffix}": (PICTURE, suffix, {"icc_profile": SRGB}) for suffix in ("jpg", "png", "webp", "tif")},
    **{f"Adobe {suffix}": (PICTURE, suffix, {"icc_profile": ADOBE}) for suffix in ("jpg", "png", "webp", "tif")},
    **{f"P3 {suffix}": (PICTURE, suffix, {"icc_profile": P3}) for suffix in ("jpg", "png", "webp", "tif")},
    **{f"grey {suffix}": (PICTURE.convert("L"), suffix, {}) for suffix in ("jpg", "png", "tif", "bmp")},
    **{f"linear grey {s}": (PICTURE.convert("L"), s, {"icc_profile": LINEAR}) for s in ("jpg", "png", "tif")},
    **{f"palette {suffix}": (PICTURE.quantize(64), suffix, {}) for suffix in ("png", "tif", "bmp")},
    "palette with holes": (PICTURE.quantize(64), "png", {"transparency": bytes(range(64))}),
    "one colour transparent": (PICTURE, "png", {"transparency": (7, 7, 7)}),
    "1 bit": (PICTURE.convert("1"), "png", {}),
    "16 bits png": (WORDS, "png", {}),
    "16 bits tif": (WORDS, "tif", {}),
    "32 bits": (Image.fromarray(RANDOM.random((43, 61), np.float32)), "tif", {}),
    "ink tif": (PICTURE.convert("CMYK"), "tif", {}),
    "Lab": (LAB, "tif", {}),
    **{f"RGBA {suffix}": (over_noise(PICTURE), suffix, {}) for suffix in ("png", "tif", "webp")},
    **{f"LA {suffix}": (over_noise(PICTURE.convert("L")), suffix, {}) for suffix in ("png", "tif")},
    "progressive": (PICTURE, "jpg", {"progressive": True}),
    "4:4:4": (PICTURE, "jpg", {"subsampling": 0, "quality": 95}),
    "bmp": (PICTURE, "bmp", {}),
    "JPEG in TIFF": (PICTURE, "tif", {"compression": "jpeg"}),
}


class OnePortrait:
    """The photo of a file as training reads it, with an alpha of nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        image = read_image(self.path)
        return image, np.zeros(image.shape[:2], np.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_training_and_predict_see_the_same_pixels(kind, tmp_path):
    picture, suffix, options = KINDS[kind]
    path = tmp_path / f"a.{suffix}"
    picture.save(path, **options)
    image, seen = read_image(path), read_photo(path).image
    assert image.dtype == seen.dtype == np.uint8
    np.testing.assert_array_equal(image, seen)
    assert image.std() > 5


@pytest.mark.parametrize("name, channels", [("a.png", 3), ("a.png", 4), ("a.tif", 3)])
def test_16_bits_of_colour(name, channels, tmp_path):
    deep = RANDOM.integers(0, 65536, (43, 61, channels), dtype=np.uint16)
    assert cv2.imwrite(str(tmp_path / name), deep)
    image = read_image(tmp_path / name)
    np.testing.assert_array_equal(image, read_photo(tmp_path / name).image)
    assert np.abs(image - deep[..., 2::-1] / 257).max() <= 1


def test_an_orientation_behind_a_pngs_pixels(tmp_path):
    PICTURE.save(tmp_path / "a.png", exif=turned(6))
    content = (tmp_path / "a.png").read_bytes()
    start = content.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(content[start : start + 4], "big")
    last = content.index(b"IEND") - 4
    (tmp_path / "a.png").write_bytes(content[:start] + content[end:last] + content[start:end] + content[last:])
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), np.rot90(PIXELS, -1))


@pytest.mark.parametrize("kind", ["jpg 6", "linear grey jpg", "16 bits png", "RGBA tif"])
def test_the_networks_input_is_the_same_wherever_it_is_made(kind, tmp_path):
    """Training without augmentation, validation and predict: one tensor, to the bit."""
    picture, suffix, options = KINDS[kind]
    path = tmp_path / f"a.{suffix}"
    picture.save(path, **options)
    portraits = OnePortrait(path)
    predicted = to_input(read_photo(path).image, 24)
    assert torch.equal(ScoredSamples(portraits, 24)[0]["image"], predicted)
    assert torch.equal(Augmentation([], 24)(*portraits[0], 0)["image"], predicted)


def test_real_photos(real_portraits):
    paths = sorted(path for path in real_portraits.rglob("*.jpg") if "backgrounds" not in path.parts)[::100]
    paths += sorted((real_portraits / "photos_without_truth").glob("*.*"))[::4]
    assert paths
    for path in paths:
        np.testing.assert_array_equal(read_image(path), read_photo(path).image, err_msg=path.name)
