import json
from dataclasses import asdict
from pathlib import Path

import pytest

from portrait_matting.errors import InputError
from portrait_matting.preparation.settings import Settings, check_settings

FILE = Path("copy/settings.json")


def test_the_same_settings_agree():
    check_settings(Settings(size=320).text(), Settings(size=320), FILE)


@pytest.mark.parametrize(
    ("name", "before", "now"),
    [("size", 384, 512), ("targets", "hard", "soft"), ("quality", 90, 95), ("band", 0.0, 0.02)],
)
def test_other_settings_are_refused_by_both_values_and_a_cure(name, before, now):
    with pytest.raises(InputError) as refused:
        check_settings(Settings(**{name: before}).text(), Settings(**{name: now}), FILE)
    for part in (f"--{name} {before}", f"--{name} {now}", "another OUTPUT", "delete"):
        assert part in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "[1]", "3", '{"size": 512}', json.dumps(asdict(Settings()) | {"more": 1})])
def test_a_file_of_something_else_is_refused(text):
    with pytest.raises(InputError, match="not of a prepared copy"):
        check_settings(text, Settings(), FILE)
