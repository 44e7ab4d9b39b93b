"""U²-Net, full and lite: a U of small Us, after Qin et al., "U²-Net: Going Deeper with Nested U-Structure for Salient
Object Detection", Pattern Recognition 2020, arXiv 2005.09007.

The parameter names are those of the reference project (xuebinqin/U-2-Net), so that its state dicts load as they are.
The outputs differ in one point: logits instead of sigmoids, since binary cross-entropy on probabilities is refused by
CUDA autocast and loses precision near 0 and 1.
"""

from collections.abc import Callable, Collection, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from portrait_matting.errors import InputError
from portrait_matting.models.halve import halve
from portrait_matting.models.join import join
from portrait_matting.models.network import MATTE, ForeignWeights, Network
from portrait_matting.models.recompute import recomputed

# Figure 5 of the paper, from the image down to stage6 and back up. The input widths follow from the wiring.
# stage: (layers, dilated, full (middle, out), lite (middle, out))
STAGES = {
    "stage1": (7, False, (32, 64), (16, 64)),
    "stage2": (6, False, (32, 128), (16, 64)),
    "stage3": (5, False, (64, 256), (16, 64)),
    "stage4": (4, False, (128, 512), (16, 64)),
    "stage5": (4, True, (256, 512), (16, 64)),
    "stage6": (4, True, (256, 512), (16, 64)),
    "stage5d": (4, True, (256, 512), (16, 64)),
    "stage4d": (4, False, (128, 256), (16, 64)),
    "stage3d": (5, False, (64, 128), (16, 64)),
    "stage2d": (6, False, (32, 64), (16, 64)),
    "stage1d": (7, False, (16, 64), (16, 64)),
}
SIZES = ("full", "lite")
# The blocks that save most bytes for the FLOPs of computing them again, as models.recompute.most finds them.
MOST = {
    "full": ("stage1", "stage2", "stage3", "stage2d"),
    "lite": ("stage1", "stage2", "stage3", "stage4", "stage5", "stage6"),
}
DEPTH = 6
REFERENCE_INPUT_SIZE = 320
"""What the reference project's weights were trained with (xuebinqin/U-2-Net, README)."""


def resize(features: Tensor, like: Tensor) -> Tensor:
    """Resizes (B, C, h, w) bilinearly to the height and width of `like`, in the type of `features`.

    CUDA's autocast would do it in float32, and the concatenation after it too: maps of twice the bytes at every level.
    Between two levels, each value is the sum of a few, which half precision bears.
    """
    device = features.device.type
    if not torch.amp.is_autocast_available(device):  # the meta device
        return _interpolate(features, like)
    with torch.autocast(device, enabled=False):
        return _interpolate(features, like)


def rise(deep: Tensor, skip: Tensor) -> Tensor:
    """Resizes (B, C, h, w) to the height and width of `skip` (B, D, H, W) and concatenates: (B, C + D, H, W)."""
    return join(resize(deep, like=skip), skip)


class ConvBNReLU(nn.Module):
    """3x3 convolution, batch normalisation, ReLU: (B, in, H, W) to (B, out, H, W)."""

    def __init__(self, in_channels: int, out_channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv_s1 = nn.Conv2d(in_channels, out_channels, 3, padding=dilation, dilation=dilation)
        self.bn_s1 = nn.BatchNorm2d(out_channels)
        self.relu_s1 = nn.ReLU(inplace=True)

    def forward(self, features: Tensor) -> Tensor:
        return self.relu_s1(self.bn_s1(self.conv_s1(features)))


class RSU(nn.Module):
    """Residual U-block (section 3.1 of the paper): a U-Net of `layers` levels whose input is added to its output.

    (B, in, H, W) to (B, out, H, W). A plain block halves the map between its levels, except before the last, which is
    dilated by 2. A `dilated` block (RSU-4F) keeps the size and doubles the dilation from level to level instead.
    """

    def __init__(self, layers: int, dilated: bool, in_channels: int, middle: int, out_channels: int) -> None:
        super().__init__()
        self.layers = layers
        self.dilated = dilated
        dilations = [2**level if dilated else 1 for level in range(layers)]
        dilations[-1] = dilations[-1] if dilated else 2
        self.rebnconvin = ConvBNReLU(in_channels, out_channels)
        for level, dilation in enumerate(dilations, start=1):
            self.add_module(f"rebnconv{level}", ConvBNReLU(out_channels if level == 1 else middle, middle, dilation))
        for level in range(layers - 1, 0, -1):
            width = out_channels if level == 1 else middle
            self.add_module(f"rebnconv{level}d", ConvBNReLU(2 * middle, width, dilations[level - 1]))

    def forward(self, features: Tensor) -> Tensor:
        residual = self.rebnconvin(features)  # (B, out, H, W)
        deep, skips = residual, []
        for level in range(1, self.layers):
            deep = self.get_submodule(f"rebnconv{level}")(deep)  # (B, middle, h, w)
            skips.append(deep)
            if self._halves_after(level):
                deep = halve(deep)
        deep = self.get_submodule(f"rebnconv{self.layers}")(deep)
        for level in range(self.layers - 1, 0, -1):
            skip = skips.pop()
            if self._halves_after(level):
                deep = resize(deep, like=skip)
            deep = self.get_submodule(f"rebnconv{level}d")(join(deep, skip))
        return deep + residual

    def _halves_after(self, level: int) -> bool:
        return not self.dilated and level < self.layers - 1


class U2Net(Network):
    """U²-Net of `size` "full" (44.0 M parameters) or "lite" (1.13 M), for images of any sides.

    Its outputs are "matte", the fused map, and "side1" (the finest) to "side6".

    Raises:
        InputError: another size.
    """

    blocks = tuple(STAGES)

    def __init__(self, size: str = "full", image_channels: int = 3, out_channels: int = 1) -> None:
        super().__init__()
        if size not in SIZES:
            raise InputError(f"U2Net has no size {size!r}; choose one of {', '.join(SIZES)}")
        self.out_channels = out_channels
        self.most = MOST[size]
        self._recomputed: frozenset[str] = frozenset()
        width: dict[str, int] = {}  # channels that each stage returns
        below = image_channels
        for name, (layers, dilated, *widths) in STAGES.items():
            middle, out = widths[SIZES.index(size)]
            in_channels = below + width[name[:-1]] if name.endswith("d") else below
            self.add_module(name, RSU(layers, dilated, in_channels, middle, out))
            width[name] = below = out
        for level in range(1, DEPTH + 1):
            self.add_module(f"side{level}", nn.Conv2d(width[_side(level)], out_channels, 3, padding=1))
        self.outconv = nn.Conv2d(DEPTH * out_channels, out_channels, 1)

    def recompute_blocks(self, names: Collection[str]) -> None:
        super().recompute_blocks(names)
        self._recomputed = frozenset(names)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Seven maps of logits, each (B, out_channels, H, W): "matte" and "side1" to "side6", views of one tensor.

        `image` is float (B, image_channels, H, W), normalised, of any size from 1 px.
        """
        features: dict[str, Tensor] = {}
        features["stage1"] = deep = self._stage("stage1", None, image)
        for level in range(2, DEPTH + 1):
            features[f"stage{level}"] = deep = self._stage(f"stage{level}", halve, deep)
        for level in range(DEPTH - 1, 0, -1):
            features[f"stage{level}d"] = deep = self._stage(f"stage{level}d", rise, deep, features.pop(f"stage{level}"))
        sides = [self.get_submodule(f"side{level}")(features[_side(level)]) for level in range(1, DEPTH + 1)]
        # As autocast likes it: the gradient of a coarse side output sums over up to 32² pixels, on a card in float32.
        sides = torch.cat([sides[0], *(_interpolate(side, like=image) for side in sides[1:])], 1)  # (B, 6 * out, H, W)
        outputs = {f"side{level}": side for level, side in enumerate(sides.split(self.out_channels, 1), start=1)}
        return {MATTE: self.outconv(sides), **outputs}

    @classmethod
    def foreign_weights(cls, state: Mapping[str, Tensor]) -> ForeignWeights | None:
        """The reference project's u2net.pth, u2netp.pth, u2net_human_seg.pth, …, also with DataParallel's prefix."""
        own = {key.removeprefix("module."): value for key, value in state.items()}
        first = own.get("stage1.rebnconv1.conv_s1.weight")
        for build in (u2net, u2netp):
            middle = STAGES["stage1"][2 if build is u2net else 3][0]
            if first is not None and first.shape == (middle, 64, 3, 3):
                target = f"{build.__module__}.{build.__name__}"
                model = {"_target_": target, "normalisation": "imagenet_by_maximum"}
                return ForeignWeights(model, own, REFERENCE_INPUT_SIZE)
        return None

    def _stage(self, name: str, entrance: Callable[..., Tensor] | None, *features: Tensor) -> Tensor:
        # The entrance belongs to what is computed again: a halved or a joined map costs next to nothing to make.
        stage = self.get_submodule(name)
        if name in self._recomputed:
            return recomputed(stage, *features, entrance=entrance)
        return stage(entrance(*features) if entrance else features[0])


def _interpolate(features: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(features, size=like.shape[-2:], mode="bilinear", align_corners=False)


def _side(level: int) -> str:
    """The name of the stage that side output `level` reads: the decoder's, or the bottom of the U."""
    return f"stage{level}" if level == DEPTH else f"stage{level}d"


def u2net(image_channels: int = 3, out_channels: int = 1) -> U2Net:
    """The full U²-Net: 44,009,869 parameters, 176 MB in float32."""
    return U2Net("full", image_channels, out_channels)


def u2netp(image_channels: int = 3, out_channels: int = 1) -> U2Net:
    """The lite U²-Net ("U²-Net†" in the paper): 1,131,181 parameters, 4.5 MB in float32."""
    return U2Net("lite", image_channels, out_channels)
