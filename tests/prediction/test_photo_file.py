import os
import re
import struct
import subprocess
import sys
import time
import warnings
import zlib
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from portrait_matting.errors import InputError
from portrait_matting.prediction.photo_file import MOST_PIXELS, Photo, read_photo

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
RAMP = np.tile(np.arange(256, dtype=np.uint8), (4, 1))  # every grey there is, (4, 256)


def photo(height=24, width=32, seed=0) -> np.ndarray:
    """A smooth colour picture, (H, W, 3), with a different colour in each corner."""
    corners = np.random.default_rng(seed).integers(0, 256, (2, 2, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(corners).resize((width, height), Image.Resampling.BILINEAR))


def saved(picture: Image.Image, path, **options):
    picture.save(path, **options)
    return path


def refused(path, **options) -> str:
    """The message of an InputError: one line with the file's name."""
    with pytest.raises(InputError) as error:
        read_photo(path, **options)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


def icc_profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A version 2 output profile (ICC.1:2001-04, 6.1) of these tags."""
    at, table, content = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        data += bytes(-len(data) % 4)
        table += name + struct.pack(">II", at + len(content), len(data))
        content += data
    white = struct.pack(">3i", 63190, 65536, 54061)  # D50, in 1/65536
    header = struct.pack(">I4sI4s4s4s", at + len(content), b"lcms", 0x02400000, b"prtr", space, b"Lab ")
    header = (header + bytes(12) + b"acsp").ljust(68, b"\0") + white
    return header.ljust(128, b"\0") + table + content


def text(words: bytes) -> bytes:
    return b"desc" + bytes(4) + struct.pack(">I", len(words) + 1) + words + bytes(80)


def cmyk_profile() -> bytes:
    """CMYK to Lab by one table (lut8, 6.5.7): no ink is white, full cyan is of all colours a red, the rest is black."""
    corners = [{0: (100, 0, 0), 8: (60, 50, 40)}.get(corner, (0, 0, 0)) for corner in range(16)]
    table = b"".join(bytes([round(L * 2.55), round(a) + 128, round(b) + 128]) for L, a, b in corners)
    identity = struct.pack(">9i", *(65536 if i in (0, 4, 8) else 0 for i in range(9)))
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + identity + bytes(range(256)) * 4 + table + bytes(range(256)) * 3
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    return icc_profile(b"CMYK", {b"desc": text(b"ink"), b"wtpt": white, b"A2B0": lut})


def grey_profile(gamma: float) -> bytes:
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))
    return icc_profile(b"GRAY", {b"desc": text(b"grey"), b"wtpt": white, b"kTRC": curve}).replace(b"Lab ", b"XYZ ", 1)


@pytest.mark.parametrize(
    "name, options",
    [
        ("a.jpg", {"quality": 95}),
        ("a.jpg", {"quality": 95, "progressive": True}),
        ("a.png", {}),
        ("a.webp", {"lossless": True}),
        ("a.bmp", {}),
        ("a.tif", {}),
        ("a.tif", {"compression": "tiff_lzw"}),
        ("a.gif", {}),
        ("a.avif", {"quality": 95}),
    ],
)
@pytest.mark.parametrize("renamed", [False, True])
def test_a_photo_of_each_type_is_rgb_whatever_its_name(name, options, renamed, tmp_path):
    path = saved(Image.fromarray(photo()), tmp_path / name, **options)
    if renamed:
        path = path.rename(tmp_path / "b.JPEG")
    read = read_photo(path)
    assert read.image.dtype == np.uint8
    assert read.image.shape == (24, 32, 3)
    assert np.abs(read.image.astype(int) - photo()).mean() < 2
    assert (read.alpha, read.icc_profile) == (None, None)


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "avif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_upright(orientation, suffix, tmp_path):
    grey = np.zeros((16, 24), np.uint8)
    grey[:8, :8] = 255  # one bright corner
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if suffix == "webp" else {"quality": 95} if suffix in ("jpg", "avif") else {}
    picture = Image.fromarray(grey).convert("RGB")
    if suffix != "jpg":
        picture.putalpha(Image.fromarray(grey // 2 + 100))
    read = read_photo(saved(picture, tmp_path / f"a.{suffix}", exif=exif, **options))
    # EXIF 2.32, tag 0x0112: where the 0th row and the 0th column of the file are to be shown.
    top = orientation in (1, 2, 5, 6)
    left = orientation in (1, 4, 5, 8)
    height, width = (16, 24) if orientation < 5 else (24, 16)
    shown = np.zeros((height, width), bool)
    shown[slice(0, 8) if top else slice(-8, None), slice(0, 8) if left else slice(-8, None)] = True
    np.testing.assert_array_equal(read.image[..., 1] > 127, shown)
    if suffix != "jpg":
        np.testing.assert_allclose(read.alpha, np.where(shown, 227, 100) / 255, atol=0.02 * (suffix == "avif") + 1e-6)


def test_a_damaged_orientation_does_not_matter(tmp_path):
    path = saved(Image.fromarray(photo()), tmp_path / "a.png", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    np.testing.assert_array_equal(read_photo(path).image, photo())


@pytest.mark.parametrize("mode", ["1", "L", "P"])
@pytest.mark.parametrize("suffix", ["png", "tif", "bmp", "gif"])
def test_pixel_types_of_one_channel(mode, suffix, tmp_path):
    picture = Image.fromarray(photo()).convert(mode)
    read = read_photo(saved(picture, tmp_path / f"a.{suffix}"))
    np.testing.assert_array_equal(read.image, np.asarray(picture.convert("RGB")))
    assert read.alpha is None


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bits_of_grey_keep_their_light(suffix, tmp_path):
    values = np.array([[0, 128, 129, 257 * 100, 65535, 65407, 65406]], np.uint16)
    image = read_photo(saved(Image.fromarray(values), tmp_path / f"a.{suffix}")).image
    np.testing.assert_array_equal(image[0, :, 1], [0, 0, 1, 100, 255, 255, 254])  # v · 255 / 65535, rounded


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("channels", [3, 4])
def test_16_bits_of_colour_keep_their_light(channels, suffix, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 65536, (9, 8, channels), dtype=np.uint16)
    path = tmp_path / f"a.{suffix}"
    cv2.imwrite(path, pixels)  # takes BGR(A)
    read = read_photo(path)
    assert np.abs(read.image[..., ::-1] - pixels[..., :3] / 257.0).max() <= 1
    if channels == 4:
        assert np.abs(read.alpha - pixels[..., 3] / 65535.0).max() <= 1 / 255


@pytest.mark.parametrize(
    "values, expected",
    [
        (np.array([[0, 0.5, 1]], np.float32), [0, 128, 255]),
        (np.array([[0, 51, 255]], np.float32), [0, 51, 255]),
        (np.array([[-3, 32896, 65535]], np.float32), [0, 128, 255]),
        (np.array([[np.nan, 0.2, 0.4]], np.float32), [0, 51, 102]),  # not stretched to its own brightest
        (np.array([[0, 51, 255]], np.int32), [0, 51, 255]),
        (np.array([[-9, 32896, 65535]], np.int32), [0, 128, 255]),
    ],
)
def test_32_bits_of_grey(values, expected, tmp_path):
    image = read_photo(saved(Image.fromarray(values), tmp_path / "a.tif")).image
    np.testing.assert_array_equal(image[0, :, 0], expected)


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_a_files_own_alpha(mode, suffix, tmp_path):
    picture = Image.fromarray(photo(4, 256)).convert(mode[:-1])
    picture.putalpha(Image.fromarray(RAMP))
    options = {"lossless": True, "exact": True} if suffix == "webp" else {}
    read = read_photo(saved(picture, tmp_path / f"a.{suffix}", **options))
    assert read.alpha.dtype == np.float32
    np.testing.assert_allclose(read.alpha, RAMP / 255, atol=1e-7)
    np.testing.assert_array_equal(read.image, np.asarray(picture)[..., :3] if mode == "RGBA" else read.image)
    assert read.image.std() > 10


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_an_alpha_that_is_opaque_everywhere_says_nothing(mode, tmp_path):
    assert read_photo(saved(Image.fromarray(photo()).convert(mode), tmp_path / "a.png")).alpha is None


def test_an_alpha_of_zero_everywhere_is_one(tmp_path):
    assert read_photo(saved(Image.new("RGBA", (4, 3)), tmp_path / "a.png")).alpha.max() == 0


@pytest.mark.parametrize("mode, transparency", [("L", 7), ("1", 0), ("RGB", (7, 7, 7)), ("P", 7), ("I;16", 7)])
def test_one_colour_that_is_transparent(mode, transparency, tmp_path):
    hole = np.zeros((4, 6), np.uint8)
    hole[1, 2:4] = 1
    grey = np.where(hole, 0 if mode == "1" else 7, 255).astype(np.uint8)
    picture = Image.fromarray(grey.astype(np.uint16)) if mode == "I;16" else Image.fromarray(grey).convert(mode)
    if mode == "P":
        picture = Image.fromarray(grey)
        picture.putpalette(list(range(256)) * 3)
    read = read_photo(saved(picture, tmp_path / "a.png", transparency=transparency))
    if mode != "I;16":  # of no use to anybody
        np.testing.assert_array_equal(read.alpha, 1 - hole)


def test_a_palettes_own_alphas(tmp_path):
    picture = Image.fromarray(np.array([[0, 1, 2]], np.uint8))
    picture.putpalette([200, 10, 10, 20, 90, 20, 30, 30, 160])
    read = read_photo(saved(picture, tmp_path / "a.png", transparency=bytes([255, 51, 0])))
    np.testing.assert_allclose(read.alpha, [[1, 0.2, 0]])
    np.testing.assert_array_equal(read.image[0], [[200, 10, 10], [20, 90, 20], [30, 30, 160]])


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "tif"])
def test_the_first_of_several_pictures(suffix, tmp_path):
    frames = [Image.fromarray(photo(seed=seed)).quantize(16) for seed in range(3)]
    if suffix != "gif":
        frames = [frame.convert("RGB") for frame in frames]
    options = {"lossless": True} if suffix == "webp" else {}
    path = saved(frames[0], tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:], **options)
    np.testing.assert_array_equal(read_photo(path).image, np.asarray(frames[0].convert("RGB")))


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_inks_without_a_profile(suffix, tmp_path):
    picture = Image.fromarray(photo()).convert("CMYK")
    path = saved(picture, tmp_path / f"a.{suffix}", **({"quality": 95} if suffix == "jpg" else {}))
    assert np.abs(read_photo(path).image.astype(int) - photo()).mean() < 3


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_inks_are_converted_by_their_profile(suffix, tmp_path):
    cyan = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    read = read_photo(saved(cyan, tmp_path / f"a.{suffix}", icc_profile=cmyk_profile()))
    # Lab (60, 50, 40) by the formulas of CIE 15, Bradford's adaptation and IEC 61966-2-1, worked apart from lcms.
    assert np.abs(read.image.reshape(-1, 3) - [232.2, 102.8, 77.3]).max() <= 3
    assert read.icc_profile is None


def test_a_damaged_profile_of_inks_is_as_none(tmp_path):
    profile = bytearray(cmyk_profile())
    profile[128:] = bytes(len(profile) - 128)
    path = saved(Image.fromarray(photo()).convert("CMYK"), tmp_path / "a.tif", icc_profile=bytes(profile))
    assert np.abs(read_photo(path).image.astype(int) - photo()).mean() < 3


@pytest.mark.parametrize("name, mode", [("a.jpg", "L"), ("a.png", "L"), ("a.png", "LA"), ("a.png", "I;16")])
def test_grey_is_converted_by_its_profile(name, mode, tmp_path):
    picture = Image.new("L", (8, 8), 128).convert(mode) if mode != "I;16" else Image.new("I;16", (8, 8), 128 * 257)
    if mode == "LA":
        picture.putalpha(51)
    read = read_photo(saved(picture, tmp_path / name, icc_profile=grey_profile(1.0)))
    # Light 128/255 = 0.502 by IEC 61966-2-1: 1.055 · 0.502^(1/2.4) - 0.055 = 0.7366, of 255: 187.8.
    assert np.abs(read.image.astype(int) - 188).max() <= 1
    assert read.icc_profile is None
    assert (read.alpha is not None) == (mode == "LA")


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif", "a.avif"])
def test_a_profile_of_colours_is_kept(name, tmp_path):
    assert read_photo(saved(Image.fromarray(photo()), tmp_path / name, icc_profile=SRGB)).icc_profile == SRGB


@pytest.mark.parametrize("mode, profile", [("L", SRGB), ("RGB", grey_profile(2.2)), ("RGB", b"none"), ("CMYK", SRGB)])
def test_a_profile_that_does_not_fit_is_dropped(mode, profile, tmp_path):
    picture = Image.fromarray(photo()).convert(mode)
    read = read_photo(saved(picture, tmp_path / "a.tif", icc_profile=profile))
    assert read.icc_profile is None
    assert np.abs(read.image.astype(int) - np.asarray(picture.convert("RGB"))).max() <= 1


def test_a_photo_that_lab_describes(tmp_path):
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    picture = ImageCms.profileToProfile(Image.fromarray(photo()), srgb, lab, outputMode="LAB")
    image = read_photo(saved(picture, tmp_path / "a.tif")).image
    assert np.abs(image.astype(int) - photo()).mean() < 3


def test_strips_join(tmp_path, monkeypatch):
    monkeypatch.setattr("portrait_matting.images.pixels._STRIP", 100)
    picture = Image.fromarray(photo(50, 33)).convert("RGBA")
    picture.putalpha(Image.fromarray(photo(50, 33)[..., 0]))
    read = read_photo(saved(picture, tmp_path / "a.png"))
    np.testing.assert_array_equal(read.image, photo(50, 33))
    np.testing.assert_allclose(read.alpha, photo(50, 33)[..., 0] / 255, atol=1e-7)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("keep", [0.3, 0.9, -2])
def test_a_truncated_jpeg_is_refused(keep, mode, tmp_path):
    path = saved(Image.fromarray(photo(64, 64)).convert(mode), tmp_path / "a.jpg")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole)) if keep > 0 else keep])
    assert str(path) in refused(path)


@pytest.mark.parametrize("options", [{}, {"compression": "tiff_lzw"}, {"lossless": True}, {"quality": 80}])
@pytest.mark.parametrize("suffix", ["png", "webp", "tif", "bmp", "gif", "avif"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_other_truncated_files_are_refused(share, suffix, options, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    path = saved(Image.fromarray(noise), tmp_path / f"a.{suffix}", **options)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert str(path) in refused(path)


@pytest.mark.parametrize(
    "content, cause",
    [
        (b"", "empty"),
        (b"no picture\n", "is not an image that can be read, but a text: give JPEG"),
        (b"<svg/>", "but an SVG drawing: give JPEG"),
        (b"<!doctype html>", "but an HTML page, perhaps of a download"),
        (b"8BPS\0\1", "but a Photoshop document"),
        (b"\xff\x0a" + bytes(99), "but a JPEG XL picture"),
        (b"\x76\x2f\x31\x01", "but an OpenEXR picture"),
        (bytes(99), "is not an image, or its first bytes are damaged"),
        (b"II*\0" + bytes(99), "is not an image, or its first bytes are damaged"),
        (b"\xff\xd8", "not an image"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1", "HEIC"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0heic", "HEIC"),
    ],
)
def test_files_that_are_no_photos_are_refused(content, cause, tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    assert cause in refused(path)


@pytest.mark.parametrize("kind", ["EPS", "PDF", "ICO", "PPM", "TGA"])
def test_types_that_are_not_on_the_list_are_not_opened(kind, tmp_path, monkeypatch):
    """Whatever Pillow could do: for EPS it starts Ghostscript."""
    monkeypatch.setattr(subprocess, "check_call", lambda *_, **__: pytest.fail("a program was started"))
    assert "not an image" in refused(saved(Image.fromarray(photo()), tmp_path / "a.jpg", format=kind))


def test_an_avif_may_begin_like_a_heic(tmp_path):
    path = saved(Image.fromarray(photo()), tmp_path / "a.avif", quality=95)
    path.write_bytes(path.read_bytes().replace(b"ftypavif", b"ftypmif1", 1))
    assert read_photo(path).image.shape == (24, 32, 3)


def test_a_raw_file_is_not_read_as_its_preview(tmp_path):
    path = saved(Image.fromarray(photo()), tmp_path / "a.dng", format="TIFF", tiffinfo={254: 1})
    assert "raw" in refused(path)


def test_paths_that_are_no_files(tmp_path):
    (tmp_path / "link.jpg").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    assert "does not exist" in refused(tmp_path / "a.jpg")
    assert "link to nothing" in refused(tmp_path / "link.jpg")
    assert "symbolic links" in refused(tmp_path / "loop.jpg")
    assert "regular" in refused(tmp_path / "pipe.jpg")
    assert "folder" in refused(tmp_path)
    assert "File name too long" in refused(tmp_path / ("x" * 300))
    assert "x" in refused(tmp_path / "x\0.jpg")


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = saved(Image.fromarray(photo()), tmp_path / "a.jpg")
    monkeypatch.setattr(type(path), "open", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    assert "Permission denied" in refused(path)


def test_a_name_of_several_lines_and_undecodable_bytes_stays_one_line(tmp_path):
    path = tmp_path / "a\n\u2028\udcff.jpg"
    path.write_bytes(b"x")
    assert "a\\n\\u2028\\udcff.jpg is not an image" in refused(path)


def test_more_pixels_than_asked_for_are_refused_by_the_header(tmp_path):
    path = saved(Image.fromarray(photo()), tmp_path / "a.png")
    assert isinstance(read_photo(path, most_pixels=24 * 32), Photo)
    path.write_bytes(path.read_bytes()[:60])  # the header alone: the pixels are not looked at
    assert "32x24 pixels" in refused(path, most_pixels=24 * 32 - 1)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("height, width, cause", [(100_000, 100_000, "178,956,970"), (10_000, 17_895, "truncated")])
def test_a_header_alone_takes_no_memory(height, width, cause, tmp_path):
    """The largest picture that is read, and a larger one."""
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(bytes(99)))]
    path = tmp_path / "a.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in parts)
    )
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = peak()
    assert cause in refused(path)
    if height * width > MOST_PIXELS:
        assert peak() - before < 30_000


def peak() -> int:
    """KiB that this process has held at most. (ru_maxrss counts what the process that began it has held, too.)"""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])


def test_a_jpeg_of_thousands_of_scans_is_refused(tmp_path):
    path = saved(Image.new("L", (64, 64)), tmp_path / "a.jpg", progressive=True)
    whole = path.read_bytes()
    scan = whole[whole.rindex(b"\xff\xda") : -2]
    path.write_bytes(whole[:-2] + scan * 1000 + b"\xff\xd9")
    assert "scans" in refused(path)
    path.write_bytes(whole + b"\xff\xda" * 1000)  # a phone's film behind the picture
    assert read_photo(path).image.shape == (64, 64, 3)


def test_scans_that_no_decoder_reads_do_not_count(tmp_path):
    """Of a sequential JPEG whose first scan holds all components libjpeg reads no second one."""
    path = saved(Image.fromarray(photo(64, 64)), tmp_path / "a.jpg")
    before, whole = read_photo(path).image, path.read_bytes()
    scan = whole[whole.rindex(b"\xff\xda") : -2]
    path.write_bytes(whole[:-2] + scan * 10_000 + b"\xff\xd9")
    began = time.process_time()
    with suppress(InputError):  # as some releases do
        np.testing.assert_array_equal(read_photo(path).image, before)
    assert time.process_time() - began < 1


def test_warnings_do_not_stop_a_photo(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)  # this photo has 768: Pillow warns, and refuses above 1000
    path = saved(Image.fromarray(photo()), tmp_path / "a.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(read_photo(path).image, photo())


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("two\nlines"), OSError("odd")])
def test_whatever_a_decoder_raises_becomes_one_line(error, tmp_path, monkeypatch):
    path = saved(Image.fromarray(photo()), tmp_path / "a.tif")
    monkeypatch.setattr(Image.Image, "load", lambda *_: (_ for _ in ()).throw(error))
    assert str(path) in refused(path)


def check_all(folder, good):
    """Reads every entry; what has to be read is, what has to be refused is, in one line that names it."""
    for path in folder.iterdir():
        try:
            read = read_photo(path)
        except InputError as error:
            message = str(error)
        else:
            message = None
            assert read.image.dtype == np.uint8
            assert read.image.ndim == 3
            assert read.alpha is None or read.alpha.shape == read.image.shape[:2]
        if message is None:
            assert path in good or "flipped" in path.name or "forbidden" in path.name, path.name
        else:
            assert path not in good, message
            assert len(message.splitlines()) == 1
            assert path.name[:5] in message


@pytest.mark.timeout(30)
def test_150_hostile_files(hostile, tmp_path):
    check_all(tmp_path, set(hostile(tmp_path, 150, 1)))


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize("seed", range(3))
def test_1000_hostile_files(seed, hostile, tmp_path):
    check_all(tmp_path, set(hostile(tmp_path, 1000, seed)))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("suffix, most", [("jpg", 750), ("png", 1100)])
def test_100_megapixels_take_the_image_and_one_copy(suffix, most, tmp_path):
    small = Image.fromarray(photo(1000, 1000))
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(small.resize((12_000, 8_400)), tmp_path / f"a.{suffix}", exif=exif)
    code = (
        "import re, sys; from pathlib import Path; from portrait_matting.prediction.photo_file import read_photo;"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]) // 1024;"
        "before = peak(); shape = read_photo(Path(sys.argv[1])).image.shape; print(*shape, peak() - before)"
    )
    output = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True).stdout
    *shape, megabytes = map(int, output.split())
    assert shape == [12_000, 8_400, 3]
    assert megabytes < most
