import numpy as np
import pytest

from portrait_matting.data import synthetic as synthetic_portraits
from portrait_matting.data.synthetic import SyntheticDataModule, SyntheticPortraits
from portrait_matting.errors import InputError

LOADING = {"input_size": 16, "batch_size": 2, "workers": 0, "augment": [], "seed": 0}
SIZES = {"train": 4, "val": 3, "test": 2, "height": 20, "width": 18}


@pytest.fixture
def drawn(monkeypatch) -> list[tuple]:
    """Takes down what is asked of the drawing, which has tests of its own."""
    asked = []

    def draw(split, seed, index, height, width):
        asked.append((split, seed, index, height, width))
        return np.zeros((height, width, 3), np.uint8), np.full((height, width), index / 10, np.float32)

    monkeypatch.setattr(synthetic_portraits, "draw_portrait", draw)
    return asked


def test_a_portrait_is_asked_for_by_split_seed_and_index(drawn):
    data = SyntheticDataModule(**SIZES, draw_seed=7, **LOADING | {"seed": 5})
    data.setup()
    assert drawn == []  # nothing is drawn before it is needed
    for split, length in (("train", 4), ("val", 3), ("test", 2)):
        portraits = data.portraits(split)
        assert len(portraits) == length
        portraits[length - 1]
        assert drawn[-1] == (split, 7, length - 1, 20, 18)


def test_the_seed_of_a_run_changes_no_portrait(drawn):
    for seed in (0, 1):
        data = SyntheticDataModule(**SIZES, **LOADING | {"seed": seed})
        data.setup("test")
        list(data.test_dataloader())
    assert drawn[:2] == drawn[2:] == [("test", 0, 0, 20, 18), ("test", 0, 1, 20, 18)]


def test_a_training_epoch_draws_each_portrait_once(drawn):
    data = SyntheticDataModule(**SIZES, **LOADING)
    data.setup("fit")
    batches = list(data.train_dataloader())
    assert [batch["image"].shape for batch in batches] == [(2, 3, 16, 16)] * 2
    assert sorted(asked[2] for asked in drawn) == [0, 1, 2, 3]


def test_portraits_end_where_their_number_says(drawn):
    portraits = SyntheticPortraits("train", 3, 0, 20, 18)
    for index in (3, -1):
        with pytest.raises(IndexError):
            portraits[index]
    assert len(list(portraits)) == 3  # iterating ends by IndexError


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_an_empty_split_is_refused(split):
    with pytest.raises(InputError, match=rf"data\.{split}=0: .*at least one"):
        SyntheticDataModule(**SIZES | {split: 0}, **LOADING)


def test_a_drawn_portrait_is_what_a_photo_is():
    image, alpha = SyntheticPortraits("val", 1, 0, 40, 36)[0]
    assert image.shape == (40, 36, 3)
    assert image.dtype == np.uint8
    assert alpha.shape == (40, 36)
    assert alpha.dtype == np.float32
    assert 0 <= alpha.min() < 0.1
    assert 0.9 < alpha.max() <= 1
    again = SyntheticPortraits("val", 1, 0, 40, 36)[0]
    np.testing.assert_array_equal(again[0], image)
