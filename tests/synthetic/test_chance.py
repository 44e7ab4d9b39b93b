"""Choices by chance come as often as they are asked to."""

import numpy as np
import pytest

from portrait_matting.synthetic.chance import pick


@pytest.mark.parametrize("shares", [None, (0.1, 0.6, 0.3), (1, 6, 3)])
def test_each_is_picked_by_its_share(shares):
    rng = np.random.default_rng(0)
    picked = [pick(rng, "abc", shares) for _ in range(6000)]
    total = sum(shares or (1, 1, 1))
    for thing, share in zip("abc", shares or (1, 1, 1), strict=True):
        assert picked.count(thing) / 6000 == pytest.approx(share / total, abs=0.02)


def test_a_share_of_none_is_never_picked():
    rng = np.random.default_rng(0)
    assert {pick(rng, ("a", "b", "c"), (0.0, 1.0, 0.0)) for _ in range(500)} == {"b"}
