"""Colours that go together."""

import numpy as np

from portrait_matting.people.bodies.complexion import sample_complexion


def many(years, **settings):
    return [sample_complexion(np.random.default_rng(seed), years, **settings) for seed in range(60)]


def test_colours_are_those_of_the_seed_and_within_range():
    first, again = many(30)[7], sample_complexion(np.random.default_rng(7), 30)
    for name in ("skin", "lips", "iris", "hair"):
        colour = getattr(first, name)
        assert np.array_equal(colour, getattr(again, name))
        assert colour.shape == (3,)
        assert colour.dtype == np.float32
        assert ((colour >= 0) & (colour <= 1)).all()


def test_faces_and_skins_that_are_seen_together():
    means = [np.mean([c.skin.mean() for c in many(30, ancestry=kind)]) for kind in np.eye(3)]
    assert means[0] < 0.6 * means[1] < means[2]


def test_children_are_not_grey_and_old_people_mostly_are():
    assert all(c.grey == 0 for c in many(9))
    assert np.mean([c.grey for c in many(80)]) > 0.7


def test_skin_is_redder_than_it_is_blue():
    for c in many(30):
        assert c.skin[0] > c.skin[1] > 0.8 * c.skin[2]
