from dataclasses import dataclass, replace

import pytest

from portrait_matting.disk.settings_file import changed_setting, settings_text


@dataclass(frozen=True)
class Frame:
    size: float = 0.1
    colours: tuple[str, ...] = ("red", "blue")


def test_what_was_written_is_as_it_was():
    assert settings_text(Frame()).endswith("}\n")
    assert changed_setting(settings_text(Frame()), Frame()) is None


def test_the_first_change_is_told_with_all_of_both():
    name, before, now = changed_setting(settings_text(Frame()), replace(Frame(), size=2.0, colours=()))
    assert (name, before["size"], now["size"]) == ("size", 0.1, 2.0)
    assert (before["colours"], now["colours"]) == (["red", "blue"], [])


@pytest.mark.parametrize("text", ["", "{", "3", "null", "[1]", '"ab"', "{}", '{"size": 1}', '{"size": 1, "c": 2}'])
def test_a_file_of_something_else_is_no_setting(text):
    with pytest.raises(ValueError, match="no JSON of size, colours"):
        changed_setting(text, Frame())
