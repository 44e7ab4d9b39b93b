"""A drawn person as a cut-out: straight alpha, and colours that go on where alpha is 0."""

import numpy as np

from portrait_matting.matte.spread import spread
from portrait_matting.synthetic import Layers


def cut_out(layers: Layers) -> np.ndarray:
    """The person of some layers before nothing: uint8 RGBA (H, W, 4), colours not multiplied by alpha.

    Colours are the foreground's own wherever something is seen of it, down to an alpha of 1 of 255. Beyond, where
    they count for nothing, they go on from those at the edge and get smoother with the distance: programs that scale
    colour and alpha apart then make no dark rim, and the file is small.
    """
    alpha = np.rint(255 * np.clip(layers.alpha, 0, 1)).astype(np.uint8)
    seen = alpha > 0
    colours = np.where(seen[..., None], layers.foreground, spread(layers.foreground, seen.astype(np.float32)))
    return np.dstack([np.rint(255 * np.clip(colours, 0, 1)).astype(np.uint8), alpha])
