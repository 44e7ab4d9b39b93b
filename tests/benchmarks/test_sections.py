"""benchmarks/README.md: every table stands in the section of the command that measures it, which writes no other's."""

import re
import sys
from pathlib import Path

import pytest

from portrait_matting.errors import InputError

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
if not BENCHMARKS.is_dir():
    pytest.skip("benchmarks/ is not part of this distribution", allow_module_level=True)
sys.path.append(str(BENCHMARKS))

import sections  # noqa: E402
from sections import SECTIONS  # noqa: E402

README = (BENCHMARKS / "README.md").read_text()
SHORT = (
    "# Benchmarks\n\n<!-- loading -->\nof old\n<!-- end -->\n\nBetween.\n\n<!-- preparing -->\nof old\n<!-- end -->\n"
)
TABLE = f"A machine.\n\n{sections.LOADING}\n|---|---|---:|---:|\n| originals | none | 8.1 | 1 |"


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_holds_its_own_commands_tables_or_says_that_it_was_not_measured(name):
    section, text = SECTIONS[name], sections.content(README, name)
    tables = list(sections.heads(text))
    if not tables:
        assert text == section.not_measured
    assert [head for head in tables if not section.has(head)] == []


def test_who_writes_owns_a_section_and_says_who_it_is():
    writes = re.compile(r"^ +write\((.*)\)$", re.MULTILINE)
    asked = {path.name: writes.findall(path.read_text()) for path in BENCHMARKS.glob("*.py")}
    asked = {name: calls for name, calls in asked.items() if calls}
    assert set(asked) == {section.owner for section in SECTIONS.values()}
    for name, calls in asked.items():
        assert [call.rpartition(", ")[2] for call in calls] == ["__file__"], name


def test_the_readme_has_the_sections_and_no_others():
    assert re.findall("^<!-- (?!end)(.*) -->$", README, re.MULTILINE) == list(SECTIONS)


def test_no_two_sections_hold_the_same_text():
    texts = [sections.content(README, name) for name in SECTIONS]
    assert len(set(texts)) == len(texts)


def test_a_table_outside_the_marks_is_said_to_be_a_copy():
    outside = re.sub(r"(?s)<!-- (?!end).*?<!-- end -->", "", README)
    for chapter in re.split(r"^(?=#+ )", outside, flags=re.MULTILINE):
        if list(sections.heads(chapter)):
            assert "copied" in chapter.partition("\n")[0], chapter[:100]


@pytest.fixture
def readme(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(SHORT)
    return path


def test_a_command_writes_its_own_section_and_nothing_else(readme):
    sections.write(TABLE, "loading", "anywhere/loading.py", readme)
    assert readme.read_text() == SHORT.replace("of old", TABLE, 1)


@pytest.mark.parametrize(
    "text, name, command, words",
    [
        (TABLE, "loading", "dashboards.py", "dashboards.py may not write the section 'loading'.*loading.py"),
        (TABLE, "preparing", "preparing.py", "no table '| read from"),
        ("| | processor seconds |\n|---|---:|\n| csv | 92.6 |", "loading", "loading.py", "no table '| | processor"),
        (TABLE, "reading", "loading.py", "'reading' is no section"),
    ],
)
def test_what_is_not_its_own_is_refused(readme, text, name, command, words):
    with pytest.raises(InputError, match=words.replace("|", r"\|")):
        sections.write(text, name, command, readme)
    assert readme.read_text() == SHORT


@pytest.mark.parametrize(
    "broken",
    [
        SHORT.replace("<!-- loading -->", "<!-- metrics -->"),  # not there
        SHORT + SHORT,  # there twice
        SHORT.replace("of old\n<!-- end -->", "of old", 1),  # would take the next section with it
    ],
)
def test_a_readme_without_the_sections_place_is_left_alone(readme, broken):
    readme.write_text(broken)
    with pytest.raises(InputError, match="one <!-- loading -->"):
        sections.write(TABLE, "loading", "loading.py", readme)
    assert readme.read_text() == broken


def test_columns_that_the_options_choose_are_known_by_the_rest():
    foreground = SECTIONS["foreground"]
    drawn = "| colours | drawn | drawn, before drawn backgrounds | drawn, edges four times as wide |"
    assert foreground.has(f"{drawn} ms |")
    assert foreground.has(f"{drawn} real, carried outwards | real, by multi-level | ms |")
    assert not foreground.has("| colours | ms |")
