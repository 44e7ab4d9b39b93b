"""What light and cameras do to a picture, on the card: colours, blur, sharpening, noise, JPEG."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

_YIQ = [[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]]
_YCC = [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]  # JFIF
# Annex K of the JPEG standard (ITU-T T.81): luminance, and the corner of chrominance where it is below 99.
_LUMINANCE = """
    16 11 10 16 24 40 51 61  12 12 14 19 26 58 60 55  14 13 16 24 40 57 69 56  14 17 22 29 51 87 80 62
    18 22 37 56 68 109 103 77  24 35 55 64 81 104 113 92  49 64 78 87 103 121 120 101  72 92 95 98 112 100 103 99"""
_CHROMINANCE = [[17.0, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]


def uniform(low: float, high: float, count: int, device: torch.device) -> Tensor:
    """Float32 (count, 1, 1, 1)."""
    return torch.empty((count, 1, 1, 1), device=device).uniform_(low, high)


def chance(share: float, count: int, device: torch.device) -> Tensor:
    """Float32 (count, 1, 1, 1), 1 with this probability, else 0."""
    return (torch.rand((count, 1, 1, 1), device=device) < share).float()


def blur(x: Tensor, across: Tensor, down: Tensor, taps: int) -> Tensor:
    """Float32 (n, C, H, W) under Gaussians of each picture's own sigmas (n,) in pixels."""
    n, channels, height, width = x.shape
    t = torch.arange(-(taps // 2), taps // 2 + 1, device=x.device, dtype=torch.float32)

    def kernels(sigma: Tensor) -> Tensor:
        kernel = torch.exp(-(t[None] ** 2) / (2 * sigma[:, None].clamp(min=0.05) ** 2))
        return (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(channels, 0)

    y = F.pad(x, (taps // 2,) * 4, mode="reflect").reshape(1, n * channels, height + taps - 1, width + taps - 1)
    y = F.conv2d(y, kernels(across)[:, None, None, :], groups=n * channels)
    return F.conv2d(y, kernels(down)[:, None, :, None], groups=n * channels).view(n, channels, height, width)


class Camera(nn.Module):
    """RGB float32 (n, 3, S, S) in [0, 1] to what a camera makes of it, whole numbers of 0 to 255.

    `strength` weakens the colours and makes blur, noise and JPEG rarer. The tables are buffers: a copy to the card in
    the loop would wait for it.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__()
        self.rng = rng
        chrominance = torch.full((8, 8), 99.0)
        chrominance[:4, :4] = torch.tensor(_CHROMINANCE)
        luminance = torch.tensor([float(number) for number in _LUMINANCE.split()]).view(8, 8)
        dct = [
            [math.sqrt((1 if i == 0 else 2) / 8) * math.cos((2 * j + 1) * i * math.pi / 16) for j in range(8)]
            for i in range(8)
        ]
        self.register_buffer("yiq", torch.tensor(_YIQ))
        self.register_buffer("yiq_inverse", torch.linalg.inv(torch.tensor(_YIQ)))
        self.register_buffer("ycc", torch.tensor(_YCC))
        self.register_buffer("ycc_inverse", torch.linalg.inv(torch.tensor(_YCC)))
        self.register_buffer("dct", torch.tensor(dct))
        self.register_buffer("tables", torch.stack([luminance, chrominance, chrominance])[None, :, None, None])
        self.register_buffer("middle", torch.tensor([128.0, 0, 0]).view(1, 3, 1, 1))

    def colours(self, x: Tensor, strength: float, share: float) -> Tensor:
        """Hue, saturation, contrast, brightness, white balance and gamma, each by a picture's own numbers."""
        n, device = len(x), x.device
        amount = chance(share, n, device) * strength
        hue = (uniform(-0.35, 0.35, n, device) * amount).view(n)
        saturation = (1 + uniform(-0.6, 0.5, n, device) * amount).view(n)
        c, s = torch.cos(hue) * saturation, torch.sin(hue) * saturation
        zero, one = torch.zeros_like(c), torch.ones_like(c)
        rows = [torch.stack(row, 1) for row in ([one, zero, zero], [zero, c, -s], [zero, s, c])]
        x = torch.einsum("nij,njhw->nihw", self.yiq_inverse @ torch.stack(rows, 1) @ self.yiq, x)
        mean = x.mean((1, 2, 3), keepdim=True)
        x = (x - mean) * (1 + uniform(-0.4, 0.4, n, device) * amount) + mean
        x = x * (1 + uniform(-0.4, 0.4, n, device) * amount)
        x = x * (1 + torch.empty((n, 3, 1, 1), device=device).uniform_(-0.12, 0.12) * amount)
        return x.clamp(1e-4, 1) ** torch.exp(uniform(-0.35, 0.35, n, device) * amount)

    def jpeg(self, x: Tensor, quality: Tensor) -> Tensor:
        """What JPEG at these qualities (n,) leaves, colours at half the resolution; sides are multiples of 16."""
        n, _, height, width = x.shape
        z = torch.einsum("ij,njhw->nihw", self.ycc, x * 255)
        half = F.avg_pool2d(z[:, 1:], 2)
        z = torch.cat([z[:, :1] - 128, F.interpolate(half, scale_factor=2, mode="bilinear", align_corners=False)], 1)
        scale = torch.where(quality < 50, 50 / quality, 2 - quality / 50).view(n, 1, 1, 1, 1, 1)
        table = (self.tables * scale).clamp(min=1)
        blocks = z.view(n, 3, height // 8, 8, width // 8, 8).permute(0, 1, 2, 4, 3, 5)
        blocks = self.dct.T @ (torch.round(self.dct @ blocks @ self.dct.T / table) * table) @ self.dct
        z = blocks.permute(0, 1, 2, 4, 3, 5).reshape(n, 3, height, width) + self.middle
        return torch.einsum("ij,njhw->nihw", self.ycc_inverse, z) / 255

    def some(self, count: int, share: float, device: torch.device) -> Tensor:
        """Indices of a share of `count` pictures, at least one."""
        chosen = self.rng.permutation(count)[: max(1, round(share * count))]
        return torch.from_numpy(chosen).to(device, non_blocking=True)

    def forward(self, x: Tensor, strength: float) -> Tensor:
        n, size, device = len(x), x.shape[-1], x.device
        scale = size / 320
        x = self.colours(x, 0.8 * strength, 0.7)
        i = self.some(n, 0.05, device)  # grey
        x[i] = x[i].mean(1, keepdim=True).expand(-1, 3, -1, -1)
        i = self.some(n, 0.25 * strength, device)  # out of focus or moved
        sigma = torch.rand(len(i), device=device) ** 2 * 2.2 * scale + 0.2
        moved = torch.rand(len(i), device=device) < 0.3
        x[i] = blur(x[i], torch.where(moved, sigma * 1.6, sigma), torch.where(moved, sigma * 0.2, sigma), 13)
        i = self.some(n, 0.3, device)  # sharpened
        y, sigma = x[i], torch.full((len(i),), 1.2 * scale, device=device)
        x[i] = y + (y - blur(y, sigma, sigma, 7)) * uniform(0.2, 1.3, len(i), device)
        i = self.some(n, 0.12, device)  # enlarged
        side = int(size * self.rng.uniform(0.35, 0.7)) // 2 * 2
        small = F.interpolate(x[i], size=(side, side), mode="bilinear", antialias=True)
        x[i] = F.interpolate(small, size=(size, size), mode="bilinear", align_corners=False)
        i = self.some(n, 0.3 * strength, device)  # noise
        noise = torch.randn_like(x[i])
        noise = noise * 0.6 + 0.6 * noise.mean(1, keepdim=True) * 1.7
        x[i] = x[i] + noise * uniform(0.004, 0.06, len(i), device)
        x = x.clamp(0, 1)
        i = self.some(n, 0.35 * strength, device)
        x[i] = self.jpeg(x[i], torch.empty(len(i), device=device).uniform_(30, 92))
        return torch.round(x.clamp(0, 1) * 255)
