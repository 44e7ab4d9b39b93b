"""Crops of pools: their numbers by numpy on the processor, their pixels by one grid_sample on the card."""

import math
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from pictures import (
    BOTTOM,
    COLUMNS,
    FREE_LEFT,
    FREE_RIGHT,
    FREE_TOP,
    HEAD_X,
    HEAD_Y,
    HEIGHT,
    TOP,
    WIDTH,
    Pool,
)
from torch import Tensor


class Taken(NamedTuple):
    """Crops float32 (n, C, S, S) in [0, 1], how far below the head each pixel lies (n, 1, S, S), from 0 to 1, and
    whether it lies beyond an edge that the person does not touch (n, 1, S, S).
    """

    pixels: Tensor
    below: Tensor
    outside: Tensor


def uniform(rng: np.random.Generator, low: float, high: float, count: int) -> np.ndarray:
    return rng.uniform(low, high, count).astype(np.float32)


def crops(rng: np.random.Generator, about: np.ndarray, least: float, zoom_out: float) -> np.ndarray:
    """Float32 (n, 8) of a crop of each: centre x, y, half width, half height, flip, cosine, sine, shear.

    Four of five lie about the head; a share of `zoom_out` shows more than the picture where its edges are free.
    """
    n, (width, height) = len(about), about[:, [WIDTH, HEIGHT]].T
    scale = np.exp(uniform(rng, math.log(least), 0, n))
    ratio = np.exp(uniform(rng, -0.42, 0.42, n)) * np.sqrt(height / width) ** rng.choice([0.0, 0.6, 1.0], n)
    w, h = np.minimum(scale * width * ratio, width), np.minimum(scale * height / ratio, height)
    near = rng.random(n) < 0.8
    x = np.where(near, about[:, HEAD_X] + uniform(rng, -0.22, 0.22, n) * w, w / 2 + uniform(rng, 0, 1, n) * (width - w))
    y = np.where(
        near, about[:, HEAD_Y] + uniform(rng, -0.02, 0.34, n) * h, h / 2 + uniform(rng, 0, 1, n) * (height - h)
    )
    x, y = np.clip(x, w / 2, width - w / 2), np.clip(y, h / 2, height - h / 2)
    if zoom_out > 0:
        out = (rng.random(n) < zoom_out) & (about[:, FREE_TOP] > 0)
        sides = (about[:, FREE_LEFT] > 0) & (about[:, FREE_RIGHT] > 0)
        wide = np.where(sides, width * np.exp(uniform(rng, 0, 0.55, n)), width)
        high = height * np.exp(uniform(rng, 0, 0.4, n))
        w, h = np.where(out, wide, w), np.where(out, high, h)
        aside = np.where(sides, width - w / 2 + uniform(rng, 0, 1, n) * (w - width), width / 2)
        x, y = np.where(out, aside, x), np.where(out, height - h / 2, y)
    turn = np.where(rng.random(n) < 0.4, rng.normal(0, math.radians(8), n), 0)
    flip = rng.choice([-1.0, 1.0], n)
    shear = np.where(rng.random(n) < 0.2, uniform(rng, -0.08, 0.08, n), 0)
    return np.stack([x, y, w / 2, h / 2, flip, np.cos(turn), np.sin(turn), shear], 1).astype(np.float32)


def boxes_in(rng: np.random.Generator, left, top, right, bottom, least: float) -> np.ndarray:
    """Boxes (n, 4: x0 y0 x1 y1) at random places within given ones."""
    n, width, height = len(left), right - left, bottom - top
    scale, ratio = np.exp(uniform(rng, math.log(least), 0, n)), np.exp(uniform(rng, -0.3, 0.3, n))
    side = scale * np.minimum(width, height)
    w, h = np.minimum(side * ratio, width), np.minimum(side / ratio, height)
    x, y = left + uniform(rng, 0, 1, n) * (width - w), top + uniform(rng, 0, 1, n) * (height - h)
    return np.stack([x, y, x + w, y + h], 1)


def take(
    rng: np.random.Generator, pool: Pool, index: np.ndarray, size: int, least: float, zoom_out: float = 0.0
) -> Taken:
    """Crops of pool[index] to squares of `size`, about the people on them."""
    about = pool.about[index]
    chosen, numbers, about = on(pool.canvas.device, index.astype(np.int64), crops(rng, about, least, zoom_out), about)
    x, y = _places(numbers, size)
    column = [about[:, number, None, None] for number in range(COLUMNS)]
    below = ((y - column[TOP]) / (column[BOTTOM] - column[TOP]).clamp(min=8) - 0.3) / 0.1
    outside = (x < 0) & (column[FREE_LEFT] > 0)
    outside = outside | ((x > column[WIDTH] - 1) & (column[FREE_RIGHT] > 0)) | ((y < 0) & (column[FREE_TOP] > 0))
    return Taken(_warp(pool.canvas, chosen, x, y, about), below.clamp(0, 1)[:, None], outside[:, None])


def plain(rng: np.random.Generator, pool: Pool, index: np.ndarray, size: int, boxes: np.ndarray) -> Tensor:
    """Crops float32 (n, C, S, S) of given boxes, mirrored or not."""
    n, (left, top, right, bottom) = len(boxes), boxes.T
    flip, ones, zeros = rng.choice([-1.0, 1.0], n), np.ones(n), np.zeros(n)
    numbers = [(left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2, flip, ones, zeros, zeros]
    numbers = np.stack(numbers, 1).astype(np.float32)
    chosen, numbers, about = on(pool.canvas.device, index.astype(np.int64), numbers, pool.about[index])
    return _warp(pool.canvas, chosen, *_places(numbers, size), about)


def on(device: torch.device, *arrays: np.ndarray) -> list[Tensor]:
    return [torch.from_numpy(np.ascontiguousarray(array)).to(device, non_blocking=True) for array in arrays]


def _places(numbers: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Where each pixel of a crop lies on the canvas: x and y in pixels, float32 (n, S, S) each."""
    u = (torch.arange(size, device=numbers.device, dtype=torch.float32) + 0.5) / size * 2 - 1
    v = u[:, None]
    x, y, half_width, half_height, flip, cosine, sine, shear = (numbers[:, index, None, None] for index in range(8))
    right = (u[None, None] * flip + shear * v[None]) * half_width
    down = v[None].expand(len(numbers), size, size) * half_height
    return x + right * cosine - down * sine - 0.5, y + right * sine + down * cosine - 0.5


def _warp(canvas: Tensor, chosen: Tensor, x: Tensor, y: Tensor, about: Tensor) -> Tensor:
    """Pixels at these places, reflected at the picture's own edges, which are not those of the canvas."""
    source = canvas[chosen].float()
    height, width = source.shape[-2:]
    x = _reflect(x, about[:, WIDTH, None, None]) * (2 / (width - 1)) - 1
    y = _reflect(y, about[:, HEIGHT, None, None]) * (2 / (height - 1)) - 1
    places = torch.stack([x, y], -1)
    return F.grid_sample(source, places, mode="bilinear", padding_mode="border", align_corners=True) / 255


def _reflect(x: Tensor, width: Tensor) -> Tensor:
    period = 2 * (width - 1)
    x = torch.remainder(x, period)
    return torch.where(x > width - 1, period - x, x)
