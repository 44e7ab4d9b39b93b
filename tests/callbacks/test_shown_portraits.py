from itertools import islice
from types import SimpleNamespace

import numpy as np
import pytest

from portrait_matting.callbacks import shown_portraits as room
from portrait_matting.callbacks.shown_portraits import evenly_spread, shown_portraits
from portrait_matting.errors import InputError


@pytest.mark.parametrize(
    "total, portraits, expected",
    [
        (202, 4, [0, 50, 101, 151]),
        (10, 10, list(range(10))),
        (3, 10, [0, 1, 2]),
        (1, 1, [0]),
        (0, 10, []),
        (5, 0, []),
        (11, 10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ],
)
def test_they_are_spread_evenly(total, portraits, expected):
    assert evenly_spread(total, portraits) == expected


def test_the_same_are_shown_in_every_run():
    for total in (7, 128, 6000):
        found = evenly_spread(total, 10)
        assert found == sorted(set(found))
        assert found[0] == 0
        assert found[-1] < total


class Portraits:
    """Eight of them; the third cannot be read, and a photo is half as large as its alpha."""

    def __len__(self):
        return 8

    def __getitem__(self, index):
        if index == 2:
            raise InputError("c.jpg cannot be decoded")
        return np.full((4, 3, 3), index, np.uint8), np.full((8, 6), index / 10, np.float32)


@pytest.fixture
def trainer(monkeypatch):
    """Its network's matte is 1 less the truth's value; `asked` has what it saw."""
    asked = []

    def matte_of(trainer, module, image, size):
        asked.append(int(image[0, 0, 0]))
        return np.full(size, 1 - image[0, 0, 0] / 10, np.float32)

    monkeypatch.setattr(room, "matte_of", matte_of)
    return SimpleNamespace(datamodule=SimpleNamespace(portraits=lambda split: Portraits()), asked=asked)


def test_all_of_a_split_but_what_cannot_be_read(trainer):
    found = list(shown_portraits(trainer, None, "val"))
    assert [one.index for one in found] == [0, 1, 3, 4, 5, 6, 7]
    for index, image, truth, matte in found:
        assert (image == index).all()
        assert truth.shape == matte.shape == (8, 6)
        np.testing.assert_allclose(truth + matte, 1, rtol=1e-6)


def test_so_many_spread_over_the_split(trainer):
    assert [one.index for one in shown_portraits(trainer, None, "val", 4)] == [0, 4, 6]


def test_the_network_sees_no_more_than_is_shown(trainer):
    list(islice(shown_portraits(trainer, None, "val"), 3))
    assert trainer.asked == [0, 1, 3]
