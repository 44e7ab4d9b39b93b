import cv2
import numpy as np
import pytest
import torch

from portrait_matting.errors import InputError
from portrait_matting.losses import Laplacian
from portrait_matting.losses.laplacian import laplacian


def reference(matte: np.ndarray, alpha: np.ndarray, levels: int) -> float:
    """Of two pyramids, by OpenCV: cv2.pyrDown is a 5 × 5 binomial blur and every second pixel."""
    kernel, total = np.array([1, 4, 6, 4, 1]) / 16, 0.0
    for level in range(levels):
        details = [
            x - cv2.sepFilter2D(x, -1, kernel, kernel, borderType=cv2.BORDER_REFLECT_101) for x in (matte, alpha)
        ]
        total += 2**level * np.abs(details[0] - details[1]).mean()
        matte, alpha = cv2.pyrDown(matte), cv2.pyrDown(alpha)
    return total


@pytest.mark.parametrize("shape", [(64, 64), (49, 70)])
def test_as_opencv_has_it(shape):
    generator = torch.Generator().manual_seed(0)
    logits, alpha = torch.randn(2, 3, *shape, generator=generator), torch.rand(2, 1, *shape, generator=generator)
    ours = Laplacian()(logits, alpha)
    mattes = logits.sigmoid().numpy()
    expected = [[reference(mattes[i, k], alpha[i, 0].numpy(), 5) for k in range(3)] for i in range(2)]
    np.testing.assert_allclose(ours.numpy(), expected, rtol=1e-5)


def test_by_hand():
    """One pixel of error 1 in the middle: the blur leaves (6/16)² of it there, and spreads the rest."""
    alpha = torch.zeros(1, 1, 9, 9)
    logits = torch.full_like(alpha, -100.0)
    logits[..., 4, 4] = 100.0
    expected = 2 * (1 - (6 / 16) ** 2) / 81
    assert laplacian(logits, alpha, levels=1).item() == pytest.approx(expected, rel=1e-6)


def test_a_constant_error_is_none():
    assert laplacian(torch.zeros(1, 1, 32, 32), torch.full((1, 1, 32, 32), 0.9)).item() == pytest.approx(0, abs=1e-5)


def test_a_small_size_has_fewer_levels():
    logits, alpha = torch.zeros(1, 1, 8, 8), torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(laplacian(logits, alpha, levels=9), laplacian(logits, alpha, levels=2))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("logit", [-65504.0, 0.0, 65504.0])
def test_value_and_gradient_are_finite(dtype, logit):
    logits = torch.full((1, 1, 16, 16), logit).to(dtype).requires_grad_()
    alpha = torch.zeros(1, 1, 16, 16)
    alpha[..., 8:] = 1
    with torch.autocast("cpu", torch.bfloat16):
        loss = Laplacian()(logits, alpha)
    loss.backward()
    assert loss.dtype == torch.float32
    assert loss.isfinite().all()
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("levels", [0, -1])
def test_no_level(levels):
    with pytest.raises(InputError, match=f"{levels} levels"):
        Laplacian(levels)
