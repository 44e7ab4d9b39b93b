"""Which samples of pixels are shaded, and that all of them have a colour in the end."""

import numpy as np

from portrait_matting.people.rendering.shading_rate import chosen_of, spread


def test_one_sample_of_a_pixel_is_shaded_where_all_see_the_same_surface_without_a_step():
    surfaces = np.full((2, 8), -1, np.int16)
    depths = np.full((2, 8), np.inf, np.float32)
    surfaces[:, 2:6], depths[:, 2:6] = 1, 1.0  # the first pixel sees nothing, the second and third one surface,
    depths[0, 4] = 1.5  # the third with a step, and the last two surfaces and nothing
    surfaces[0, 6:], depths[0, 6:] = (0, 1), 1.0
    chosen, where, starts = chosen_of(surfaces, depths, 2, 2)
    assert chosen.astype(int).tolist() == [[0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1, 0, 0]]
    assert starts.tolist() == [0, 1, 7]
    assert where.tolist() == [6, 4, 5, 7, 11, 12, 13]
    colour = np.zeros((2, 8, 3), np.float32)
    colour.reshape(-1, 3)[where] = 1 + where[:, None]
    spread(colour, surfaces, chosen, 2)
    assert (colour[:, 2:4] == 12).all(), "the sample that was shaded stands for its pixel"
    assert (colour[surfaces < 0] == 0).all()
    assert colour[0, 4:, 0].tolist() == [5, 6, 7, 8]
