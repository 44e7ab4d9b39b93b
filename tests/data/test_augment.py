import pickle
import random
import warnings
from pathlib import Path

import albumentations as A
import cv2
import numpy as np
import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf

from portrait_matting.config.compose import CONF_DIR
from portrait_matting.data.augment import Augmentation, RandomResizedCrop
from portrait_matting.data.recompose import ReplaceBackground
from portrait_matting.images.network_input import NORMALISATIONS, resize, to_input, to_photo

RECIPES = sorted(path.stem for path in Path(CONF_DIR, "augment").glob("*.yaml"))


def recipe(name: str, input_size: int) -> Augmentation:
    """A shipped recipe; a warning of a transform, of an argument that it does not know say, is an error."""
    cfg = OmegaConf.create({"hardware": {"input_size": input_size}})
    cfg.augment = OmegaConf.load(Path(CONF_DIR, "augment", f"{name}.yaml"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return Augmentation(instantiate(cfg.augment.transforms, _convert_="all"), input_size)


def disc(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """A bright disc off the centre of a dark picture, and its alpha, with an edge one pixel soft."""
    y, x = np.mgrid[:height, :width] + 0.5
    distance = np.hypot(y - 0.45 * height, x - 0.35 * width)
    alpha = np.clip(0.25 * min(height, width) - distance + 0.5, 0, 1).astype(np.float32)
    colours = np.array([(20, 50, 30), (230, 200, 210)])
    image = np.rint(colours[0] + alpha[..., None] * (colours[1] - colours[0])).astype(np.uint8)
    return image, alpha


def test_the_shipped_recipes():
    assert RECIPES == ["light", "none", "strong"]


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("size", [(150, 110), (48, 40)])  # shrinks, grows
def test_alpha_stays_with_the_image(name, size):
    # A new background has bright places of its own; tests/data/test_recompose.py has that transform.
    augment = Augmentation([t for t in recipe(name, 64).transforms if not isinstance(t, ReplaceBackground)], 64)
    image, alpha = disc(*size)
    compared = 0
    for seed in range(40):
        sample = augment(image, alpha, seed)
        assert sample["image"].shape == (3, 64, 64)
        assert sample["alpha"].shape == (1, 64, 64)
        assert sample["image"].dtype == sample["alpha"].dtype == torch.float32
        truth = sample["alpha"][0].numpy()
        assert 0 <= truth.min() <= truth.max() <= 1
        if not 0.05 < truth.mean() < 0.9:  # the crop has too little of the disc, or of what is around it
            continue
        grey = cv2.cvtColor(to_photo(sample["image"]), cv2.COLOR_RGB2GRAY)
        shown = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1].astype(bool)
        assert (shown & (truth > 0.5)).sum() > 0.95 * (shown | (truth > 0.5)).sum(), seed
        for axis in (0, 1):  # the centres agree to a fraction of a pixel
            at = [np.average(np.arange(64), weights=weights.sum(axis)) for weights in (shown, truth)]
            assert abs(at[0] - at[1]) < 0.3, seed
        compared += 1
    assert compared >= 25


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("size", [(150, 110), (40, 36)])  # shrinks, grows
def test_a_soft_ramp_stays_soft(name, size):
    """Resampled by nearest neighbour, a ramp that grows turns into steps: some differences 0, others too large."""
    augment = recipe(name, 96)
    ramp = np.tile(np.linspace(0, 1, size[1], dtype=np.float32), (size[0], 1))
    image = np.zeros((*size, 3), np.uint8)
    for seed in range(20):
        slopes = np.diff(augment(image, ramp, seed)["alpha"][0].numpy(), axis=1)
        usual = np.median(np.abs(slopes))
        assert usual > 0
        # All but the borders, where a tilted picture is continued by its mirror image.
        near = np.abs(np.abs(slopes) - usual) < 0.2 * usual
        assert near.mean() > 0.8, seed


def test_a_transform_of_the_library_resamples_alpha_linearly():
    """Its default for masks is nearest neighbour: a ramp that grows eightfold would be flat but for its steps."""
    ramp = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (64, 1))
    tilt = A.Affine(scale=(8, 8), rotate=(10, 10), p=1)
    for transforms in ([tilt], [A.OneOf([tilt], p=1)]):
        alpha = Augmentation(transforms, 64)(np.zeros((64, 64, 3), np.uint8), ramp, 0)["alpha"][0].numpy()
        slopes = np.diff(alpha, axis=1)
        np.testing.assert_allclose(slopes, np.cos(np.radians(10)) / 8 / 63, rtol=0.3)


@pytest.mark.parametrize("name", RECIPES)
def test_a_seed_is_a_sample(name):
    image = np.random.default_rng(0).integers(0, 256, (60, 50, 3), dtype=np.uint8)
    alpha = image[..., 0].astype(np.float32) / 255
    first, second = recipe(name, 48), recipe(name, 48)
    expected = {seed: first(image, alpha, seed) for seed in range(6)}
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002  albumentations must not read it
    torch.manual_seed(1)
    for seed in reversed(range(6)):  # nor remember what it drew before
        for key, value in second(image, alpha, seed).items():
            assert torch.equal(value, expected[seed][key])
    different = {value["image"].numpy().tobytes() for value in expected.values()}
    assert len(different) == (1 if name == "none" else 6)


def test_an_augmentation_reaches_a_worker_that_is_spawned():
    image, alpha = disc(40, 40)
    augment = recipe("strong", 32)
    copy = pickle.loads(pickle.dumps(augment))
    assert torch.equal(copy(image, alpha, 3)["image"], augment(image, alpha, 3)["image"])


def test_the_callers_arrays_are_left_alone():
    image, alpha = disc(40, 40)
    kept = image.copy(), alpha.copy()
    for seed in range(5):
        recipe("strong", 32)(image, alpha, seed)
    np.testing.assert_array_equal(image, kept[0])
    np.testing.assert_array_equal(alpha, kept[1])


def test_colour_transforms_leave_alpha_alone():
    transforms = recipe("strong", 64).transforms
    colour = [t for t in transforms if isinstance(t, A.ImageOnlyTransform | A.OneOf)]
    assert len(colour) == 5
    image, alpha = disc(64, 64)
    augment = Augmentation(colour, 64)
    for seed in range(10):
        assert np.array_equal(augment(image, alpha, seed)["alpha"][0].numpy(), alpha)


def test_none_only_resizes():
    image, alpha = disc(150, 110)
    sample = recipe("none", 64)(image, alpha, 0)
    np.testing.assert_array_equal(sample["alpha"][0], resize(alpha, 64, 64).clip(0, 1))
    np.testing.assert_array_equal(to_photo(sample["image"]), resize(image, 64, 64))


def test_an_unknown_argument_is_an_error():
    with pytest.warns(UserWarning, match="angle"):
        transform = A.Affine(angle=3)
    with pytest.raises(ValueError, match="angle"):
        Augmentation([transform], 32)


def test_a_crop_is_resized_in_one_step_for_image_and_alpha():
    image, alpha = disc(60, 80)
    crop = RandomResizedCrop((16, 120))
    box = {"crop_coords": (10, 5, 70, 55)}  # left, top, right, bottom
    np.testing.assert_array_equal(crop.apply(image, **box), resize(image[5:55, 10:70], 16, 120))
    np.testing.assert_array_equal(crop.apply_to_mask(alpha, **box), resize(alpha[5:55, 10:70], 16, 120))


def weighed(rows: np.ndarray, length: int) -> np.ndarray:
    """Each pixel of the result weighs those of the rows by their distance: to 0 at one new pixel away, or at one old
    pixel where that is wider."""
    step = rows.shape[1] / length
    centres = (np.arange(length) + 0.5) * step
    far = np.abs(np.arange(rows.shape[1]) + 0.5 - centres[:, None]) / max(step, 1)
    weights = np.clip(1 - far, 0, None)
    return rows @ (weights / weights.sum(1, keepdims=True)).T


@pytest.mark.parametrize("size", [(4, 4), (5, 3), (12, 18), (4, 18), (30, 5), (1, 1)])
def test_a_resize_by_hand(size):
    image = np.random.default_rng(0).random((12, 7), dtype=np.float32)
    expected = weighed(weighed(image, size[1]).T, size[0]).T
    np.testing.assert_allclose(resize(image, *size), expected, atol=1e-5)


def test_photos_are_resized_as_alphas_are():
    image = np.random.default_rng(0).integers(0, 256, (40, 31, 3), dtype=np.uint8)
    small = resize(image, 16, 50)
    assert small.dtype == np.uint8
    assert small.flags.c_contiguous
    for channel in range(3):
        expected = resize(image[..., channel].astype(np.float32), 16, 50)
        assert np.abs(small[..., channel] - expected).max() <= 1  # 8-bit sums


def test_one_pixel_lines_keep_their_share_when_shrunk():
    alpha = np.zeros((64, 64), np.float32)
    alpha[:, 10::20] = 1  # three strands
    assert resize(alpha, 16, 16).sum() * 16 == pytest.approx(alpha.sum(), rel=0.01)


def test_a_resize_to_its_own_size_changes_nothing():
    image, _ = disc(20, 30)
    assert resize(image, 20, 30) is image


def test_normalisation_by_hand_and_back():
    image = np.array([[[0, 128, 255]]], np.uint8)
    tensor = to_input(image)
    assert tensor.shape == (3, 1, 1)
    assert tensor.dtype == torch.float32
    expected = [(0 - 143.5527) / 60.2625, (128 - 132.9671) / 60.3274, (255 - 126.9492) / 59.3099]
    np.testing.assert_allclose(tensor.flatten(), expected, rtol=1e-5)
    assert (NORMALISATIONS["easyportrait"].mean[0], NORMALISATIONS["easyportrait"].std[2]) == (143.5527, 59.3099)
    every = np.repeat(np.arange(256, dtype=np.uint8)[:, None, None], 3, axis=2)
    np.testing.assert_array_equal(to_photo(to_input(every)), every)
    beyond = torch.tensor([9.0, -9.0, 0.0]).reshape(3, 1, 1)
    assert to_photo(beyond).flatten().tolist() == [255, 0, 127]


class Witness(A.ImageOnlyTransform):
    """Changes nothing, and says whether it was applied."""

    applied = False

    def apply(self, img: np.ndarray, **params) -> np.ndarray:
        self.applied = True
        return img


def test_transforms_are_applied_independently_of_each_other():
    image, alpha = np.full((8, 8, 3), 100, np.uint8), np.ones((8, 8), np.float32)
    first, second, inner = Witness(p=0.5), Witness(p=0.5), Witness(p=0.5)
    augmentation = Augmentation([first, second, A.Sequential([inner], p=1)], 8)
    seen = []
    for seed in range(400):
        for witness in (first, second, inner):
            witness.applied = False
        augmentation(image, alpha, seed)
        seen.append((first.applied, second.applied, inner.applied))
    assert np.mean(seen, axis=0) == pytest.approx([0.5] * 3, abs=0.1)
    apart = np.corrcoef(np.array(seen, float).T) - np.eye(3)
    assert np.abs(apart).max() < 0.2
