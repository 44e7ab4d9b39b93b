import itertools
from collections import Counter

import numpy as np
import pytest

from portrait_matting.data.subset import choose_subset


def people(seed=0, persons=400) -> list[tuple[str, str]]:
    """Persons with 1 to 40 photos each."""
    counts = np.random.default_rng(seed).integers(1, 41, persons)
    return [(f"user{who}", f"{who}-{photo}") for who, count in enumerate(counts) for photo in range(count)]


@pytest.mark.parametrize("share", [0.001, 0.05, 0.25, 0.9, 1.0])
def test_the_share_is_exact_and_each_person_in_proportion(share):
    names = people()
    chosen = choose_subset(names, share)
    assert len(chosen) == max(1, round(share * len(names)))
    assert chosen == sorted(set(chosen))
    whole, part = Counter(who for who, _ in names), Counter(names[index][0] for index in chosen)
    assert all(abs(part[who] - share * whole[who]) < 1.1 for who in whole)


def test_a_smaller_share_is_a_part_of_a_larger_one():
    names = people()
    chosen = [set(choose_subset(names, share)) for share in (0.01, 0.05, 0.3, 0.7, 1.0)]
    assert all(smaller < larger for smaller, larger in itertools.pairwise(chosen))


def test_the_order_of_the_files_does_not_matter():
    names = people()
    shuffled = [names[index] for index in np.random.default_rng(1).permutation(len(names))]
    assert {shuffled[i] for i in choose_subset(shuffled, 0.1)} == {names[i] for i in choose_subset(names, 0.1)}


def test_another_photo_moves_few():
    names = people()
    before = {names[index] for index in choose_subset(names, 0.1)}
    more = [*names, ("someone", "new")]
    assert len(before ^ {more[index] for index in choose_subset(more, 0.1)}) <= 2


def test_persons_of_one_photo_are_drawn_evenly():
    names = [(str(index), str(index)) for index in range(5000)]
    chosen = np.array(choose_subset(names, 0.2))
    assert np.histogram(chosen, 10, (0, 5000))[0].std() < 25  # binomial: about 9
