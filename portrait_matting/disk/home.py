"""`~` and `~user` in a path, which no shell expands in KEY=~/x and --flag=~/x."""

import os
from pathlib import Path


def expand(path: str | os.PathLike[str]) -> Path:
    """A path with `~` or `~user` at its beginning as that home. It never fails: without such a user the name stays.

    What is left with `~` at its beginning, such as "./~", which `Path` makes "~" of, comes back absolute: to expand it
    again changes nothing.
    """
    expanded = Path(expand_text(os.fspath(path)))
    return Path.cwd() / expanded if str(expanded).startswith("~") else expanded


def expand_text(path: str) -> str:
    """As `expand`, and all else stays as it is: "./x", "x/" and "a//b" too."""
    return os.path.expanduser(path)
