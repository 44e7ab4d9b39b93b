"""People as training data, by the contract of their room, which has tests of its own and needs an extra."""

import pickle
import sys
from types import ModuleType

import cv2
import numpy as np
import pytest

from portrait_matting.config.compose import compose
from portrait_matting.data import people_extra
from portrait_matting.data.people import PeopleDataModule, PeoplePortraits
from portrait_matting.data.people_extra import choose_pieces
from portrait_matting.errors import InputError
from portrait_matting.loggers.fingerprint import of_portraits

LOADING = {"input_size": 16, "batch_size": 2, "workers": 0, "augment": [], "seed": 0}
SIZES = {"train": 4, "val": 3, "test": 2, "height": 20, "width": 18}
PIECES = frozenset({"hair", "hats", "hands"})


@pytest.fixture
def people(monkeypatch):
    """A room that takes down what is asked of it."""
    room, asked = ModuleType("portrait_matting.people"), []

    def draw(split, seed, index, height, width, pieces, backgrounds):
        asked.append((split, seed, index, height, width, pieces, backgrounds))
        return np.zeros((height, width, 3), np.uint8), np.full((height, width), index / 10, np.float32)

    room.prepare, room.edition, room.MIN_SIZE = lambda: None, lambda: "bodies-1", 16
    room.PIECES, room.draw_person_portrait, room.asked = tuple(PIECES), draw, asked
    monkeypatch.setitem(sys.modules, room.__name__, room)
    monkeypatch.setattr(people_extra, "NEEDS", ())
    return room


def test_a_person_is_asked_for_by_split_seed_and_index(people):
    data = PeopleDataModule(**SIZES, draw_seed=7, **LOADING | {"seed": 5})
    data.setup()
    assert people.asked == []  # nothing is drawn before it is needed
    for split, length in (("train", 4), ("val", 3), ("test", 2)):
        portraits = data.portraits(split)
        assert len(portraits) == length
        portraits[length - 1]
        assert people.asked[-1] == (split, 7, length - 1, 20, 18, PIECES, None)


def test_a_training_epoch_draws_each_once_and_the_seed_of_a_run_changes_nobody(people):
    for seed in (0, 1):
        data = PeopleDataModule(**SIZES, **LOADING | {"seed": seed})
        data.setup("fit")
        list(data.train_dataloader())
    assert sorted(people.asked[:4]) == sorted(people.asked[4:])
    assert [asked[2] for asked in sorted(people.asked[:4])] == [0, 1, 2, 3]


def test_pieces_are_switched_off_by_name(people):
    data = PeopleDataModule(**SIZES, pieces={"hair": False, "hats": True}, **LOADING)
    data.portraits("test")[0]
    assert people.asked[-1][5] == {"hats", "hands"}


@pytest.mark.parametrize("on", [True, False])
def test_an_unknown_piece_is_refused_with_the_one_that_is_meant(people, on):
    with pytest.raises(InputError, match=r"^data\.pieces\.hat is no piece of a person: did you mean hats\? There are "):
        PeopleDataModule(**SIZES, pieces={"hat": on}, **LOADING)
    with pytest.raises(InputError, match=r"^--without xyz is no piece of a person: there are hair, hands, hats$"):
        choose_pieces(["xyz"], "--without {}")


def test_backgrounds_are_given_on_and_checked_before(people, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "photos").mkdir()
    cv2.imwrite(str(tmp_path / "photos" / "a.png"), np.zeros((9, 9, 3), np.uint8))
    data = PeopleDataModule(**SIZES, backgrounds=str(tmp_path / "photos"), **LOADING)
    data.portraits("train")[1]
    assert people.asked[-1][6].paths == [tmp_path / "photos" / "a.png"]
    for name, says in (("empty", "holds no picture"), ("missing", "is not a folder: give one")):
        with pytest.raises(InputError, match=rf"^data\.backgrounds=.*{says}"):
            PeopleDataModule(**SIZES, backgrounds=str(tmp_path / name), **LOADING)


def test_without_the_extra_it_is_one_line_with_the_command(monkeypatch):
    monkeypatch.setattr(people_extra, "NEEDS", ("no_such_package",))
    line = r'need no_such_package, which is not installed: make people, or pip install "portrait-matting\[people\]"$'
    with pytest.raises(InputError, match=line):
        PeopleDataModule(**SIZES, **LOADING)
    with pytest.raises(InputError, match=line):
        PeopleDataModule.scored("test", **SIZES, draw_seed=0, backgrounds=None, pieces={})


@pytest.mark.parametrize(
    "changed, says",
    [
        ({"val": 0}, r"data\.val=0: "),
        ({"height": 18}, r"^data\.height=18 is too small: choose at least 19$"),
        ({"width": 8}, r"^data\.width=8 is"),
        ({"height": 100_000}, r"^data\.height=100000 is too large: choose at most 8192$"),
        ({"width": 8193}, r"^data\.width=8193 is too large"),
        ({"draw_seed": -1}, "seed=-1"),
        ({"pieces": {"hair": "off"}}, r"^data\.pieces\.hair=off is neither true nor false"),
    ],
)
def test_what_cannot_be_drawn_is_refused(people, changed, says):
    people.MIN_SIZE = 19
    sizes = SIZES | {"width": 19}
    with pytest.raises(InputError, match=says):
        PeopleDataModule(**sizes | changed, **LOADING)
    if "val" not in changed:
        with pytest.raises(InputError, match=says):
            PeopleDataModule.scored("test", **{"draw_seed": 0, "backgrounds": None, "pieces": {}} | sizes | changed)


def photos(folder, count):
    folder.mkdir()
    for number in range(count):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((9, 9, 3), number, np.uint8))
    return folder


@pytest.mark.parametrize("count", [20, 57])
def test_photos_behind_those_that_are_scored_are_behind_nobody_in_training(people, tmp_path, count):
    folder = photos(tmp_path / "photos", count)
    data = PeopleDataModule(**SIZES, backgrounds=str(folder), **LOADING)
    data.setup()
    given = {}
    for split in ("train", "val", "test"):
        portraits = pickle.loads(pickle.dumps(data.portraits(split)))  # as a spawned worker gets them
        portraits[0]
        given[split] = set(people.asked[-1][6].paths)
    assert not given["train"] & (given["val"] | given["test"])
    assert given["train"] | given["val"] == {*folder.iterdir()}
    assert len(given["val"]) == round(0.2 * count)
    choice = {**SIZES, "draw_seed": 0, "backgrounds": str(folder), "pieces": {}}
    PeopleDataModule.scored("test", **choice).portraits[0]
    assert {*people.asked[-1][6].paths} == given["test"]
    before = {split: of_portraits(data.portraits(split)) for split in given}
    held = min(given["val"])
    cv2.imwrite(str(held), np.zeros((90, 90, 3), np.uint8))
    data = PeopleDataModule(**SIZES, backgrounds=str(folder), **LOADING)
    changed = {split for split in given if of_portraits(data.portraits(split)) != before[split]}
    assert changed == {"val", "test"}


def test_few_photos_are_behind_all(people, tmp_path):
    data = PeopleDataModule(**SIZES, backgrounds=str(photos(tmp_path / "photos", 19)), **LOADING)
    for split in ("train", "val", "test"):
        data.portraits(split)[0]
        assert len(people.asked[-1][6].paths) == 19


def test_other_bodies_are_other_portraits(people):
    before = of_portraits(PeoplePortraits("train", 3, 0, 20, 18))
    people.edition = lambda: "bodies-2"
    assert of_portraits(PeoplePortraits("train", 3, 0, 20, 18)) != before


def test_where_numba_can_keep_nothing_the_cure_is_named(monkeypatch):
    monkeypatch.setattr(people_extra, "NEEDS", ())

    def nowhere(name):
        raise RuntimeError("cannot cache function '_add': no locator available for file '/x/body.py'")

    monkeypatch.setattr(people_extra, "import_module", nowhere)
    with pytest.raises(InputError, match=r"NUMBA_CACHE_DIR$"):
        people_extra.load_people()


def test_a_split_is_scored_by_itself(people):
    choice = {**SIZES, "draw_seed": 3, "backgrounds": None, "pieces": {"hair": False}}
    named = PeopleDataModule.scored("auto", **choice)
    assert (named.split, named.names) == ("test", ["test_00000", "test_00001"])
    named.portraits[1]
    assert people.asked[-1] == ("test", 3, 1, 20, 18, PIECES - {"hair"}, None)
    with pytest.raises(InputError, match="one split at a time"):
        PeopleDataModule.scored("all", **choice)


def test_they_end_where_their_number_says(people):
    portraits = PeoplePortraits("train", 3, 0, 20, 18)
    for index in (3, -1):
        with pytest.raises(IndexError):
            portraits[index]
    assert len(list(portraits)) == 3


def test_they_are_known_by_what_they_are_drawn_by(people, tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((9, 9, 3), np.uint8))
    choices = [
        {},
        {"pieces": {"hair": False}},
        {"backgrounds": str(tmp_path)},
    ]
    made = [of_portraits(PeoplePortraits("train", 3, 0, 20, 18, **choice)) for choice in choices]
    assert len({*made}) == 3
    assert made[0] == of_portraits(PeoplePortraits("train", 3, 0, 20, 18, pieces={"hair": True}))


def test_the_recipe_lists_every_piece():
    """So that data.pieces.NAME=false is no unknown key."""
    for name in ("anny", "numba", "portrait_matting.people"):
        pytest.importorskip(name)
    pieces = compose(["data=people"]).data.pieces
    assert {str(name) for name in pieces} == set(people_extra.load_people().PIECES)
    assert all(pieces.values())
