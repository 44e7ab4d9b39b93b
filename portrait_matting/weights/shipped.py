"""The networks that come with the package, by name: `portraits`, and every other file in this folder."""

import atexit
import os
from contextlib import ExitStack
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from portrait_matting.cli.arguments import nearest
from portrait_matting.disk.home import expand
from portrait_matting.errors import InputError

DEFAULT = "portraits"
"""What commands and `Matter()` take where nothing is named."""
SUFFIX = ".safetensors"
_AGAIN = "install portrait-matting again (pip install --force-reinstall --no-deps)"


def names() -> list[str]:
    """The names of the networks, the default first."""
    there = {entry.name for entry in files(__package__).iterdir()}
    found = {name.removesuffix(SUFFIX) for name in there if name.endswith(SUFFIX) and not name.startswith(".")}
    return sorted(found, key=lambda name: (name != DEFAULT, name))


def shipped(name: str = DEFAULT) -> Path:
    """The file of a network that comes with the package.

    Raises:
        InputError: there is none of that name.
    """
    if name not in names():
        folder = files(__package__)
        raise InputError(f"the network {name} is not in {folder}, where it comes with the package: {_AGAIN}")
    return _file(name)


def find(network: str | os.PathLike[str]) -> Path:
    """The file that a person means: that of a network of the package by its name, else a path, with `~` as home.

    A name is the bare word alone: `./portraits`, and every `Path`, is a path. A folder of that name stands in nobody's
    way, since no folder is a network. The path need not be there.

    Raises:
        InputError: a file has the name too, so that either may be meant.
    """
    if not isinstance(network, str) or network not in names():
        return expand(network)
    file = _file(network)
    if Path(network).is_file():
        raise InputError(
            f"{network} is a network that comes with the package, and a file here: give ./{network} for the file, or "
            f"{file} for the network"
        )
    return file


def meant(network: str | os.PathLike[str]) -> str:
    """What the path of a file that is not there may be told: which names there are; an empty text where it is none."""
    path = Path(network)
    if not isinstance(network, str) or len(path.parts) != 1 or (path.suffix and path.stem not in names()):
        return ""
    close = nearest(path.name, names())
    known = ", ".join(names()) or "none"
    return f", and no network of that name in the package ({known}): {close or 'check the name or the path'}"


def is_shipped(path: Path) -> bool:
    """Whether a file is one that came with the package."""
    return any(path == _file(name) for name in names())


def again(path: Path) -> str:
    """How to get a whole copy of a file that is damaged."""
    return _AGAIN if is_shipped(path) else "copy it again"


@cache
def _file(name: str) -> Path:
    resource = files(__package__) / f"{name}{SUFFIX}"
    if isinstance(resource, Path):
        return resource
    unpacked = ExitStack()  # of a package in a zip archive, until this process ends
    atexit.register(unpacked.close)
    return unpacked.enter_context(as_file(resource))
