import logging

import pytest

from portrait_matting.data.bad_files import BadFiles
from portrait_matting.errors import InputError


@pytest.mark.parametrize(
    "total, share, limit",
    [(1000, 0.01, 10), (1000, 0.0, 0), (30, 0.01, 1), (199, 0.01, 1), (200, 0.01, 2), (8, 1.0, 8)],
)
def test_how_many_may_be_bad(total, share, limit):
    assert BadFiles(total, share).limit == limit


def test_each_is_warned_of_once_and_counted(caplog):
    bad = BadFiles(200, 0.01)
    with caplog.at_level(logging.WARNING):
        bad.note(["a.jpg is broken", "b.jpg is broken"])
        bad.note(["a.jpg is broken"])
        bad.note([])
    assert [record.getMessage() for record in caplog.records] == [
        "skipped portrait 1, of at most 2 that may be bad: a.jpg is broken",
        "skipped portrait 2, of at most 2 that may be bad: b.jpg is broken",
    ]


def test_one_too_many_stops_with_the_list():
    bad = BadFiles(200, 0.01)
    bad.note(["a is broken", "b is broken"])
    with pytest.raises(InputError) as error:
        bad.note(["c is broken"])
    message = str(error.value)
    assert "\n" not in message
    for word in ("3 of 200", "data.bad_share=0.01", "a is broken", "b is broken", "c is broken"):
        assert word in message


def test_a_long_list_is_cut_and_says_so():
    bad = BadFiles(1000, 0.03)
    bad.note(f"{index:03} is broken" for index in range(30))
    with pytest.raises(InputError, match=r"019 is broken; and 11 more, named above$"):
        bad.note(["030 is broken"])
