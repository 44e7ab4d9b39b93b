"""What a person types for a path comes to the program as that path."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from portrait_matting.config.path_value import read_path

NAMES = [
    *("data/人像", "data/Ordner ä", "data/it's", "data/#1", "data/foo(1)", "data/a=b", "[x]", "{a}", "a,b", "$x", "!"),
    *("a&b", "@x", "a:b", "-x", " x", "x ", "x\\", "2024", "1e3", "true", "False", "007", "1_000", "nan", "inf", "-5"),
    *(".5", "1.", "0x10", 'it\'s "x"', "'", '"', "a'", "'a", "x/'y'", "'x'/y", "a\\'b", "*", "?", "`x`", "a\nb", "%x%"),
    *("a;b", "a|b", "<x>", "^x", "~nobody-of-this-name/x", "./~/x", "emoji😀", "x\\y", "null/x", "range(3)", "a\tb"),
    *("D:\\Jörg\\x", "D:/x", "\\\\server\\share", "D:\\a\\(1)", "D:\\x\\", "+3", "a,b(1)", "\\"),
]


def value(text):
    [override] = OverridesParser.create().parse_overrides([f"data.root={text}"])
    assert not override.is_sweep_override()
    return override.value()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_typed_is_the_path(name):
    read = read_path(name)
    assert value(read) == name
    assert read_path(read) == read  # a command line that is read twice is the same


def test_what_hydra_reads_right_stays_as_it_is():
    for text in (
        "data/x",
        "runs/train/2026-01-01/10-00-00/checkpoints/best.ckpt",
        "'a b'",
        '"it\'s"',
        "null",
        "${x}/y",
    ):
        assert read_path(text) == text


def test_escapes_of_hydra_s_are_read_but_in_paths_of_windows():
    assert value(read_path(r"a\=b\ c")) == "a=b c"
    assert value(read_path(r"ä\=b")) == "ä=b"
    assert value(read_path("D:\\(1)")) == "D:\\(1)"


def test_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert value(read_path("~/a=b")) == f"{tmp_path}/a=b"
    assert value(read_path("~")) == str(tmp_path)


def test_lists_where_a_key_takes_them():
    assert value(read_path("[x/epoch=3.ckpt, 2024,'a,b']", several=True)) == ["x/epoch=3.ckpt", "2024", "a,b"]
    assert value(read_path("[]", several=True)) == []
    assert value(read_path("[a]")) == "[a]"
    assert value(read_path("a,b", several=True)) == "a,b"


def test_commas_part_the_values_of_a_sweep():
    def values(text, several=False):
        [override] = OverridesParser.create().parse_overrides([f"data.root={read_path(text, several, sweep=True)}"])
        return list(override.sweep_string_iterator()) if override.is_sweep_override() else override.value()

    assert values("a,b=1, ä") == ["a", "'b=1'", "'ä'"]
    assert values("'a,b',c") == ["'a,b'", "c"]
    assert values("it's,2024") == ['"it\'s"', "'2024'"]
    assert values("[a,b],[c]", several=True) == ["[a,b]", "[c]"]
    assert values("choice(a,b)") == ["a", "b"]
    assert values("foo(1)") == "foo(1)"


@pytest.mark.parametrize(
    "text, several, sweep", [("", False, False), ("''", False, False), ("a,", False, True), ("[a,]", True, False)]
)
def test_an_empty_path_is_none(text, several, sweep):
    with pytest.raises(ValueError, match="empty"):
        read_path(text, several, sweep)
