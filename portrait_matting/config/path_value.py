"""Paths as Hydra's values: what a person typed for one, written so that Hydra reads it as that.

Hydra's grammar takes neither =, quotes, brackets nor letters beyond ASCII bare, and makes numbers of 2024 and 1e3.
Where a key holds a path, what was typed is the path, but for what a person can only mean as Hydra's: a value in quotes,
null, ${…}, a list where the key takes lists, and in a sweep what commas part and choice(…), glob(…) and their like.
"""

import os
import re
from collections.abc import Iterator

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException

from portrait_matting.cli.shell import hydra_quoted
from portrait_matting.disk.home import expand_text

_QUOTED = re.compile(r"""\s*('([^'\\]|\\.)*'|"([^"\\]|\\.)*")\s*""", re.DOTALL)
_OF_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_ESCAPED = re.compile(r"\\([\\()\[\]{}:=, \t])")  # Hydra's escapes: its grammar's ESC
_SWEEPS = re.compile(r"\s*(choice|range|interval|glob|shuffle|sort|tag)\s*\(.*\)\s*", re.DOTALL)
_INTERPOLATED = re.compile(r"(?<!\\)\$\{")


def read_path(text: str, several: bool = False, sweep: bool = False) -> str:
    """The value of a path key as it was typed, written so that Hydra takes it for that very path.

    >>> read_path("data/a=b"), read_path("1e3"), read_path("data/x"), read_path("null")
    ("'data/a=b'", "'1e3'", 'data/x', 'null')
    >>> read_path("[a=1.ckpt,b]", several=True), read_path("a,b"), read_path("a,b", sweep=True)
    ("['a=1.ckpt',b]", "'a,b'", 'a,b')

    Args:
        text: what follows the first =, as the shell left it.
        several: whether the key takes a list.
        sweep: whether the command is one of many runs.

    Raises:
        ValueError: the path is empty, or one of a list or of a sweep is.
    """
    if _QUOTED.fullmatch(text) and _parsed(text) is not None:
        if _parsed(text) == "":
            raise ValueError("a path is empty")
        return text
    if text.strip().lower() == "null":
        return text
    if sweep and _SWEEPS.fullmatch(text) and _parsed(text) is not None:
        return text
    if sweep and len(parts := list(_split(text, brackets=several))) > 1:
        return ",".join(read_path(part.strip(), several) for part in parts)
    inside = text.strip()
    if several and inside[:1] == "[" and inside[-1:] == "]":
        items = [item.strip() for item in _split(inside[1:-1])] if inside[1:-1].strip() else []
        return f"[{','.join(map(read_path, items))}]"
    if _INTERPOLATED.search(text):
        return text if _parsed(text) is not None else hydra_quoted(text)
    if not text.strip():
        raise ValueError("a path is empty")
    literal = os.name == "nt" or _OF_WINDOWS.match(text)
    return _written(expand_text(text if literal else _ESCAPED.sub(r"\1", text)))


def parsed(override: str) -> Override | None:
    """An override as Hydra reads it; None where it cannot."""
    try:
        return OverridesParser.create().parse_overrides([override])[0]
    except HydraException:
        return None


def _written(text: str) -> str:
    return text if _parsed(text) == text else hydra_quoted(text)


def _parsed(text: str) -> object:
    """What Hydra makes of a value; None where it cannot read it."""
    override = parsed(f"path={text}")
    return None if override is None else override if override.is_sweep_override() else override.value()


def _split(text: str, brackets: bool = False) -> Iterator[str]:
    """The pieces between commas that stand in no quotes, and in no brackets where those are lists."""
    piece, depth, inside = "", 0, ""
    for place, letter in enumerate(text):
        if inside:
            inside = "" if letter == inside and text[place - 1] != "\\" else inside
        elif letter in "'\"" and not piece.strip():  # else an apostrophe
            inside = letter
        elif brackets and letter in "[]":
            depth += 1 if letter == "[" else -1
        elif letter == "," and depth <= 0 and text[place - 1] != "\\":
            yield piece
            piece = ""
            continue
        piece += letter
    yield piece
