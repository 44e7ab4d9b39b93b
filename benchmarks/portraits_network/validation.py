"""MAD and IoU of a network in training, on real portraits and people that it is not shown."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from pictures import HEIGHT, PERSON, WIDTH, Pictures, Pool
from torch import Tensor

from portrait_matting.images.network_input import NORMALISATIONS, Normalisation
from portrait_matting.models.network import Network

NORMALISATION: Normalisation = NORMALISATIONS["easyportrait"]
AT_ONCE = 50


def normalised(image: Tensor) -> Tensor:
    """The network's input of RGB (n, 3, H, W), 0 to 255."""
    mean, std = (torch.tensor(value, device=image.device).view(1, 3, 1, 1) for value in NORMALISATION[:2])
    return ((image - mean) / std).contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def validate(
    net: Network, pictures: Pictures, held: Pool, size: int, device: torch.device
) -> dict[str, tuple[float, float]]:
    """Means of (MAD, IoU): "val" of real portraits against hard masks, "people" of `held` before backgrounds."""
    net.eval()
    scores = {}
    for name, samples in {
        "val": _real(pictures, size, device),
        "people": _people(pictures, held, size, device),
    }.items():
        images, alphas = zip(*samples, strict=True)
        each = []
        for first in range(0, len(images), AT_ONCE):
            batch = normalised(torch.stack(images[first : first + AT_ONCE]))
            with torch.autocast(device.type, torch.bfloat16):
                logits = net(batch)["matte"]
            mattes = torch.sigmoid(logits.float())
            each += [
                _scores(matte, alpha) for matte, alpha in zip(mattes, alphas[first : first + AT_ONCE], strict=True)
            ]
        mad, iou = torch.stack(each).mean(0).tolist()
        scores[name] = round(mad, 4), round(iou, 4)
    net.train()
    return scores


def _scores(matte: Tensor, alpha: Tensor) -> Tensor:
    matte = F.interpolate(matte[None], alpha.shape[-2:], mode="bilinear", align_corners=False)[0, 0]
    ours, theirs = matte > 0.5, alpha > 0.5
    return torch.stack([(matte - alpha).abs().mean(), (ours & theirs).sum() / (ours | theirs).sum().clamp(min=1)])


def _real(pictures: Pictures, size: int, device: torch.device) -> Iterator[tuple[Tensor, Tensor]]:
    for index in range(len(pictures.val)):
        pixels = _picture(pictures.val, index, device)
        yield _resized(pixels[:3], size), pixels[3] / 255


def _people(pictures: Pictures, held: Pool, size: int, device: torch.device) -> Iterator[tuple[Tensor, Tensor]]:
    for index, person in enumerate(held.canvas):
        person = person.float()
        background = _picture(pictures.backgrounds, index % len(pictures.backgrounds), device)
        background = F.interpolate(background[None], PERSON, mode="bilinear", antialias=True)[0]
        alpha = person[3] / 255
        yield _resized(alpha * person[:3] + (1 - alpha) * background, size), alpha


def _picture(pool: Pool, index: int, device: torch.device) -> Tensor:
    """The picture without the rest of its canvas."""
    height, width = int(pool.about[index, HEIGHT]), int(pool.about[index, WIDTH])
    return torch.from_numpy(pool.canvas[index, :, :height, :width].copy()).to(device).float()


def _resized(image: Tensor, size: int) -> Tensor:
    return F.interpolate(image[None], (size, size), mode="bilinear", antialias=True)[0]
