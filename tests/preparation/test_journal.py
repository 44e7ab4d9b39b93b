from dataclasses import replace

import pytest

from portrait_matting.preparation.journal import Journal, read_journal
from portrait_matting.preparation.record import Record

FIRST = Record("train", "a,\n“b”", "u", 96, 64, 48, 32, 0.25, 1.5, 2.0, 3.0, 1 / 3, 5.0, 6.0, 700, 80)
SECOND, THIRD = replace(FIRST, name="second"), replace(FIRST, name="third")


def test_without_a_journal_nothing_is_done(tmp_path):
    assert read_journal(tmp_path / "journal") == []


def test_records_come_back_as_they_were(tmp_path):
    with Journal(tmp_path / "journal") as journal:
        journal.add([FIRST, SECOND])
        assert read_journal(tmp_path / "journal") == [FIRST, SECOND]  # before it is closed: a kill loses nothing
        journal.add([])
    with Journal(tmp_path / "journal") as journal:
        journal.add([THIRD])
    assert read_journal(tmp_path / "journal") == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize("kept", [1, 40, -1])
def test_a_cut_last_line_is_dropped_and_written_over(tmp_path, kept):
    with Journal(tmp_path / "journal") as journal:
        journal.add([FIRST])
        length = (tmp_path / "journal").stat().st_size
        journal.add([SECOND])
    whole = (tmp_path / "journal").read_bytes()
    (tmp_path / "journal").write_bytes(whole[: length + kept] if kept > 0 else whole[:kept])
    assert read_journal(tmp_path / "journal") == [FIRST]
    with Journal(tmp_path / "journal") as journal:
        journal.add([THIRD])
    assert read_journal(tmp_path / "journal") == [FIRST, THIRD]
