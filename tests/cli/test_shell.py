"""What is printed to go on with comes back from the shell, and from Hydra's parser, as the very path."""

import os
import subprocess
import sys

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from portrait_matting.cli.shell import argument, hydra_quoted, path_override, word

posix = pytest.mark.skipif(os.name == "nt", reason="of a POSIX shell")
NAMES = [
    *("runs/a", "my runs/x", "it's", 'say "x"', 'it\'s "both"', "a=b", "foo(1)", "人像", "Ordner ä", "$HOME", "`x`"),
    *("#1", "~/x", "~", "a,b", "[x]", "{a,b}", "*", "?", "a;b", "a&b", "a|b", "x\\", "x\\'", "\\", "-x", " x ", "a!b"),
    *("true", "null", "a\nb", "%x%", "D:\\x\\", "$'x'", "inf", "007", "<x>", "a:b", "@x", "=x", "\\\\'", "2024", "1e3"),
]


def through_a_shell(words):
    show = "import sys; sys.stdout.buffer.write(b'\\0'.join(map(__import__('os').fsencode, sys.argv[1:])))"
    environment = {**os.environ, "PY": sys.executable, "SHOW": show}
    done = subprocess.run(["sh", "-c", f'"$PY" -c "$SHOW" {words}'], env=environment, capture_output=True, check=True)
    return os.fsdecode(done.stdout).split("\0")


@posix
def test_words_come_back_from_a_shell():
    assert through_a_shell(" ".join(map(word, NAMES))) == NAMES


@posix
def test_overrides_come_back_from_a_shell_and_from_hydra():
    texts = through_a_shell(" ".join(path_override("hydra.run.dir", name) for name in NAMES))
    assert [override.value() for override in OverridesParser.create().parse_overrides(texts)] == NAMES


@posix
def test_arguments_come_back_as_paths_that_are_neither_flags_nor_homes():
    assert through_a_shell(f"{argument('-x y')} {argument('~')} {argument('a b')}") == ["./-x y", "./~", "a b"]


def test_windows_gets_double_quotes(monkeypatch):
    monkeypatch.setattr("portrait_matting.cli.shell.os.name", "nt")
    assert word("data.root='my data'") == "\"data.root='my data'\""


@pytest.mark.parametrize("name", NAMES)
def test_quotes_of_hydra(name):
    [override] = OverridesParser.create().parse_overrides([f"a={hydra_quoted(name)}"])
    assert override.value() == name
