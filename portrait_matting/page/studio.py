"""What happens to a photo on the page: it is cut out once, and then put before as many backgrounds as one likes."""

import itertools
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from portrait_matting.errors import InputError
from portrait_matting.matte.matter import CutOut
from portrait_matting.page.background import Background, checkerboard
from portrait_matting.prediction.cutout_file import Style, write_cutout
from portrait_matting.prediction.names import shown
from portrait_matting.prediction.photo_file import Photo, read_photo

SCREEN = 1280
"""Longest side of a preview in pixels: what a page shows. What is saved has the photo's own size."""
MOST_PIXELS = 64_000_000
"""Of a photo or a background: the 48 megapixels of a telephone, and some more."""
SECONDS = 120.0
"""How long a photo may take."""
_QUALITY = 95  # of JPEGs
_KEPT = 4  # pictures of a sitting, the newest: a page may still be fetching the last but one
_LONGEST_STEM = 120  # bytes; file systems allow 255, some programs fewer


@dataclass(frozen=True)
class Sitting:
    """One photo on the page.

    Args:
        stem: of the photo's name, and of what is saved.
        original: the photo's file, as it was uploaded.
        folder: holds what is made of the photo, and nothing else.
        cut_out: the RGBA PNG in it, of the photo's own size, with its ICC profile.
        before: the JPEG in it of the photo as the page shows it.
        photo: the same as pixels, no side above SCREEN.
        preview: the cut-out of that size.
    """

    stem: str
    original: Path
    folder: Path
    cut_out: Path
    before: Path
    photo: Photo
    preview: CutOut


class Studio:
    """Photos in, pictures in a folder out. The network works on one photo at a time.

    Args:
        matter: uint8 RGB (H, W, 3) to CutOut, a `Matter`.
        folder: where pictures are put, those of each photo in a folder of its own.
        seconds: how long one photo may take. What takes longer is given up, though it runs to its end.
        most_pixels: of a photo, and of a background.
    """

    def __init__(
        self,
        matter: Callable[[np.ndarray], CutOut],
        folder: Path,
        seconds: float = SECONDS,
        most_pixels: int = MOST_PIXELS,
    ) -> None:
        self.matter, self.folder, self.seconds, self.most_pixels = matter, folder, seconds, most_pixels
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="studio")
        self._numbers = itertools.count()

    def cut_out(self, path: Path, name: str) -> Sitting:
        """Cuts out the photo in a file that whoever brought it calls `name`.

        Raises:
            InputError: the file is no photo or too large, or it took too long.
        """
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        work = self._worker.submit(self._cut_out, path, name, folder)
        try:
            return work.result(self.seconds)
        except BaseException as error:
            work.cancel()
            work.add_done_callback(lambda _: shutil.rmtree(folder, ignore_errors=True))
            if isinstance(error, TimeoutError):
                raise InputError(f"{name} took longer than {self.seconds:g} s: give a smaller photo") from None
            raise

    def _cut_out(self, path: Path, name: str, folder: Path) -> Sitting:
        photo, stem = self._read(path, name), file_stem(name)
        whole = self.matter(photo.image)
        place = folder / f"{stem}.png"
        write_cutout(whole, photo, place, Style("png"))
        alpha = whole.alpha if photo.alpha is None else whole.alpha * photo.alpha
        preview = CutOut(reduced(alpha), reduced(whole.foreground))
        small = Photo(reduced(photo.image), None, photo.icc_profile)
        before = folder / "before.jpg"
        Image.fromarray(small.image).save(before, quality=_QUALITY, icc_profile=small.icc_profile)
        return Sitting(stem, path, folder, place, before, small, preview)

    def show(self, sitting: Sitting, background: Background) -> Path:
        """A JPEG of the person before a background, as the page shows it; transparent is a checkerboard.

        Raises:
            InputError: the photo is no longer here, or the background cannot be used.
        """
        behind = background.behind(self._picture)
        if behind is None:
            behind = checkerboard(*sitting.preview.alpha.shape)
        return self._write(sitting, sitting.preview, sitting.photo, behind)

    def picture(self, sitting: Sitting, background: Background) -> Path | None:
        """The same at the photo's own size; None where the background is transparent.

        Raises:
            InputError: as `show`.
        """
        behind = background.behind(self._picture)
        if behind is None:
            return None
        cut_out = self._read(sitting.cut_out, sitting.stem)
        alpha = np.ones(cut_out.image.shape[:2], np.float32) if cut_out.alpha is None else cut_out.alpha
        photo = replace(self._read(sitting.original, sitting.stem), alpha=None)  # the cut-out's holds it already
        return self._write(sitting, CutOut(alpha, cut_out.image), photo, behind)

    def forget(self, sitting: Sitting | None) -> None:
        """Deletes what was made of a photo."""
        if sitting is not None:
            shutil.rmtree(sitting.folder, ignore_errors=True)

    def _write(self, sitting: Sitting, cut_out: CutOut, photo: Photo, behind: tuple | np.ndarray | str) -> Path:
        if not sitting.folder.exists():
            raise InputError(f"{sitting.stem} is no longer here: drop the photo again")
        place = sitting.folder / f"{next(self._numbers):09d}"  # a new address for each: a browser keeps what it has
        place.mkdir()
        write_cutout(cut_out, photo, place / f"{sitting.stem}.jpg", Style("jpg", behind, quality=_QUALITY))
        for old in sorted(entry for entry in sitting.folder.iterdir() if entry.is_dir())[:-_KEPT]:
            shutil.rmtree(old, ignore_errors=True)
        return place / f"{sitting.stem}.jpg"

    def _picture(self, path: Path) -> np.ndarray:
        return self._read(path, path.name).image

    def _read(self, path: Path, name: str) -> Photo:
        if not path.exists():
            raise InputError(f"{name} is no longer here: drop the photo again")
        try:
            return read_photo(path, self.most_pixels)
        except InputError as error:  # whoever sits at the page knows the photo's name, not where it lies here
            raise InputError(str(error).replace(shown(path), name)) from error


def file_stem(name: str) -> str:
    """A photo's name without folders and suffix, fit for a file on any system: "photo" where nothing is left of it."""
    stem = Path(unicodedata.normalize("NFC", name).replace("\\", "/")).stem
    stem = re.sub(r'[\x00-\x1f\x7f<>:"|?*]', "", stem).strip(" .")
    while len(stem.encode()) > _LONGEST_STEM:
        stem = stem[:-1]
    return stem or "photo"


def reduced(picture: np.ndarray, side: int = SCREEN) -> np.ndarray:
    """A picture (H, W) or (H, W, C), of which the longer side has at most `side` pixels."""
    scale = side / max(picture.shape[:2])
    if scale >= 1:
        return picture
    height, width = (max(1, round(length * scale)) for length in picture.shape[:2])
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
