import pickle
from pathlib import Path

import albumentations as A
import cv2
import numpy as np
import pytest
from hydra.utils import instantiate

from portrait_matting.config.compose import compose
from portrait_matting.data.recompose import ReplaceBackground, recompose
from portrait_matting.errors import InputError
from portrait_matting.synthetic.scene import draw_layers, plan_scene


def portrait(index: int = 0) -> tuple[np.ndarray, np.ndarray]:
    layers = draw_layers("train", 5, index, 96, 80)
    return layers.composite(), layers.alpha


@pytest.fixture
def red(tmp_path: Path) -> str:
    """A folder of one plain red picture."""
    cv2.imwrite(str(tmp_path / "red.png"), np.full((40, 40, 3), (0, 0, 250), np.uint8))
    return str(tmp_path)


@pytest.fixture
def noise(tmp_path: Path) -> str:
    """A folder of four pictures of noise."""
    for i in range(4):
        image = np.random.default_rng(i).integers(0, 256, (120, 160, 3), dtype=np.uint8)
        cv2.imwrite(str(tmp_path / f"{i}.jpg"), image)
    return str(tmp_path)


def replaced(backgrounds: str | None, image: np.ndarray, alpha: np.ndarray, seed: int = 0, p: float = 1.0) -> dict:
    transform = A.Compose([ReplaceBackground(backgrounds, p=p)], strict=True)
    transform.set_random_seed(seed)
    return transform(image=image, mask=alpha)


def test_the_person_stays_and_the_background_goes(red):
    image, alpha = portrait()
    sample = replaced(red, image, alpha)
    assert sample["image"].dtype == np.uint8
    np.testing.assert_array_equal(sample["mask"], alpha)
    assert np.array_equal(np.unique(sample["image"][alpha == 0], axis=0), [[250, 0, 0]])
    inside = cv2.erode(alpha, np.ones((3, 3))) == 1
    np.testing.assert_array_equal(sample["image"][inside], image[inside])


def test_the_matting_equation_by_hand():
    """Person (200, 100, 40) everywhere, so its colours are known: a quarter and a half of it over (0, 60, 240)."""
    image = np.full((32, 32, 3), (200, 100, 40), np.uint8)
    alpha = np.ones((32, 32), np.float32)
    alpha[:, :8], alpha[:, 8:16] = 0.25, 0.5
    result = recompose(image, alpha, np.full((32, 32, 3), (0, 60, 240), np.uint8)).astype(int)
    for column, expected in ((4, (50, 70, 190)), (12, (100, 80, 140)), (24, (200, 100, 40))):
        assert np.abs(result[:, column] - expected).max() <= 1


def test_over_the_old_background_the_photo_comes_back():
    layers = draw_layers("train", 5, 0, 160, 128)
    image = layers.composite()
    again = recompose(image, layers.alpha, np.rint(255 * layers.background).astype(np.uint8))
    difference = np.abs(again.astype(int) - image)
    np.testing.assert_allclose(again[layers.alpha == 0], image[layers.alpha == 0], atol=1)
    assert difference[(layers.alpha > 0) & (layers.alpha < 1)].mean() < 3


def in_focus() -> np.ndarray:
    """The alpha of people in focus: of wider edges a hard mask tells too little, and a third of the rim stays."""
    scenes = (plan_scene("train", 5, index) for index in range(200))
    return portrait(next(i for i, s in enumerate(scenes) if s.people and s.softness < 0.4))[1]


@pytest.mark.parametrize("hard", [False, True])
def test_a_greenish_rim_is_gone(red, hard):
    """A grey person before green, as soft as drawn, whatever the label; put before red, nothing is greener than red."""
    alpha = in_focus()
    truth = alpha[..., None]
    if hard:
        alpha = (alpha > 0.5).astype(np.float32)
    image = np.rint(128 * truth + np.float32([0, 255, 0]) * (1 - truth)).astype(np.uint8)
    edge = (cv2.dilate(alpha, np.ones((3, 3))) != cv2.erode(alpha, np.ones((3, 3)))) & (alpha > 0)

    def excess(composite: np.ndarray) -> float:
        return (composite[..., 1] - 128 * alpha)[edge].mean()

    weight = alpha[..., None]
    naive = excess(weight * image + (1 - weight) * np.float32([250, 0, 0]))
    assert naive > 7
    assert excess(replaced(red, image, alpha)["image"].astype(np.float32)) < 0.15 * naive


@pytest.mark.parametrize("drawn", [True, False])
def test_a_seed_is_a_sample(noise, drawn):
    image, alpha = portrait()
    source = None if drawn else noise
    expected = [replaced(source, image, alpha, seed)["image"] for seed in range(5)]
    np.random.seed(1)  # noqa: NPY002  must not be read
    for seed in reversed(range(5)):
        np.testing.assert_array_equal(replaced(source, image, alpha, seed)["image"], expected[seed])
    assert len({sample.tobytes() for sample in expected}) == 5


def test_nobody_is_left_as_it_is(red):
    image, alpha = portrait()[0], np.zeros((96, 80), np.float32)
    sample = replaced(red, image, alpha)
    np.testing.assert_array_equal(sample["image"], image)
    np.testing.assert_array_equal(sample["mask"], alpha)


def test_p_is_the_share_of_changed_samples(red):
    image, alpha = portrait()
    changed = [not np.array_equal(replaced(red, image, alpha, seed, p=0.3)["image"], image) for seed in range(60)]
    assert 8 < sum(changed) < 30


def test_it_reaches_a_worker_that_is_spawned(red):
    image, alpha = portrait()
    transform = A.Compose([ReplaceBackground(red, p=1)], strict=True)
    copy = pickle.loads(pickle.dumps(transform))
    for each in (transform, copy):
        each.set_random_seed(3)
    np.testing.assert_array_equal(copy(image=image, mask=alpha)["image"], transform(image=image, mask=alpha)["image"])


def test_the_callers_arrays_are_left_alone(red):
    image, alpha = portrait()
    kept = image.copy(), alpha.copy()
    replaced(red, image, alpha)
    np.testing.assert_array_equal(image, kept[0])
    np.testing.assert_array_equal(alpha, kept[1])


def test_the_folder_is_given_on_the_command_line(red):
    cfg = compose(["augment=strong", f"augment.backgrounds='{red}'"])
    transforms = instantiate(cfg.augment.transforms, _convert_="all")
    assert [t.backgrounds for t in transforms if isinstance(t, ReplaceBackground)] == [red]


def test_a_missing_folder_is_found_before_the_run(tmp_path):
    with pytest.raises(InputError, match=r"augment\.backgrounds=.*nowhere is not a folder"):
        ReplaceBackground(str(tmp_path / "nowhere"))


def test_it_says_what_it_is(red):
    assert repr(ReplaceBackground(red, p=0.5)) == f"ReplaceBackground(p=0.5, backgrounds={red!r})"
