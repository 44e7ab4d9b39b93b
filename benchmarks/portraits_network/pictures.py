"""What lies on disk, decoded once by forked processes into memory that they share: a pool of canvases for each kind."""

import mmap
import multiprocessing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from portrait_matting.matte.foreground import estimate_foreground

DRAWN = (352, 308)  # height and width of a drawing
PERSON = (384, 336)  # of a person in three dimensions
REAL = (480, 552)  # of the canvas of a real portrait
BACKGROUND = (640, 640)  # of the canvas of a background

LEFT, RIGHT, TOP, BOTTOM, HEAD_X, HEAD_Y, FREE_LEFT, FREE_RIGHT, FREE_TOP, WIDTH, HEIGHT = range(11)
"""Columns of `Pool.about`: the person's box and head in pixels, whether the picture's edges are free of the person, and
the size of the picture on its canvas."""
COLUMNS = 11

# Channels of a real portrait's canvas.
PHOTO, COLOURS, SOFT, BOTH, VALID = slice(0, 3), slice(3, 6), slice(6, 7), slice(7, 8), slice(8, 9)


@dataclass
class Pool:
    """Pictures uint8 (n, C, H, W), each in the upper left corner of its canvas, and float32 (n, 11) about each."""

    canvas: Any  # np.ndarray, or a tensor on the card
    about: np.ndarray

    def __len__(self) -> int:
        return len(self.canvas)


def shared(shape: tuple[int, ...], dtype: type = np.uint8) -> np.ndarray:
    """Zeros in anonymous shared memory, into which forked processes write."""
    return np.frombuffer(mmap.mmap(-1, int(np.prod(shape)) * np.dtype(dtype).itemsize), dtype).reshape(shape)


def shared_pool(count: int, channels: int, size: tuple[int, int]) -> Pool:
    return Pool(shared((count, channels, *size)), shared((count, COLUMNS), np.float32))


def describe(alpha: np.ndarray) -> np.ndarray:
    """The row of `Pool.about` for an alpha, uint8 (H, W)."""
    height, width = alpha.shape
    person = alpha > 40
    rows = np.flatnonzero(person.any(1))
    if not len(rows):
        about = [width * 0.4, width * 0.6, 0, height - 1, width / 2, height / 2, 0, 0, 0, width, height]
        return np.float32(about)
    columns = np.flatnonzero(person.any(0))
    top, bottom = rows[0], rows[-1]
    head_x = np.flatnonzero(person[top : top + max(2, int(0.15 * (bottom - top)))].any(0)).mean()
    head_y = top + 0.13 * (bottom - top)
    free = alpha[:, :2].max() < 40, alpha[:, -2:].max() < 40, alpha[:2].max() < 40
    return np.float32([columns[0], columns[-1], top, bottom, head_x, head_y, *free, width, height])


def read(path: Path, limit: int | None) -> dict[str, list[np.ndarray]]:
    """The encoded pictures of a file that prepare.py wrote, by name."""
    file = np.load(path)
    found = {}
    for name in (key.removesuffix("_end") for key in file.files if key.endswith("_end")):
        ends, blob = file[f"{name}_end"][:limit], file[f"{name}_blob"]
        found[name] = [blob[start:end] for start, end in zip(np.r_[0, ends[:-1]], ends, strict=True)]
    return found


class Pictures:
    """The four pools: people (RGBA), real portraits (9 channels, see PHOTO and the next), those of the validation
    (RGB and hard mask), and backgrounds (RGB).
    """

    def __init__(self, folder: Path, workers: int, limit: int | None = None) -> None:
        names = ("people", "real_train", "real_val", "backgrounds")
        self.encoded = {name: read(folder / f"{name}.npz", limit) for name in names}
        people, real, val, backgrounds = (len(next(iter(self.encoded[name].values()))) for name in names)
        self.people, self.real = shared_pool(people, 4, PERSON), shared_pool(real, 9, REAL)
        self.val, self.backgrounds = shared_pool(val, 4, REAL), shared_pool(backgrounds, 3, BACKGROUND)
        jobs = [(self._real, index) for index in range(real)] + [(self._person, index) for index in range(people)]
        jobs += [(self._val, index) for index in range(val)] + [
            (self._background, index) for index in range(backgrounds)
        ]
        fork = multiprocessing.get_context("fork")  # a spawned process would get a copy of the pools
        processes = [fork.Process(target=_decode, args=(jobs[first::workers],)) for first in range(workers)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        if any(process.exitcode for process in processes):
            raise SystemExit(f"error: a picture in {folder} could not be decoded")
        self.encoded.clear()

    def _person(self, index: int) -> None:
        bgra = cv2.imdecode(self.encoded["people"]["rgba"][index], cv2.IMREAD_UNCHANGED)
        self.people.canvas[index] = bgra[..., [2, 1, 0, 3]].transpose(2, 0, 1)
        self.people.about[index] = describe(bgra[..., 3])

    def _background(self, index: int) -> None:
        bgr = cv2.imdecode(self.encoded["backgrounds"]["photo"][index], cv2.IMREAD_COLOR)
        scale = min(1, BACKGROUND[0] / max(bgr.shape[:2]))
        if scale < 1:
            bgr = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        height, width = bgr.shape[:2]
        self.backgrounds.canvas[index, :, :height, :width] = bgr[..., ::-1].transpose(2, 0, 1)
        self.backgrounds.about[index] = [0, width, 0, height, width / 2, height / 2, 0, 0, 0, width, height]

    def _photo_and_mask(self, name: str, index: int) -> tuple[np.ndarray, np.ndarray]:
        """RGB (H, W, 3) and the hard mask of 0 and 255, cut off at the canvas."""
        encoded = self.encoded[name]
        bgr = cv2.imdecode(encoded["photo"][index], cv2.IMREAD_COLOR)[: REAL[0], : REAL[1]]
        mask = cv2.imdecode(encoded["hard"][index], cv2.IMREAD_GRAYSCALE)[: REAL[0], : REAL[1]]
        return np.ascontiguousarray(bgr[..., ::-1]), np.where(mask > 0, 255, 0).astype(np.uint8)

    def _val(self, index: int) -> None:
        rgb, hard = self._photo_and_mask("real_val", index)
        height, width = hard.shape
        self.val.canvas[index, :3, :height, :width] = rgb.transpose(2, 0, 1)
        self.val.canvas[index, 3, :height, :width] = hard
        self.val.about[index] = describe(hard)

    def _real(self, index: int) -> None:
        rgb, hard = self._photo_and_mask("real_train", index)
        height, width = hard.shape
        teacher = cv2.imdecode(self.encoded["real_train"]["teacher"][index], cv2.IMREAD_GRAYSCALE)
        teacher = cv2.resize(teacher, (width, height), interpolation=cv2.INTER_CUBIC)
        soft, both, valid = labels(hard, teacher)
        colours = estimate_foreground(rgb, soft.astype(np.float32) / 255, from_inside=True)
        channels = [*rgb.transpose(2, 0, 1), *colours.transpose(2, 0, 1), soft, both, valid]
        self.real.canvas[index, :, :height, :width] = channels
        self.real.about[index] = describe(hard)


def labels(hard: np.ndarray, teacher: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The mask with soft edges; the teacher's soft edge in it; and 255 where the second may be learnt from: not where
    the teacher contradicts the mask by more than the mask's own inaccuracy. uint8 (H, W) each, as the arguments.
    """
    soft = cv2.GaussianBlur(hard, (0, 0), 0.8)
    near = cv2.morphologyEx(hard, cv2.MORPH_GRADIENT, np.ones((9, 9), np.uint8)) > 0
    agree = np.abs(teacher.astype(np.int16) - hard) < 128
    both, valid = np.where(near, teacher // 2 + soft // 2, soft), np.where(agree | near, 255, 0)
    iou = ((teacher > 127) & (hard > 0)).sum() / max(1, ((teacher > 127) | (hard > 0)).sum())
    if iou < 0.6:  # the teacher missed this person: the mask alone
        return soft, soft, np.full_like(hard, 255)
    return soft, both, valid


def _decode(jobs: list[tuple[Any, int]]) -> None:
    cv2.setNumThreads(1)
    for work, index in jobs:
        work(index)
