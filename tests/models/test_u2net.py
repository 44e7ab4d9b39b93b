"""U²-Net against the reference project.

REFERENCE_OUTPUTS were made once with the code of xuebinqin/U-2-Net at commit ac7e1c8 (model/u2net.py, U2NET and
U2NETP) under torch 2.13 on a CPU: the weights and the image of `formula` below, eval mode, the seven maps after
their sigmoid.
"""

import numpy as np
import pytest
import torch

from portrait_matting.errors import InputError
from portrait_matting.models.u2net import U2Net, u2net, u2netp

FACTORIES = {"full": u2net, "lite": u2netp}
PIXELS = ((0, 0), (13, 21), (27, 40), (39, 55))

# mean, standard deviation and the values at PIXELS of the fused map and of side outputs 1 to 6, at 40x56
REFERENCE_OUTPUTS = {
    "full": (
        (0.415109, 0.060931, 0.522445, 0.472578, 0.398477, 0.431389),
        (0.647781, 0.085972, 0.594949, 0.474511, 0.691528, 0.590320),
        (0.640588, 0.064159, 0.628507, 0.679712, 0.680217, 0.491590),
        (0.275912, 0.102677, 0.511774, 0.199961, 0.240139, 0.385856),
        (0.383171, 0.177929, 0.352214, 0.218754, 0.546858, 0.798862),
        (0.242239, 0.095964, 0.359793, 0.166606, 0.164162, 0.204126),
        (0.587345, 0.033674, 0.522532, 0.554370, 0.629581, 0.636428),
    ),
    "lite": (
        (0.489905, 0.063594, 0.424520, 0.437123, 0.480040, 0.576476),
        (0.651765, 0.082683, 0.611010, 0.559138, 0.743583, 0.641866),
        (0.454908, 0.054408, 0.554221, 0.487778, 0.436764, 0.487634),
        (0.423722, 0.087813, 0.440610, 0.329903, 0.389760, 0.592668),
        (0.339880, 0.080236, 0.493272, 0.335224, 0.252534, 0.344832),
        (0.391726, 0.022886, 0.436954, 0.377988, 0.386410, 0.424820),
        (0.431973, 0.056688, 0.538032, 0.485595, 0.408633, 0.406105),
    ),
}

# Squares modulo a prime: they look random, and are the same integers on every machine.
PRIME = 65521
TABLE = (np.arange(PRIME, dtype=np.int64) * 7919 % PRIME) ** 2 % PRIME / PRIME


def formula(shape, start, low, high):
    """The float32 values between low and high that depend on nothing but the arguments."""
    values = TABLE[(np.arange(np.prod(shape, dtype=np.int64)) + 101 * start) % PRIME]
    return torch.from_numpy(low + (high - low) * values).float().view(shape)


def fill(net):
    """Give each tensor of the state dict, in key order, values by formula that neither die out nor saturate."""
    for start, (key, tensor) in enumerate(net.state_dict().items()):
        if key.endswith("num_batches_tracked"):
            tensor.zero_()
        elif key.endswith("running_var"):
            tensor.copy_(formula(tensor.shape, start, 0.5, 1.5))
        elif key.endswith("bn_s1.weight"):
            tensor.copy_(formula(tensor.shape, start, 0.8, 1.2))
        else:
            bound = 1.7 * tensor[0].numel() ** -0.5 if tensor.ndim == 4 else 0.2
            tensor.copy_(formula(tensor.shape, start, -bound, bound))
    return net.eval()


@pytest.mark.parametrize("size", REFERENCE_OUTPUTS)
def test_outputs_are_those_of_the_reference(size):
    net = fill(FACTORIES[size]())
    with torch.inference_mode():
        maps = net(formula((1, 3, 40, 56), 7, -2.0, 2.0))
    assert list(maps) == ["matte", *(f"side{level}" for level in range(1, 7))]
    for logits, expected in zip(maps.values(), REFERENCE_OUTPUTS[size], strict=True):
        alpha = logits.sigmoid().double()[0, 0]
        found = [alpha.mean(), alpha.std(), *(alpha[pixel] for pixel in PIXELS)]
        assert [float(value) for value in found] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("size, parameters", [("full", 44_009_869), ("lite", 1_131_181)])
def test_state_dict_is_that_of_the_reference(size, parameters):
    net = FACTORIES[size]()
    state = net.state_dict()
    assert sum(parameter.numel() for parameter in net.parameters()) == parameters
    assert len(state) == 798
    assert {key.split(".")[-1] for key in state} == {
        *("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    }


@pytest.mark.parametrize(
    "key, full, lite",
    [
        ("stage1.rebnconvin.conv_s1.weight", (64, 3, 3, 3), (64, 3, 3, 3)),
        ("stage1.rebnconv1.bn_s1.running_mean", (32,), (16,)),
        ("stage1.rebnconv7.conv_s1.weight", (32, 32, 3, 3), (16, 16, 3, 3)),
        ("stage1.rebnconv6d.conv_s1.weight", (32, 64, 3, 3), (16, 32, 3, 3)),
        ("stage2.rebnconv1d.conv_s1.weight", (128, 64, 3, 3), (64, 32, 3, 3)),
        ("stage3d.rebnconvin.conv_s1.weight", (128, 512, 3, 3), (64, 128, 3, 3)),
        ("stage5d.rebnconvin.conv_s1.weight", (512, 1024, 3, 3), (64, 128, 3, 3)),
        ("stage6.rebnconv4.bn_s1.num_batches_tracked", (), ()),
        ("side1.weight", (1, 64, 3, 3), (1, 64, 3, 3)),
        ("side6.weight", (1, 512, 3, 3), (1, 64, 3, 3)),
        ("outconv.weight", (1, 6, 1, 1), (1, 6, 1, 1)),
    ],
)
def test_key_and_shape(key, full, lite):
    with torch.device("meta"):
        shapes = [tuple(FACTORIES[size]().state_dict()[key].shape) for size in ("full", "lite")]
    assert shapes == [full, lite]


@pytest.mark.parametrize("height, width", [(97, 131), (33, 65), (1, 1), (1, 40)])
def test_every_map_has_the_size_of_the_image(height, width):
    with torch.inference_mode():
        maps = u2netp().eval()(torch.rand(1, 3, height, width))
    assert [tuple(logits.shape) for logits in maps.values()] == [(1, 1, height, width)] * 7
    assert all(logits.isfinite().all() for logits in maps.values())


def test_the_matte_is_the_fused_map():
    net = u2netp().eval()
    with torch.no_grad():
        net.outconv.weight.copy_(torch.tensor([1.0, 2, 3, 4, 5, 6]).view(1, 6, 1, 1))
        net.outconv.bias.fill_(0.5)
        fused, *sides = net(torch.rand(2, 3, 33, 41)).values()
    expected = 0.5 + sum(weight * side for weight, side in enumerate(sides, start=1))
    torch.testing.assert_close(fused, expected, atol=1e-5, rtol=1e-5)


def test_maps_are_logits():
    net = u2netp().eval()
    with torch.no_grad():
        net.side1.bias.fill_(-20.0)
        outputs = net(torch.rand(1, 3, 32, 32))
    assert outputs["side1"].max() < 0


def test_gradient_reaches_every_parameter():
    net = u2netp()
    torch.stack([logits.square().mean() for logits in net(torch.rand(2, 3, 48, 40)).values()]).sum().backward()
    missing = [name for name, p in net.named_parameters() if p.grad is None or not p.grad.isfinite().all()]
    assert missing == []
    # Batch normalisation takes the mean off again, so that the biases before it have a gradient of nearly 0.
    assert all(p.grad.abs().max() > 0 for name, p in net.named_parameters() if "conv_s1.bias" not in name)


def test_channels_last_and_other_channels():
    net = U2Net("lite", image_channels=4, out_channels=2).eval()
    image = torch.rand(2, 4, 30, 50)
    with torch.inference_mode():
        expected = net(image)
        maps = net.to(memory_format=torch.channels_last)(image.contiguous(memory_format=torch.channels_last))
    assert maps["matte"].shape == maps["side6"].shape == (2, 2, 30, 50)
    torch.testing.assert_close(maps, expected, atol=1e-4, rtol=1e-4)


def test_unknown_size():
    with pytest.raises(InputError, match=r"'tiny'.*full, lite"):
        U2Net("tiny")


def test_blocks_are_the_stages():
    net = u2netp()
    assert list(net.blocks) == [name for name, _ in net.named_children() if name.startswith("stage")]
    assert net.blocks[-1] == "stage1d"


def test_recomputing_blocks_changes_no_key_and_no_output():
    net, image = u2netp().eval(), torch.rand(1, 3, 40, 33)
    keys = list(net.state_dict())
    with torch.no_grad():
        expected = net(image)
        net.recompute_blocks(net.blocks)
        assert all(torch.equal(logits, expected[name]) for name, logits in net(image).items())
    assert list(net.state_dict()) == keys
    u2netp().load_state_dict(net.state_dict())


def test_unknown_block():
    net = u2netp()
    with pytest.raises(InputError, match=r"'stage7'.*stage1, .*stage1d"):
        net.recompute_blocks(["stage1", "stage7"])
