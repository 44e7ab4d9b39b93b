"""Batches of four sources mixed: drawings, people in three dimensions, real portraits, and cut-outs of these."""

from typing import NamedTuple

import drawings
import numpy as np
import torch
import torch.nn.functional as F
from camera import Camera, blur, chance, uniform
from drawings import Ring
from geometry import boxes_in, plain, take
from pictures import BOTH, DRAWN, HEIGHT, LEFT, PHOTO, RIGHT, SOFT, VALID, WIDTH, Pool
from torch import Tensor

SOURCES = ("drawn", "people", "real", "cutouts")
STRIP = 130  # pixels beside a real person from which a background can be cut


class Batch(NamedTuple):
    """Image float32 (n, 3, S, S), whole numbers of 0 to 255; alpha (n, 1, S, S) in [0, 1]; valid (n, 1, S, S), the
    weight of a pixel's label; and how many are of each source.
    """

    image: Tensor
    alpha: Tensor
    valid: Tensor
    counts: np.ndarray


class Mixture:
    """Makes batches of pools that lie on one device.

    Args:
        people, real, backgrounds: pools; `people` without those that are held back.
        shares: of the sources in a batch, in the order of SOURCES.
    """

    def __init__(
        self, people: Pool, real: Pool, backgrounds: Pool, ring: Ring, shares: list[float], rng: np.random.Generator
    ) -> None:
        self.people, self.real, self.backgrounds, self.ring = people, real, backgrounds, ring
        self.cutouts = Pool(real.canvas[:, PHOTO.stop : SOFT.stop], real.about)
        self.photos = Pool(real.canvas[:, PHOTO], real.about)
        self.shares, self.rng, self.device = np.array(shares) / sum(shares), rng, real.canvas.device
        self.camera = Camera(rng).to(self.device)
        beside = np.maximum(real.about[:, LEFT], real.about[:, WIDTH] - real.about[:, RIGHT])
        self.strips = np.flatnonzero(beside > STRIP)

    @torch.no_grad()
    def batch(self, count: int, size: int, strength: float = 1.0) -> Batch:
        """`count` samples of side `size`; `strength` is that of colours and camera."""
        counts = self._counts(count)
        drawn, people, real, cutouts = counts
        parts, own = [], None
        if drawn:
            chosen = self.rng.integers(0, len(self.ring), drawn)
            taken = take(self.rng, self.ring, chosen, size, 0.6, 0.15)
            parts.append(
                (taken.pixels[:, drawings.PERSON], taken.pixels[:, drawings.ALPHA] * ~taken.outside, taken.below)
            )
            own = taken.pixels[:, drawings.BEHIND]
        for pool, number, least, zoom_out in ((self.people, people, 0.6, 0.25), (self.cutouts, cutouts, 0.33, 0.15)):
            if number:
                taken = take(self.rng, pool, self.rng.integers(0, len(pool), number), size, least, zoom_out)
                parts.append((taken.pixels[:, :3], taken.pixels[:, 3:] * ~taken.outside, taken.below))
        person, alpha, below = (torch.cat(part) for part in zip(*parts, strict=True))
        image, alpha = self._composed(person, alpha, below, own, size, strength)
        valid = torch.ones_like(alpha)
        if real:
            pixels = take(self.rng, self.real, self.rng.integers(0, len(self.real), real), size, 0.33).pixels
            taught = chance(0.45, real, self.device)  # by the teacher's edge, the others by the mask alone
            image = torch.cat([image, pixels[:, PHOTO]])
            alpha = torch.cat([alpha, pixels[:, BOTH] * taught + pixels[:, SOFT] * (1 - taught)])
            valid = torch.cat([valid, 1 - taught * (1 - pixels[:, VALID])])
        alpha = torch.where(alpha < 3 / 255, 0.0, torch.where(alpha > 252 / 255, 1.0, alpha))
        return Batch(self.camera(image, strength), alpha, valid.clamp(min=1e-3), counts)

    def _counts(self, count: int) -> np.ndarray:
        """The shares in whole samples, what is left over by chance."""
        exact = self.shares * count
        counts = np.floor(exact).astype(int)
        if rest := count - counts.sum():
            left_over = exact - counts
            counts[self.rng.choice(len(SOURCES), rest, p=left_over / left_over.sum(), replace=False)] += 1
        return counts

    def _composed(
        self, person: Tensor, alpha: Tensor, below: Tensor, own: Tensor | None, size: int, strength: float
    ) -> tuple[Tensor, Tensor]:
        """People before backgrounds, with other clothes and light, and sometimes one behind another: image, alpha.

        The first len(own) are drawings, half of which keep the background that was drawn with them.
        """
        n, device, colours = len(person), self.device, self.camera.colours
        background = self._backgrounds(n, size)
        # Clothes: a picture on them, or much darker or brighter, below the head.
        pattern = background.roll(1, 0)
        weight = below * chance(0.16, n, device) * uniform(0.3, 0.95, n, device)
        person = person * (1 - weight) + weight * pattern * (0.35 + 1.1 * person.mean(1, keepdim=True))
        weight = below * chance(0.16, n, device)
        shade = person * uniform(0.1, 0.6, n, device) + uniform(0, 0.55, n, device) * chance(0.4, n, device)
        person = (person * (1 - weight) + weight * shade).clamp(0, 1)
        person = colours(person, 0.7 * strength, 0.6)
        light = torch.empty((n, 1, 3, 3), device=device).uniform_(-0.45, 0.45)
        light = F.interpolate(light, size=(size, size), mode="bicubic", align_corners=False)
        person = (person * (1 + light * chance(0.3, n, device))).clamp(0, 1)
        if own is not None:
            keep = chance(0.5, len(own), device)
            background[: len(own)] = own * keep + background[: len(own)] * (1 - keep)
        background = colours(background, 0.7 * strength, 0.6)
        # A background of the person's own colours.
        mean = (person * alpha).sum((2, 3), keepdim=True) / alpha.sum((2, 3), keepdim=True).clamp(min=1)
        weight = chance(0.15, n, device) * uniform(0.4, 1, n, device)
        background = (background + weight * (mean - background.mean((2, 3), keepdim=True))).clamp(0, 1)
        i = self.camera.some(n, 0.5, device)  # behind what is in focus
        sigma = (torch.rand(len(i), device=device) ** 1.5) * 0.022 * size + 0.3
        background[i] = blur(background[i], sigma, sigma, 21 if size < 300 else 25)
        # A second person behind the first: another of the batch, moved aside. Both count.
        i = self.camera.some(n, 0.06, device)
        j = (i + 1 + torch.randint(0, max(1, n - 1), i.shape, device=device)) % n
        shift = int(size * self.rng.uniform(0.2, 0.45)) * int(self.rng.choice([-1, 1]))
        behind = _aside(alpha[j], shift)
        background[i] = behind * _aside(person[j], shift) + (1 - behind) * background[i]
        image = alpha * person + (1 - alpha) * background
        alpha = alpha.clone()
        alpha[i] = 1 - (1 - alpha[i]) * (1 - behind)
        return image, alpha

    def _backgrounds(self, count: int, size: int) -> Tensor:
        """Float32 (count, 3, S, S): photos of places, what is beside a real person, drawn ones."""
        rng, kind = self.rng, self.rng.random(count)
        places, strips = int((kind < 0.45).sum()), int(((kind >= 0.45) & (kind < 0.70)).sum())
        drawn, parts = count - places - strips, []
        if places:
            chosen = rng.integers(0, len(self.backgrounds), places)
            width, height = self.backgrounds.about[chosen][:, [WIDTH, HEIGHT]].T
            boxes = boxes_in(rng, 0 * width, 0 * height, width, height, 0.35)
            parts.append(plain(rng, self.backgrounds, chosen, size, boxes))
        if strips:
            chosen = self.strips[rng.integers(0, len(self.strips), strips)]
            left, right, width, height = self.real.about[chosen][:, [LEFT, RIGHT, WIDTH, HEIGHT]].T
            to_the_left = left > width - right
            begin, end = np.where(to_the_left, 0, right + 8), np.where(to_the_left, left - 8, width)
            boxes = boxes_in(rng, begin, 0 * left, end, height, 0.6)
            parts.append(plain(rng, self.photos, chosen, size, boxes))
        if drawn:
            chosen, zeros = rng.integers(0, len(self.ring), drawn), np.zeros(drawn)
            boxes = boxes_in(rng, zeros, zeros, np.full(drawn, DRAWN[1]), np.full(drawn, DRAWN[0]), 0.5)
            pool = Pool(self.ring.canvas[:, drawings.BEHIND], self.ring.about)
            parts.append(plain(rng, pool, chosen, size, boxes))
        order = torch.from_numpy(rng.permutation(count)).to(self.device, non_blocking=True)
        return torch.cat(parts)[order]


def _aside(x: Tensor, shift: int) -> Tensor:
    """Moved by `shift` pixels to the right, nothing where it came from."""
    x = torch.roll(x, shift, 3)
    (x[..., :shift] if shift > 0 else x[..., shift:]).zero_()
    return x
