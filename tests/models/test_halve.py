import pytest
import torch
import torch.nn.functional as F

from portrait_matting.models.halve import halve


def plain(features):
    return F.max_pool2d(features, 2, stride=2, ceil_mode=True)


def kept(run, features):
    """Bytes kept for the backward pass, beside the map itself."""
    sizes = {}

    def keep(tensor):
        sizes[tensor.untyped_storage()._cdata] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = run(features)
    sizes.pop(features.untyped_storage()._cdata, None)
    sizes.pop(result.untyped_storage()._cdata, None)
    return sum(sizes.values())


@pytest.mark.parametrize("shape", [(2, 3, 8, 6), (2, 3, 7, 5), (1, 2, 1, 1), (1, 2, 1, 9)])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_as_the_pool_of_torch(shape, memory_format, dtype):
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(shape, generator=generator).to(dtype).relu()  # zeros: windows with several maxima
    features = features.contiguous(memory_format=memory_format)
    ours, theirs = features.clone().requires_grad_(), features.clone().requires_grad_()
    found, expected = halve(ours), plain(theirs)
    gradient = torch.randn(expected.shape, generator=generator).to(dtype)
    found.backward(gradient)
    expected.backward(gradient)
    assert torch.equal(found, expected)
    assert torch.equal(ours.grad, theirs.grad)
    assert found.stride() == expected.stride()


def test_keeps_no_indices():
    features = torch.rand(1, 4, 16, 16, requires_grad=True)
    assert kept(plain, features) == 4 * 8 * 8 * 8  # int64
    assert kept(halve, features) == 0


def test_without_gradients():
    with torch.no_grad():
        assert halve(torch.tensor([[[[1.0, 2, 3]]]])).tolist() == [[[[2, 3]]]]
