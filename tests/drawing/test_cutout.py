import cv2
import numpy as np

from portrait_matting.drawing.cutout import cut_out
from portrait_matting.synthetic import Layers, draw_layers


def test_colours_are_the_person_s_own_wherever_something_is_seen():
    layers = draw_layers("train", 0, 5, 96, 84)
    rgba = cut_out(layers)
    seen = rgba[..., 3] > 0
    own = np.rint(255 * layers.foreground)
    np.testing.assert_array_equal(rgba[seen][:, :3], own[seen])
    assert np.abs(rgba[..., 3] / 255 - layers.alpha).max() <= 0.5 / 255 + 1e-6
    soft = seen & (rgba[..., 3] < 250)
    assert soft.sum() > 100


def test_before_another_background_no_rim_is_seen():
    """Before any colour, the cut-out is what its layers before that colour are."""
    layers = draw_layers("train", 0, 5, 96, 84)
    rgba = cut_out(layers).astype(np.float64)
    alpha = rgba[..., 3:] / 255
    for colour in ((0, 0, 0), (255, 255, 255), (0, 255, 0)):
        behind = np.broadcast_to(np.float32(colour) / 255, layers.background.shape)
        exact = Layers(layers.foreground, behind, layers.alpha).composite()
        assert np.abs(alpha * rgba[..., :3] + (1 - alpha) * colour - exact).max() < 2


def test_colours_go_on_where_nothing_is_seen():
    """Scaled without regard to alpha, as many programs do, the edge keeps the person's colour."""
    alpha = np.zeros((64, 64), np.float32)
    alpha[20:50, 20:40] = 1
    foreground = np.where(alpha[..., None] > 0, np.float32((0.8, 0.4, 0.2)), np.float32(0))
    rgba = cut_out(Layers(foreground, foreground, alpha))
    np.testing.assert_array_equal(np.unique(rgba[..., :3].reshape(-1, 3), axis=0), [[204, 102, 51]])
    small = cv2.resize(rgba, (9, 9), interpolation=cv2.INTER_AREA)
    assert np.abs(small[..., :3].astype(int) - (204, 102, 51)).max() <= 1
