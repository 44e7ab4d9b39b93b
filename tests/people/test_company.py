import numpy as np
import pytest

from portrait_matting.people.bodies.shape import sample_shape
from portrait_matting.people.company import sample_company


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
