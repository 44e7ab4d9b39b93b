from dataclasses import replace

import numpy as np
import pytest

from portrait_matting.people.photography.focus import defocus, focus
from portrait_matting.people.photography.lens import Lens, sample_lens
from portrait_matting.people.rendering.camera import look_at
from portrait_matting.people.rendering.render import Rendered

CAMERA = look_at(np.zeros(3), 0, 0, 0, 1.0, 128, (40, 48), 96, 80)


def square(depth: float) -> Rendered:
    alpha = np.zeros((96, 80), np.float32)
    alpha[30:70, 20:60] = 1
    colour = alpha[..., None] * np.float32([0.5, 0.2, 0.1])
    return Rendered(colour, alpha, np.where(alpha > 0, np.float32(depth), np.float32(np.inf)))


@pytest.mark.parametrize("blades", [0, 6])
@pytest.mark.parametrize("spread", [3.0, 6.0, 8.5])
def test_a_bright_spot_becomes_a_disc_as_bright_all_over(spread, blades):
    picture = np.zeros((96, 80, 3), np.float32)
    picture[48, 40] = 100
    found = defocus(picture, CAMERA, Lens(0.0, 1.0, 5.0, apart=spread / 96, blades=blades))[..., 0]
    assert found.sum() == pytest.approx(100, rel=0.02)
    lit = found > 0.5 * found.max()
    assert lit.sum() == pytest.approx(np.pi / 4 * spread**2, rel=0.35)
    assert found[lit].std() < 0.25 * found[lit].mean()


def test_a_wide_aperture_blurs_a_far_place_more():
    picture = np.random.default_rng(0).uniform(0, 1, (96, 80, 3)).astype(np.float32)
    spread = [defocus(picture, CAMERA, Lens(aperture, 1.0, 9.0)).std() for aperture in (0.001, 0.02, 0.05)]
    assert spread[0] > 2 * spread[1] > 2 * spread[2]


def test_what_is_in_focus_stays_as_it_is():
    rendered = square(1.0)
    found = focus(rendered, CAMERA, Lens(0.05, 1.0, 5.0))
    np.testing.assert_array_equal(found.alpha, rendered.alpha)


@pytest.mark.parametrize("lens", [Lens(0.05, 1.0, 5.0), Lens(0.0, 1.0, 5.0, moves=(5.0, 2.0))])
def test_the_alpha_follows_the_colour(lens):
    found = focus(square(1.6), CAMERA, lens)
    assert ((found.alpha > 0.05) & (found.alpha < 0.95)).sum() > 100
    np.testing.assert_allclose(found.colour, found.alpha[..., None] * np.float32([0.5, 0.2, 0.1]), atol=1e-5)
    assert found.alpha.max() <= 1
    assert found.alpha.sum() == pytest.approx(1600, rel=0.03)


def test_without_focus_nothing_is_soft():
    for k in range(30):
        lens = sample_lens(np.random.default_rng(k), CAMERA, np.float32([1.0, 1.3]), False, frozenset())
        picture = np.random.default_rng(0).uniform(0, 1, (96, 80, 3)).astype(np.float32)
        assert defocus(picture, CAMERA, lens) is picture
        assert focus(square(2.0), CAMERA, lens).alpha.sum() == 1600


def test_faces_are_usually_sharp_and_places_sometimes_not():
    picture = np.random.default_rng(0).uniform(0, 1, (96, 80, 3)).astype(np.float32)
    sharp, soft = 0, 0
    for k in range(200):
        lens = sample_lens(np.random.default_rng(k), CAMERA, np.float32([1.0]), False, frozenset({"focus"}))
        alpha = focus(square(1.0), CAMERA, lens).alpha
        sharp += ((alpha > 0.02) & (alpha < 0.98)).sum() < 40
        soft += defocus(picture, CAMERA, lens).std() < 0.7 * picture.std()
    assert sharp > 180
    assert 40 < soft < 70, "telephones, and what is behind selfies, are sharp all over"


def test_how_many_people_there_are_changes_only_what_is_in_focus():
    for k in range(40):
        one, three = (
            sample_lens(np.random.default_rng(k), CAMERA, np.float32(depths), False, frozenset({"focus"}))
            for depths in ([1.0], [0.9, 1.0, 1.0])
        )
        assert replace(one, focus=0.0, aperture=0.0) == replace(three, focus=0.0, aperture=0.0)
        assert one.aperture == three.aperture
