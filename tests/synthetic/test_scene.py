"""The composition identity, the random streams, the shares of scenes, and what a user may get wrong."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from portrait_matting.errors import InputError
from portrait_matting.synthetic import SPLITS, draw_layers, draw_portrait
from portrait_matting.synthetic.scene import NOBODY, TWO_PEOPLE, plan_scene


def digest(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


@pytest.mark.parametrize("index", range(6))
def test_image_is_the_rounded_composite_of_its_layers(index):
    image, alpha = draw_portrait("train", 3, index, 96, 80)
    layers = draw_layers("train", 3, index, 96, 80)
    f, b, a = layers.foreground, layers.background, layers.alpha[..., None]
    assert {f.dtype, b.dtype, layers.alpha.dtype} == {np.dtype(np.float32)}
    assert np.array_equal(alpha, layers.alpha)
    assert np.array_equal(image, np.rint(255 * (a * f + (1 - a) * b)).astype(np.uint8))
    exact = 255 * (
        a.astype(np.float64) * f + (1 - a.astype(np.float64)) * b
    )  # the equation without rounding on the way
    assert np.abs(image - exact).max() <= 0.5 + 1e-4


@pytest.mark.parametrize("height, width", [(320, 256), (97, 131), (32, 32), (16, 16), (24, 200), (200, 24)])
def test_shapes_dtypes_and_ranges(height, width):
    for index in range(3):
        layers = draw_layers("val", 0, index, height, width)
        image, alpha = draw_portrait("val", 0, index, height, width)
        assert image.shape == (height, width, 3)
        assert image.dtype == np.uint8
        assert alpha.shape == (height, width)
        assert alpha.dtype == np.float32
        for layer in layers:
            assert np.isfinite(layer).all()
            assert layer.min() >= 0
            assert layer.max() <= 1


def test_draws_do_not_depend_on_order_or_on_earlier_draws():
    first = {i: draw_portrait("train", 1, i, 64, 64) for i in (3, 5)}
    for i in (5, 3):
        again = draw_portrait("train", 1, i, 64, 64)
        assert np.array_equal(again[0], first[i][0])
        assert np.array_equal(again[1], first[i][1])


def test_another_process_draws_the_same():
    code = (
        "import hashlib; from portrait_matting.synthetic import draw_portrait;"
        "image, alpha = draw_portrait('test', 7, 11, 64, 48);"
        "print(hashlib.sha256(image.tobytes() + alpha.tobytes()).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    image, alpha = draw_portrait("test", 7, 11, 64, 48)
    assert other == hashlib.sha256(image.tobytes() + alpha.tobytes()).hexdigest()


def test_splits_and_seeds_share_no_person_and_no_background():
    keys = [(split, seed) for split in SPLITS for seed in (0, 1)]
    scenes = {key: [plan_scene(*key, i) for i in range(200)] for key in keys}
    people = [person for key in keys for scene in scenes[key] for person in scene.people]
    backgrounds = [scene.background for key in keys for scene in scenes[key]]
    assert len({repr(p) for p in people}) == len(people) > 1000
    assert len({repr(b) for b in backgrounds}) == len(backgrounds) == 1200
    for part in ("head", "face", "clothes"):  # not only some of a person differs: every part does
        assert len({repr(getattr(p, part)) for p in people}) == len(people)


def test_splits_share_no_pixels():
    layers = [draw_layers(split, 0, i, 48, 48) for split in SPLITS for i in range(14)]
    assert len({digest(x.composite()) for x in layers}) == 42
    assert len({digest(x.background) for x in layers}) == 42
    alphas = [x.alpha for x in layers if x.alpha.any()]
    assert len({digest(a) for a in alphas}) == len(alphas)


def test_shares_of_nobody_and_of_two_people():
    counts = np.bincount([len(plan_scene("train", 0, i).people) for i in range(1000)], minlength=3) / 1000
    # three standard deviations of a binomial share over 1,000 draws
    assert counts[0] == pytest.approx(NOBODY, abs=3 * (NOBODY * (1 - NOBODY) / 1000) ** 0.5)
    assert counts[2] == pytest.approx(TWO_PEOPLE, abs=3 * (TWO_PEOPLE * (1 - TWO_PEOPLE) / 1000) ** 0.5)
    assert counts.sum() == 1


def test_alpha_is_empty_without_people_and_soft_at_the_rim_of_people():
    empty = 0
    for i in range(70):
        people = plan_scene("train", 0, i).people
        alpha = draw_portrait("train", 0, i, 64, 64)[1]
        soft = ((alpha > 0) & (alpha < 1)).mean()
        if people:
            assert (alpha == 1).mean() > 0.05
            assert 0.01 < soft < 0.35
            assert alpha[-1].max() == 1  # the body reaches the lower edge of the frame
        else:
            empty += 1
            assert not alpha.any()
    assert 1 <= empty <= 10


def test_another_size_shows_the_same_scene():
    for i in range(8):
        small, large = (draw_portrait("train", 2, i, h, h * 4 // 5)[1] for h in (160, 320))
        reduced = large.reshape(160, 2, 128, 2).mean((1, 3))
        assert np.abs(small - reduced).mean() < 0.02


@pytest.mark.parametrize(
    "arguments, named",
    [
        (("training", 0, 0), "training"),
        (("train", -1, 0), "seed=-1"),
        (("train", 0, -2), "index=-2"),
        (("train", 0, 0, 15, 64), "15x64"),
        (("train", 0, 0, 64, 8), "64x8"),
    ],
)
def test_wrong_arguments_are_named_in_one_line(arguments, named):
    with pytest.raises(InputError, match=named) as caught:
        draw_portrait(*arguments)
    assert "\n" not in str(caught.value)
