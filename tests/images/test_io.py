from contextlib import suppress

import cv2
import numpy as np
import pytest
from PIL import Image

from portrait_matting.errors import InputError
from portrait_matting.images.io import image_size, read_alpha, read_image, read_mask

RAMP = np.tile(np.arange(256, dtype=np.uint8), (4, 1))  # every grey there is, (4, 256)


def photo(height=48, width=64, seed=0) -> np.ndarray:
    """A smooth colour picture, (H, W, 3), with a different colour in each corner."""
    corners = np.random.default_rng(seed).integers(0, 256, (2, 2, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(corners).resize((width, height), Image.Resampling.BILINEAR))


def refused(read, path) -> str:
    """The message of an InputError: one line with the file's name."""
    with pytest.raises(InputError) as error:
        read(path)
    message = str(error.value)
    assert "\n" not in message
    assert path.name in message
    return message


@pytest.mark.parametrize(
    "name, options",
    [
        ("a.jpg", {"quality": 95}),
        ("a.JPG", {"quality": 95, "progressive": True}),
        ("a.png", {}),
        ("a.webp", {"lossless": True}),
        ("a.bmp", {}),
        ("a.tif", {}),
    ],
)
def test_a_photo_is_rgb(name, options, tmp_path):
    Image.fromarray(photo()).save(tmp_path / name, **options)
    image = read_image(tmp_path / name)
    assert image.dtype == np.uint8
    assert np.abs(image.astype(int) - photo()).mean() < 2


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK"])
def test_photos_of_other_pixel_types_become_rgb(mode, tmp_path):
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    picture = Image.fromarray(photo()).convert(mode)
    picture.save(path)
    assert np.abs(read_image(path).astype(int) - np.asarray(picture.convert("RGB"))).mean() < 2


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_jpegs_of_other_pixel_types_become_rgb(mode, tmp_path):
    picture = Image.fromarray(photo()).convert(mode)
    picture.save(tmp_path / "a.jpg", quality=95)
    assert np.abs(read_image(tmp_path / "a.jpg").astype(int) - np.asarray(picture.convert("RGB"))).mean() < 2


def test_a_photo_of_16_bits_keeps_its_light(tmp_path):
    Image.fromarray(RAMP.astype(np.uint16) * 257).save(tmp_path / "a.png")
    assert np.array_equal(read_image(tmp_path / "a.png"), RAMP[..., None].repeat(3, axis=2))


@pytest.mark.parametrize(
    "least_side, size",
    [(0, (480, 640)), (241, (480, 640)), (240, (240, 320)), (121, (240, 320)), (100, (120, 160)), (1, (60, 80))],
)
def test_a_jpeg_comes_as_small_as_it_may(least_side, size, tmp_path):
    path = tmp_path / "a.jpg"
    Image.fromarray(photo(480, 640)).save(path, quality=95)
    image = read_image(path, least_side)
    assert image.shape == (*size, 3)
    assert np.abs(image.astype(int) - photo(*size)).mean() < 3


def test_other_files_come_whole(tmp_path):
    Image.fromarray(photo(480, 640)).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png", 10).shape == (480, 640, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_smaller_jpeg_and_a_size_read_from_the_header_are_upright_too(orientation, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "a.jpg"
    Image.fromarray(photo(256, 384)).save(path, exif=exif, quality=95)
    whole, half = read_image(path), read_image(path, 128)
    assert image_size(path.read_bytes(), path) == whole.shape[:2]
    assert half.shape[:2] == (whole.shape[0] // 2, whole.shape[1] // 2)
    assert np.abs(half.astype(int) - whole[::2, ::2]).mean() < 3


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_header_says_the_size_of_a_turned_file_of_any_type(orientation, suffix, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(photo(20, 30)).save(path, exif=exif)
    assert (
        image_size(path.read_bytes(), path) == read_image(path).shape[:2] == ((20, 30) if orientation < 5 else (30, 20))
    )


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_photo_mask_and_alpha_are_turned_upright_by_one_rule(orientation, suffix, tmp_path):
    grey = np.zeros((16, 24), np.uint8)
    grey[:8, :8] = 255  # one bright corner
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{suffix}"
    options = {"jpg": {"quality": 100}, "webp": {"lossless": True}}.get(suffix, {})
    picture = Image.fromarray(grey) if suffix != "webp" else Image.fromarray(grey).convert("RGB")
    picture.save(path, exif=exif, **options)
    # EXIF 2.32, tag 0x0112: where the 0th row and the 0th column of the file are to be shown.
    top = orientation in (1, 2, 5, 6)
    left = orientation in (1, 4, 5, 8)
    height, width = (16, 24) if orientation < 5 else (24, 16)
    shown = np.zeros((height, width), bool)
    shown[slice(0, 8) if top else slice(-8, None), slice(0, 8) if left else slice(-8, None)] = True
    np.testing.assert_array_equal(read_image(path)[..., 1] > 127, shown)
    np.testing.assert_array_equal(read_alpha(path) > 0.5, shown)
    if suffix != "webp":
        np.testing.assert_array_equal(read_mask(path) > 127, shown)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("thumbnail", [False, True])
@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9, -20, -3, -2, -1])  # a share of the bytes kept, or bytes lost
def test_a_truncated_jpeg_never_passes(cut, thumbnail, progressive, tmp_path, monkeypatch):
    """Whatever OpenCV says: some releases return what they have. A file that lacks only its end marker fails too."""
    path = tmp_path / "a.jpg"
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, progressive=progressive)
    whole = path.read_bytes()
    if thumbnail:  # in a header's segment, with an end marker of its own, as cameras write it
        Image.fromarray(noise[:8, :8]).save(path)
        small = path.read_bytes()
        whole = whole[:2] + b"\xff\xe1" + (len(small) + 2).to_bytes(2, "big") + small + whole[2:]
    path.write_bytes(whole)
    assert read_image(path).shape == (64, 64, 3)
    path.write_bytes(whole[: int(cut * len(whole)) if cut > 0 else cut])
    for read in (read_image, read_alpha, read_mask):
        refused(read, path)
    monkeypatch.setattr("cv2.imdecode", lambda *arguments: noise)
    refused(read_image, path)


def test_a_jpeg_whose_rest_was_never_written_is_refused(tmp_path):
    path = tmp_path / "a.jpg"
    Image.fromarray(photo()).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2].ljust(len(whole), b"\0"))
    refused(read_image, path)


def test_bytes_behind_a_jpegs_end_do_not_matter(tmp_path):
    path = tmp_path / "a.jpg"
    Image.fromarray(photo()).save(path)
    before = read_image(path)
    path.write_bytes(path.read_bytes() + b"\xff\xda a phone's film \xff\xd8")
    np.testing.assert_array_equal(read_image(path), before)


@pytest.mark.parametrize("suffix", ["png", "webp", "bmp", "tif"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_other_truncated_files_never_pass(share, suffix, tmp_path):
    path = tmp_path / f"a.{suffix}"
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    for read in (read_image, read_alpha, read_mask):
        refused(read, path)


@pytest.mark.parametrize("read", [read_image, read_mask, read_alpha])
@pytest.mark.parametrize(
    "content", [b"", b"no picture\n", b"\xff", b"\xff\xd8", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0"]
)
def test_files_that_are_no_pictures_are_refused(content, read, tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    assert "replace or remove" in refused(read, path)


@pytest.mark.parametrize("read", [read_image, read_mask, read_alpha])
def test_a_file_that_is_not_there(read, tmp_path):
    assert "does not exist" in refused(read, tmp_path / "a.jpg")


@pytest.mark.parametrize("read", [pytest.param(read_mask, marks=pytest.mark.slow), read_alpha])
def test_damaged_bytes_end_in_one_line_or_in_a_picture(read, tmp_path):
    """What Pillow raises over damaged files is no closed list."""
    random = np.random.default_rng(0)
    Image.fromarray(RAMP).save(tmp_path / "whole.png")
    whole = np.frombuffer((tmp_path / "whole.png").read_bytes(), np.uint8)
    path = tmp_path / "damaged.png"
    for _ in range(60):
        damaged = whole.copy()
        damaged[random.integers(8, len(whole), 3)] = random.integers(0, 256, 3)
        path.write_bytes(damaged.tobytes())
        with suppress(InputError):
            read(path)


def test_a_palette_masks_indices_are_its_ids(tmp_path):
    ids = np.arange(72, dtype=np.uint8).reshape(8, 9) % 9
    picture = Image.fromarray(ids)
    picture.putpalette([255, 0, 0, 0, 255, 0, *range(21)])
    for bits in (8, 4):
        picture.save(tmp_path / "a.png", bits=bits)
        with Image.open(tmp_path / "a.png") as saved:
            assert saved.mode == "P"
        np.testing.assert_array_equal(read_mask(tmp_path / "a.png"), ids)


def test_masks_of_other_pixel_types_keep_their_ids(tmp_path):
    ids = np.array([[0, 1], [1, 0]], np.uint8)
    for picture in (Image.fromarray(ids), Image.fromarray(ids.astype(bool)), Image.fromarray(ids.astype(np.uint16))):
        picture.save(tmp_path / "a.png")
        mask = read_mask(tmp_path / "a.png")
        assert mask.dtype == np.uint8
        np.testing.assert_array_equal(mask, ids)


def test_a_16_bit_id_does_not_wrap_around_to_the_background(tmp_path):
    Image.fromarray(np.array([[0, 256]], np.uint16)).save(tmp_path / "a.png")
    assert "256" in refused(read_mask, tmp_path / "a.png")


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA"])
def test_a_colour_picture_is_no_mask(mode, tmp_path):
    Image.fromarray(photo()).convert(mode).save(tmp_path / "a.png")
    assert "a class mask is grey" in refused(read_mask, tmp_path / "a.png")


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_mask_that_was_saved_in_colour_is_grey_still(mode, tmp_path):
    ids = np.arange(9, dtype=np.uint8).repeat(5).reshape(9, 5)
    Image.fromarray(ids).convert(mode).save(tmp_path / "a.png")
    assert np.array_equal(read_mask(tmp_path / "a.png"), ids)


def _over_colour(alpha: np.ndarray, mode: str) -> Image.Image:
    picture = Image.fromarray(photo(*alpha.shape)).convert(mode[:-1])
    picture.putalpha(Image.fromarray(alpha))
    return picture


@pytest.mark.parametrize(
    "picture",
    [
        Image.fromarray(RAMP),
        Image.fromarray(RAMP).convert("RGB"),
        _over_colour(RAMP, "RGBA"),
        _over_colour(RAMP, "LA"),
        Image.fromarray(RAMP).convert("RGBA"),  # opaque: the grey is the matte
        Image.fromarray(RAMP).convert("LA"),
        Image.fromarray(RAMP).convert("P"),
        Image.fromarray(RAMP.astype(np.uint16) * 257),
    ],
    ids=["L", "RGB", "RGBA", "LA", "opaque RGBA", "opaque LA", "P", "16 bits"],
)
def test_every_type_of_alpha_gives_the_same_ramp(picture, tmp_path):
    picture.save(tmp_path / "a.png")
    alpha = read_alpha(tmp_path / "a.png")
    assert alpha.dtype == np.float32
    np.testing.assert_allclose(alpha, RAMP / 255, atol=1e-7)


def test_16_bits_are_finer_than_8(tmp_path):
    values = np.array([[0, 1, 32768, 65535]], np.uint16)
    Image.fromarray(values).save(tmp_path / "a.png")
    np.testing.assert_allclose(read_alpha(tmp_path / "a.png"), values / 65535, rtol=1e-6)


def test_an_alpha_of_one_bit_is_hard(tmp_path):
    Image.fromarray(np.array([[True, False]])).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_alpha(tmp_path / "a.png"), [[1, 0]])


def test_a_palettes_own_alphas_are_the_matte(tmp_path):
    picture = Image.fromarray(np.array([[0, 1, 2]], np.uint8))
    picture.putpalette([200, 10, 10, 20, 90, 20, 30, 30, 160])
    picture.save(tmp_path / "a.png", transparency=bytes([255, 51, 0]))
    np.testing.assert_allclose(read_alpha(tmp_path / "a.png"), [[1, 0.2, 0]])


def test_a_faint_alpha_stays_faint(tmp_path):
    Image.fromarray(np.full((4, 4), 51, np.uint8)).save(tmp_path / "a.png")
    np.testing.assert_allclose(read_alpha(tmp_path / "a.png"), 0.2)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_a_colour_picture_is_no_alpha(mode, tmp_path):
    Image.fromarray(photo()).convert(mode).save(tmp_path / "a.png")
    assert "colour" in refused(read_alpha, tmp_path / "a.png")


def test_alphas_outside_their_range(tmp_path):
    for values in ([[0.0, 1.5]], [[0.0, np.nan]], [[-0.1, 1.0]]):
        Image.fromarray(np.array(values, np.float32)).save(tmp_path / "a.tif")
        assert "outside [0, 1]" in refused(read_alpha, tmp_path / "a.tif")


@pytest.mark.parametrize("read", [read_image, read_mask, read_alpha])
def test_a_tiff_of_float_colours_is_called_one(read, tmp_path):
    cv2.imwrite(str(tmp_path / "a.tif"), np.zeros((4, 5, 3), np.float32))
    assert "3 channels of 32-bit floats, which is not read: save it with 8 or 16 bits" in refused(
        read, tmp_path / "a.tif"
    )
