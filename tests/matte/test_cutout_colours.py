"""People whose own colours are known, as other programs would have stored them."""

import numpy as np
import pytest

from portrait_matting.matte.cutout_colours import background_of, own_colours
from portrait_matting.synthetic import draw_layers

PEOPLE = [(5, 5), (5, 8), (6, 8), (6, 7)]  # seed and number, before other colours than their own


def cut_out(seed, index):
    """Own colours and those of the photo, uint8 RGB; alpha as a file holds it."""
    layers = draw_layers("train", seed, index, 384, 336)
    alpha = np.rint(255 * layers.alpha).astype(np.float32) / 255
    own = np.rint(255 * layers.foreground).astype(np.uint8)
    return own, layers._replace(alpha=alpha).composite(), alpha


def beyond(image, alpha, value):
    return np.where(alpha[..., None] > 0, image, np.uint8(value))


STORED = {
    "photo": lambda own, photo, alpha: photo,
    "photo, black beyond": lambda own, photo, alpha: beyond(photo, alpha, 0),
    "photo, white beyond": lambda own, photo, alpha: beyond(photo, alpha, 255),
    "multiplied by alpha": lambda own, photo, alpha: np.rint(own * alpha[..., None]).astype(np.uint8),
    "before white": lambda own, photo, alpha: np.rint(own * alpha[..., None] + 255 * (1 - alpha[..., None])).astype(
        np.uint8
    ),
}


def rim(image, own, alpha) -> float:
    """Levels that a soft pixel adds wrongly to another background, on average."""
    soft = (alpha > 0.05) & (alpha < 0.95)
    return float((alpha[soft, None] * np.abs(image[soft].astype(float) - own[soft])).mean())


@pytest.mark.parametrize("stored", STORED)
def test_a_background_in_soft_hair_is_taken_out(stored):
    for person in PEOPLE:
        own, photo, alpha = cut_out(*person)
        image = STORED[stored](own, photo, alpha)
        found = own_colours(image, alpha)
        assert rim(found, own, alpha) < 0.6 * rim(image, own, alpha), person
        assert rim(found, own, alpha) < 6, person
        assert np.abs(found[alpha == 1].astype(int) - image[alpha == 1]).max() <= 5


@pytest.mark.parametrize("value", [None, 0, 255])
def test_own_colours_stay_to_the_bit(value):
    for person in PEOPLE:
        own, _, alpha = cut_out(*person)
        image = own if value is None else beyond(own, alpha, value)
        assert background_of(image, alpha) is None, person
        assert own_colours(image, alpha) is image


def test_a_hard_edge_says_nothing():
    _, photo, alpha = cut_out(5, 5)
    hard = (alpha > 0.5).astype(np.float32)
    assert own_colours(photo, hard) is photo


@pytest.mark.parametrize("alpha", [0, 0.5, 1])
def test_an_alpha_of_one_value_is_no_error(alpha):
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    assert own_colours(image, np.full((20, 30), alpha, np.float32)) is image
