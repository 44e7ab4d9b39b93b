"""How many pictures a file holds, where people may expect that more than the first is taken."""

from pathlib import Path

from PIL import Image

_SUBFILE, _REDUCED = 254, 1  # TIFF 6.0, section 8: a smaller version of another picture in the file
_FORMATS = ("GIF", "WEBP", "PNG", "TIFF", "JPEG", "AVIF")


def count_pictures(path: Path) -> int:
    """The frames of an animated GIF, WebP, PNG or AVIF, the pages of a TIFF, the views of an MPO; else 1.

    Smaller versions in a TIFF or an MPO do not count, which are thumbnails and a telephone's gain maps, nor does a film
    behind a JPEG: nobody misses them. A file that cannot be read holds 1 as well.
    """
    try:
        with Image.open(path, formats=_FORMATS) as picture:
            count = getattr(picture, "n_frames", 1)
            if count == 1 or picture.format not in ("TIFF", "MPO"):
                return count
            size = picture.size
            return max(1, sum(_is_alike(picture, at, size) for at in range(count)))
    except Exception:  # what Pillow raises on damaged bytes is no closed list
        return 1


def _is_alike(picture: Image.Image, at: int, size: tuple[int, int]) -> bool:
    picture.seek(at)
    if picture.format == "TIFF":
        return not picture.tag_v2.get(_SUBFILE, 0) & _REDUCED
    return picture.size == size
