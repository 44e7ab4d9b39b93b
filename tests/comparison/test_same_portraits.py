from pathlib import Path

import pytest

from portrait_matting.comparison.result import Arm, Run
from portrait_matting.comparison.same_portraits import check_same_test
from portrait_matting.errors import InputError

DRAWN = {"_target_": "portrait_matting.data.synthetic.SyntheticDataModule", "draw_seed": 0, "train": 8}
REAL = {"_target_": "portrait_matting.data.folder.FolderDataModule", "root": "portraits"}
_PEOPLE = "portrait_matting.data.people.PeopleDataModule"
PEOPLE = {"_target_": _PEOPLE, "draw_seed": 0, "backgrounds": None, "pieces": {}}


def arm(name: str, data: dict) -> Arm:
    return Arm(name, {}, [Run(Path(name), {"seed": 0, "data": data}, {}, ["0"], {})])


@pytest.mark.parametrize("other", [DRAWN | {"draw_seed": 1}, DRAWN | {"height": 96}, REAL])
def test_arms_on_other_drawn_portraits_are_refused(other):
    with pytest.raises(InputError, match=r"a and others were not tested on the same portraits .*same data"):
        check_same_test([arm("a", DRAWN), arm("b", other)])


@pytest.mark.parametrize("first, other", [(DRAWN, DRAWN | {"train": 16}), (REAL, REAL | {"root": "smaller copy"})])
def test_more_training_portraits_and_another_copy_are_no_other_test(first, other):
    check_same_test([arm("a", first), arm("b", other)])


@pytest.mark.parametrize("other", [{"pieces": {"hair": False}}, {"backgrounds": "photos"}])
def test_people_without_a_piece_or_before_photos_are_others(other):
    with pytest.raises(InputError, match="were not tested on the same portraits"):
        check_same_test([arm("a", PEOPLE), arm("b", PEOPLE | other)])


@pytest.mark.parametrize(
    "first, second",
    [
        ({"pieces": {"hair": True}}, {"pieces": {}}),
        ({"pieces": {"hair": True, "hats": True}}, {"pieces": {"hats": True}}),
        ({"backgrounds": "here/photos"}, {"backgrounds": "there/photos"}),
    ],
)
def test_what_is_on_anyway_and_a_folder_elsewhere_are_no_other_people(first, second):
    check_same_test([arm("a", PEOPLE | first), arm("b", PEOPLE | second)])


def mixed(**sources) -> dict:
    return {"_target_": "portrait_matting.data.mix.MixDataModule", "length": 8, "sources": sources}


_SOURCE = {"data": "synthetic", "share": 0.5, "draw_seed": 0, "height": 64, "backgrounds": None}


@pytest.mark.parametrize("other", [{"draw_seed": 1}, {"height": 96}, {"data": "people"}, {"backgrounds": "photos"}])
def test_other_drawn_portraits_of_a_source_are_refused(other):
    with pytest.raises(InputError, match=r"same portraits \(data\.sources\.drawn\."):
        check_same_test([arm("a", mixed(drawn=_SOURCE)), arm("b", mixed(drawn=_SOURCE | other))])


def test_other_shares_and_another_source_are_no_other_test():
    real = {"data": "folder", "share": 1, "root": "x"}
    people = _SOURCE | {"data": "people", "draw_seed": 7}
    arms = [mixed(drawn=_SOURCE), mixed(drawn=_SOURCE | {"share": 2}, real=real), mixed(drawn=_SOURCE, people=people)]
    check_same_test([arm(str(number), data) for number, data in enumerate(arms)])
