"""A scene of a few triangles: its alpha and its colours by hand."""

import numpy as np
import pytest

from portrait_matting.people.rendering.camera import Camera
from portrait_matting.people.rendering.light import Source, even_light
from portrait_matting.people.rendering.render import render
from portrait_matting.people.rendering.surface import Appearance, Strands, Surface

CAMERA = Camera(np.zeros(3), np.eye(3)[0], np.eye(3)[2], np.eye(3)[1], 20.0, (16.0, 12.0), 24, 32)
WHITE = even_light((1, 1, 1))


def card(distance: float, left: float, right: float, colour, opacity: float = 1.0) -> Surface:
    """A card before the camera from `left` to `right`, pixels, all of its height."""
    x0, x1 = ((x - 16) * distance / 20 for x in (left, right))
    points = np.array(
        [(x0, distance, -distance), (x1, distance, -distance), (x1, distance, distance), (x0, distance, distance)]
    )
    normals = np.tile(np.float32([0, -1, 0]), (4, 1))
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)

    def look(at):
        return Appearance(at.colour * np.float32(colour), at.normal, specular=0.0)

    return Surface(points.astype(np.float32), triangles, normals, look, opacity=opacity)


def test_an_edge_within_a_pixel_is_its_share():
    found = render([card(2, 8, 20.5, (0.2, 0.4, 0.6))], [], CAMERA, WHITE, shadows=False)
    assert found.alpha[12, 8:20] == pytest.approx(1)
    assert found.alpha[12, 20] == pytest.approx(0.5)
    assert found.alpha[12, 21:] == pytest.approx(0)
    assert found.colour[12, 10] == pytest.approx([0.2, 0.4, 0.6], abs=1e-4)
    assert found.colour[12, 20] == pytest.approx([0.1, 0.2, 0.3], abs=1e-4), "colour is multiplied by alpha"
    assert found.depth[12, 10] == pytest.approx(2)


@pytest.mark.parametrize("order", [1, -1])
def test_the_nearer_hides_the_farther_whatever_the_order(order):
    cards = [card(2, 8, 20, (1, 0, 0)), card(3, 4, 28, (0, 1, 0))][::order]
    found = render(cards, [], CAMERA, WHITE, shadows=False)
    assert found.colour[12, 14] == pytest.approx([1, 0, 0], abs=1e-4)
    assert found.colour[12, 24] == pytest.approx([0, 1, 0], abs=1e-4)


def test_glass_before_a_card_and_before_nothing():
    found = render(
        [card(2, 4, 16, (0, 0, 1), opacity=0.25), card(3, 8, 28, (1, 0, 0))], [], CAMERA, WHITE, shadows=False
    )
    assert found.colour[12, 12] == pytest.approx([0.75, 0, 0.25], abs=1e-4)
    assert found.alpha[12, 12] == pytest.approx(1)
    assert found.colour[12, 6] == pytest.approx([0, 0, 0.25], abs=1e-4)
    assert found.alpha[12, 6] == pytest.approx(0.25)
    behind = render(
        [card(3, 4, 16, (0, 0, 1), opacity=0.25), card(2, 8, 28, (1, 0, 0))], [], CAMERA, WHITE, shadows=False
    )
    assert behind.colour[12, 12] == pytest.approx([1, 0, 0], abs=1e-4), "glass behind a card is not seen"


def test_a_card_throws_a_shadow_on_the_card_behind_it():
    lamp = even_light((0, 0, 0), (Source(np.array([0.0, -1, 0]), np.ones(3)),))
    cards = [card(1.5, 8, 12, (1, 1, 1)), card(2.5, 0, 32, (1, 1, 1))]
    open_ = render(cards, [], CAMERA, lamp, shadows=False)
    shaded = render(cards, [], CAMERA, lamp, shadows=True)
    assert shaded.colour[12, 10] == pytest.approx([1, 1, 1], abs=1e-3), "the near card is lit"
    # light is parallel: the shadow ends as far to the left as the card, 0.3 m, which is pixel 13.6 at 2.5 m
    assert shaded.colour[12, 12] == pytest.approx(0, abs=1e-3)
    assert shaded.colour[12, 15:] == pytest.approx(open_.colour[12, 15:], abs=1e-3)


def lock(distance: float, x: float) -> Strands:
    """Hairs side by side, black and opaque, over four pixels around `x`, all of the picture's height."""
    across = (np.linspace(x - 2, x + 2, 33) - 16) * distance / 20
    points = np.stack([np.stack([across, 0 * across + distance, 0 * across + z], 1) for z in (-distance, distance)], 1)
    radius = np.full(33, 0.15 * distance / 20, np.float32)
    return Strands(points.astype(np.float32), radius, np.full((33, 2, 3), 0.001, np.float32), shine=0.0)


def test_hair_behind_dark_glass_is_seen_through_it_alone():
    glass = card(2, 8, 24, (0, 0, 1), opacity=0.8)
    before, behind = (
        render([glass, *more], [lock(distance, 12)], CAMERA, WHITE, shadows=False).colour[12, 12]
        for distance, more in ((1.5, []), (2.5, []))
    )
    assert before == pytest.approx(0, abs=0.01), "a lock before glass hides it"
    assert behind == pytest.approx([0, 0, 0.8], abs=0.01)
    found = render([glass, card(3, 0, 32, (1, 0, 0))], [lock(2.5, 12)], CAMERA, WHITE, shadows=False)
    assert found.colour[12, 12] == pytest.approx([0, 0, 0.8], abs=0.01), "a lock hides what is behind it, under glass"
    assert found.colour[12, 18] == pytest.approx([0.2, 0, 0.8], abs=1e-3)


def test_hair_is_as_opaque_behind_dark_glass_as_without():
    found = render([card(2, 8, 24, (0, 0, 1), opacity=0.8)], [lock(2.5, 12)], CAMERA, WHITE, shadows=False)
    assert found.alpha[12, 12] == pytest.approx(1, abs=0.01), "nothing shines through hair and glass"
    assert found.alpha[12, 20] == pytest.approx(0.8, abs=1e-3)


def test_what_dark_glass_hides_is_sharp_where_the_glass_is():
    cards = [card(2, 8, 24, (0, 0, 1), opacity=0.8), card(3, 0, 32, (1, 0, 0))]
    assert render(cards, [], CAMERA, WHITE, shadows=False).depth[12, 12] == pytest.approx(2)
    clear = [card(2, 8, 24, (0, 0, 1), opacity=0.1), card(3, 0, 32, (1, 0, 0))]
    assert render(clear, [], CAMERA, WHITE, shadows=False).depth[12, 12] == pytest.approx(3)


@pytest.mark.parametrize("edge", [12.1, 12.25, 12.4, 12.75, 12.9, 13.1])
def test_no_gap_between_a_card_and_what_is_behind_it(edge):
    """Its edge is finer than the samples; hair and cloth behind it go on up to it."""
    front = card(1.5, edge, 30, (1, 0, 0))
    hair = render([front], [lock(2.5, 12)], CAMERA, WHITE, shadows=False)
    assert hair.alpha[12, 11:15] == pytest.approx(1, abs=0.02)
    veil = render([front, card(2.5, 4, 24, (0, 1, 0), opacity=0.7)], [], CAMERA, WHITE, shadows=False)
    share = np.clip(np.arange(11, 15) + 1 - edge, 0, 1)
    assert veil.alpha[12, 11:15] == pytest.approx(share + 0.7 * (1 - share), abs=0.04)
    assert veil.colour[12, 11:15, 0] == pytest.approx(share, abs=0.07)


def test_an_outline_that_only_touches_a_pixel_is_as_deep_as_what_it_is_of():
    found = render([card(2, 8, 20.2, (1, 0, 0))], [], CAMERA, WHITE, shadows=False)
    assert 0 < found.alpha[12, 20] < 0.3
    assert found.depth[12, 20] == pytest.approx(2)
    assert np.isinf(found.depth[12, 22])
