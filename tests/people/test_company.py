import numpy as np
import pytest

from portrait_matting.people import portrait
from portrait_matting.people.bodies.shape import sample_shape
from portrait_matting.people.company import sample_company
from portrait_matting.people.photography.framing import holds
from portrait_matting.people.streams import Streams


def test_alone_there_is_one_person_who_may_have_any_age():
    for seed in range(200):
        (alone,) = sample_company(np.random.default_rng(seed), together=False)
        assert alone.ages is None
    counts = [len(sample_company(np.random.default_rng(seed))) for seed in range(600)]
    assert {0, 1, 2, 3} == set(counts)


@pytest.mark.parametrize("ages", [(4, 11), (18, 80)])
def test_a_given_age_changes_nothing_else_of_a_person(bodies, ages):
    """So the first of two is the same person as the only one, apart from the years."""
    for seed in range(12):
        one, other = (sample_shape(np.random.default_rng(seed), bodies, each) for each in (None, ages))
        assert ages[0] <= other.age <= ages[1]
        assert one.ancestry == other.ancestry
        assert one.local == other.local
        assert one.expression == other.expression
        for name in set(one.phenotype) - {"age", "gender"}:
            assert one.phenotype[name] == other.phenotype[name]
        if min(one.age, other.age) > 20:  # the bodies of girls and boys differ less
            assert one.phenotype["gender"] == other.phenotype["gender"]


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "index"), [(0, 76), (0, 664), (0, 742), (1, 67), (1, 264), (2, 324), (2, 228)])
def test_all_heads_of_grown_ups_and_small_children_are_in_the_picture(bodies, seed, index, monkeypatch):
    class Framed(Exception):
        pass

    def framed(bodies, *more):
        middles = np.stack([body.carried(body.eyes.mean(0), "head") for body in bodies])
        camera = frame(bodies, *more)
        pixels, depth = camera.project(middles)
        radius = np.array([body.head_height for body in bodies]) * camera.focal / depth
        raise Framed(pixels, radius)

    frame = portrait.frame
    monkeypatch.setattr(portrait, "frame", framed)
    with pytest.raises(Framed) as found:
        portrait.draw_person_layers("train", seed, index)
    pixels, radius = found.value.args
    assert len(pixels) > 1
    assert (pixels > 0.4 * radius[:, None]).all()
    assert (pixels < np.array([336, 384]) - 0.4 * radius[:, None]).all()


@pytest.mark.slow
def test_who_does_not_fit_into_a_narrow_picture_is_not_in_it(bodies, monkeypatch):
    class Framed(Exception):
        pass

    def light_of(background, camera, *_):
        raise Framed(camera)

    asked = []
    frame = portrait.frame
    monkeypatch.setattr(portrait, "frame", lambda bodies, *more: (asked.append(bodies), frame(bodies, *more))[1])
    monkeypatch.setattr(portrait, "light_of", light_of)
    fewer = 0
    for index in range(300):
        if len(sample_company(Streams("val", 4, index)("company"))) < 2:
            continue
        asked.clear()
        with pytest.raises(Framed) as found:
            portrait.draw_person_layers("val", 4, index, 500, 90)
        fewer += len(asked) - 1
        assert len(asked[-1]) == 1 or holds(found.value.args[0], asked[-1])
    assert fewer > 0
