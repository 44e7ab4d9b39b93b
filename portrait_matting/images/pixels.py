"""Pixels as files store them, in any type and colour space, to upright uint8 RGB and alpha."""

from collections.abc import Callable
from io import BytesIO

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageCms

_STRIP = 2**22  # pixels converted at once, so that no step needs a second copy of a large photo
_FLIP = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}  # cv2.flip's code by orientation (EXIF 2.32, tag 0x0112)
TURNED = {5, 6, 7, 8}  # transposed before that: height and width change places
_WIDTH, _LENGTH = 256, 257  # TIFF 6.0, section 8
_EXIF_IN_PNG = (b"eXIf", b"Raw profile type", b"XML:com.adobe.xmp")  # its chunk, ImageMagick's way, and XMP
_GREY = {"1", "L", "LA", "La", "I", "F", "I;16", "I;16L", "I;16B", "I;16N"}
_WHITE = {"I": (255, 65535, 2**31 - 1), "F": (1, 255, 65535)}  # neither type has one that everybody keeps to


def colours(picture: Image.Image) -> tuple[bytes | None, Callable[[Image.Image], Image.Image] | None]:
    """The profile that RGB pixels keep, and the conversion by profile that other pixels need."""
    profile = picture.info.get("icc_profile") or b""
    space = profile[16:20] if profile[36:40] == b"acsp" else b""  # ICC.1:2022, 7.2
    kind = "L" if picture.mode in _GREY else picture.mode
    if kind not in ("L", "CMYK", "LAB"):
        return (profile if space == b"RGB " else None), None
    if (kind, space) not in (("L", b"GRAY"), ("CMYK", b"CMYK")) and kind != "LAB":
        return None, None
    try:
        source = ImageCms.createProfile("LAB") if kind == "LAB" else ImageCms.ImageCmsProfile(BytesIO(profile))
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), kind, "RGB")
    except ImageCms.PyCMSError:  # a damaged profile: as if there were none
        return None, None
    return None, lambda strip: ImageCms.applyTransform(strip.convert(kind), transform)


def arrays(picture: Image.Image, convert: Callable[[Image.Image], Image.Image] | None) -> tuple[np.ndarray, ...]:
    """RGB (H, W, 3) and, where the picture has one, alpha (H, W), both uint8; else None in its place."""
    width, height = picture.size
    image, alpha = np.empty((height, width, 3), np.uint8), None
    to_grey = _to_grey(picture)
    if to_grey is None and ("transparency" in picture.info or picture.getbands()[-1] in "Aa"):
        alpha = np.empty((height, width), np.uint8)
    step = max(1, _STRIP // width)
    for top in range(0, height, step):
        rows = slice(top, min(top + step, height))
        strip = picture if step >= height else picture.crop((0, rows.start, width, rows.stop))
        if to_grey is not None:
            strip = Image.fromarray(to_grey(np.asarray(strip)))
        if alpha is not None:
            whole = strip.convert("RGBA")
            alpha[rows] = np.asarray(whole.getchannel("A"))
            strip = whole if convert is None else strip
        if convert is not None or strip.mode != "RGB":
            strip = strip.convert("RGB") if convert is None else convert(strip)
        image[rows] = np.asarray(strip)
    return image, alpha


def _to_grey(picture: Image.Image) -> Callable[[np.ndarray], np.ndarray] | None:
    """What brings values of 16 or 32 bits to uint8; Pillow's own conversion would cut them off at 255."""
    if picture.mode.startswith("I;16"):
        return lambda values: ((values.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    if picture.mode not in _WHITE:
        return None
    brightest = np.fmax.reduce(np.asarray(picture), axis=None)  # passes over NaN, unlike Pillow's
    white = next((white for white in _WHITE[picture.mode] if brightest <= white), _WHITE[picture.mode][-1])
    return lambda values: np.rint(np.clip(np.nan_to_num(values / white), 0, 1) * 255).astype(np.uint8)


def orientation_of(picture: Image.Image, encoded: bytes | None = None) -> int:
    """By its EXIF data, 1 to 8; of a TIFF 1 once its pixels are loaded, which turns them.

    The file's content, where it is given, spares a PNG without such data from being decoded: Pillow looks for them
    behind the pixels, too.
    """
    if picture.format == "PNG" and encoded is not None and not any(place in encoded for place in _EXIF_IN_PNG):
        return 1
    try:
        return picture.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # a damaged header of a whole picture: seen as it is stored
        return 1


def stored_size(picture: Image.Image) -> tuple[int, int]:
    """Width and height of a picture that is not loaded, before it is turned upright."""
    if picture.format != "TIFF":
        return picture.size
    return picture.tag_v2[_WIDTH], picture.tag_v2[_LENGTH]  # Pillow may have turned the size, but not the orientation


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Pixels (H, W) or (H, W, C) turned as their EXIF orientation says."""
    turned = cv2.transpose(pixels) if orientation in TURNED else pixels
    if orientation not in _FLIP:
        return turned
    return cv2.flip(turned, _FLIP[orientation], dst=None if turned is pixels else turned)  # no third copy
