"""A scene of a few triangles: its alpha and its colours by hand."""

import numpy as np
import pytest

from portrait_matting.people.rendering.camera import Camera
from portrait_matting.people.rendering.light import Source, even_light
from portrait_matting.people.rendering.render import render
from portrait_matting.people.rendering.surface import Appearance, Surface

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
