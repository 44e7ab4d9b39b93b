"""benchmarks/people_worth: what its arms are drawn by, and what is said of a command that fails."""

import re
import sys
from pathlib import Path

import pytest

from portrait_matting.errors import InputError

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
if not BENCHMARKS.is_dir():
    pytest.skip("benchmarks/ is not part of this distribution", allow_module_level=True)
sys.path.append(str(BENCHMARKS))

import people_worth  # noqa: E402


@pytest.fixture
def asked(monkeypatch):
    """A draw that writes files whose size is their style's; what was asked of it."""
    calls = []

    def run(*words):
        words = [str(word) for word in words]
        calls.append(words)
        for kind in ("images", "alphas"):
            (Path(words[2]) / kind).mkdir(parents=True, exist_ok=True)
            for number in range(4):
                (Path(words[2]) / kind / f"{number}").write_text(f"whole {words[4]}")

    monkeypatch.setattr(people_worth, "run", run)
    return calls


@pytest.mark.parametrize("arm", ["drawn", "people", "half", "people without hair,flyaways"])
def test_all_arms_stand_before_the_same_pictures(asked, tmp_path, arm):
    people_worth.portraits(tmp_path, arm, 4, 64, "photos")
    assert {words[words.index("--backgrounds") + 1] for words in asked} == {"photos"}


def test_a_copy_that_was_cut_short_is_made_again(asked, tmp_path):
    folder = people_worth.portraits(tmp_path, "half", 4, 64, None)
    names = sorted(path.name for path in (folder / "images").iterdir())
    assert names == ["drawn_0", "drawn_1", "people_0", "people_1"]
    (folder / "images" / "drawn_0").write_text("wh")
    people_worth.portraits(tmp_path, "half", 4, 64, None)
    assert (folder / "images" / "drawn_0").read_text() == "whole drawn"


@pytest.mark.parametrize(
    "program, says",
    [("import os; os._exit(9)", "ended with code 9"), ("import sys; sys.exit('a\\nlast line')", "last line")],
)
def test_a_command_that_fails_is_one_line(program, says):
    with pytest.raises(InputError, match=re.escape(f"{program} failed: ") + rf".*{says}$"):
        people_worth.run("-c", program)
