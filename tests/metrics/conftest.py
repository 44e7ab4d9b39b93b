"""Mattes that are wrong in ten known ways, of any alpha and of the real ones."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from portrait_matting.images.io import read_alpha

FAST = 2  # photos of the 20 that the fast tests look at

Matte = tuple[str, np.ndarray, np.ndarray]
"""What it is called ("stem/way"), prediction and alpha: float32 (H, W) in [0, 1]."""


def _perturb(alpha: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    """By name, ten wrong predictions of `alpha`, float32 (H, W) in [0, 1], each of the same shape."""
    rng = np.random.default_rng(seed)
    alpha = np.ascontiguousarray(alpha, dtype=np.float32)
    height, width = alpha.shape
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    moved = np.float32([[1, 0, 5], [0, 1, -3]])

    def discs(value: float, inside: bool) -> np.ndarray:
        """Eight filled circles of `value`, their centres on the person or on the background, where there is any."""
        spoilt = alpha.copy()
        at = np.argwhere((alpha > 0.5) == inside)
        for y, x in at[rng.integers(0, len(at), 8)] if len(at) else ():
            cv2.circle(spoilt, (int(x), int(y)), max(1, min(height, width) // 40), value, cv2.FILLED)
        return spoilt

    predictions = {
        "blur": cv2.GaussianBlur(alpha, (0, 0), 3, borderType=cv2.BORDER_REPLICATE),
        "shift": cv2.warpAffine(alpha, moved, (width, height), borderMode=cv2.BORDER_REPLICATE),
        "scale": alpha * np.float32(0.5),
        "holes": discs(0.0, inside=True),
        "blobs": discs(0.9, inside=False),
        "noise": alpha + rng.normal(0, 0.1, alpha.shape).astype(np.float32),
        "erosion": cv2.erode(alpha, disc),
        "dilation": cv2.dilate(alpha, disc),
        "all_zero": np.zeros_like(alpha),
        "all_one": np.ones_like(alpha),
    }
    return {way: np.clip(prediction, 0, 1) for way, prediction in predictions.items()}


def _mattes(folder: Path, perturb: Callable[..., dict[str, np.ndarray]], count: int | None) -> list[Matte]:
    files = sorted((folder / "soft_alpha" / "alphas").glob("*.png"))[:count]
    assert files, f"no alphas below {folder}"
    return [
        (f"{file.stem}/{way}", prediction, alpha)
        for seed, file in enumerate(files)
        for alpha in [read_alpha(file)]
        for way, prediction in perturb(alpha, seed).items()
    ]


@pytest.fixture(scope="session")
def perturb() -> Callable[..., dict[str, np.ndarray]]:
    """`perturb(alpha, seed=0)` -> {"blur", "shift", …, "all_one": prediction}: ten, float32 (H, W) in [0, 1]."""
    return _perturb


@pytest.fixture(scope="session")
def real_mattes(real_portraits: Path, perturb: Callable[..., dict[str, np.ndarray]]) -> list[Matte]:
    """(name, prediction, alpha) for the first two real alphas in ten ways: 20 of 600x800, for the fast tests."""
    return _mattes(real_portraits, perturb, FAST)


@pytest.fixture(scope="session")
def all_real_mattes(real_portraits: Path, perturb: Callable[..., dict[str, np.ndarray]]) -> list[Matte]:
    """The same for all 20 real alphas: 200 mattes, 800 MB; for tests marked slow."""
    return _mattes(real_portraits, perturb, None)
