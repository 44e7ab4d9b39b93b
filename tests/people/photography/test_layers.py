import numpy as np

from portrait_matting.people.photography.layers import layers_of
from portrait_matting.people.photography.lens import Lens
from portrait_matting.people.photography.tone import to_display
from portrait_matting.people.rendering.render import Rendered

PLAIN = Lens(0.0, 1.0, 5.0)
COLOUR = np.float32([0.6, 0.3, 0.1])


def person(shape=(48, 40)) -> Rendered:
    alpha = np.zeros(shape, np.float32)
    alpha[12:36, 10:30] = np.linspace(0, 1, 20, dtype=np.float32)
    return Rendered(alpha[..., None] * COLOUR, alpha, np.where(alpha > 0, 1, np.inf).astype(np.float32))


def test_the_foreground_is_the_straight_colour_wherever_there_is_one():
    rendered = person()
    layers = layers_of(rendered, np.full((48, 40, 3), 0.2, np.float32), PLAIN)
    shown = to_display(COLOUR)
    np.testing.assert_allclose(layers.foreground, np.broadcast_to(shown, layers.foreground.shape), atol=2e-3)
    np.testing.assert_allclose(layers.background, to_display(np.float32([0.2]))[0], atol=1e-6)
    np.testing.assert_allclose(layers.alpha, rendered.alpha, atol=1 / 256)


def test_nobody_is_no_trouble():
    nobody = Rendered(
        np.zeros((20, 16, 3), np.float32), np.zeros((20, 16), np.float32), np.full((20, 16), np.inf, np.float32)
    )
    layers = layers_of(nobody, np.full((20, 16, 3), 0.2, np.float32), PLAIN)
    assert not layers.alpha.any()
    assert np.isfinite(layers.foreground).all()


def test_vignette_and_glare():
    bright = np.full((48, 40, 3), 2.0, np.float32)
    plain, glared = (layers_of(person(), bright, Lens(0.0, 1.0, 5.0, glare=glare)) for glare in (0.0, 0.1))
    assert (glared.foreground > plain.foreground + 0.01).all()
    np.testing.assert_array_equal(glared.background, plain.background)
    darker = layers_of(person(), 0.2 * bright, Lens(0.0, 1.0, 5.0, vignette=0.3)).background
    assert darker[0, 0, 0] < 0.95 * darker[24, 20, 0]
