"""The way to portraits of bodies in three dimensions, whose needs are the extra `people`: not everybody has them."""

import re
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from portrait_matting.cli.arguments import nearest
from portrait_matting.errors import InputError

NEEDS = ("anny", "numba")


def load_people() -> ModuleType:
    """The room `portrait_matting.people`, with what its `__all__` lists, and the bodies read.

    Raises:
        InputError: something that it needs is not installed, or nothing can be kept on disk.
    """
    for name in NEEDS:
        if find_spec(name) is None:
            raise InputError(
                f"people in three dimensions need {name}, which is not installed: make people, or pip install "
                '"portrait-matting[people]"'
            )
    try:
        people = import_module("portrait_matting.people")
    except RuntimeError as error:
        if "no locator available" not in str(error):  # numba's words where it can keep what it compiles nowhere
            raise
        raise InputError(
            "what numba compiles of people in three dimensions can be kept nowhere: neither beside the installed "
            "package nor in the home can be written. Name a folder in NUMBA_CACHE_DIR"
        ) from error
    _prepare(people)
    return people


@cache
def _prepare(people: ModuleType) -> None:
    """Reads the bodies where they are not there yet, in this process and not in each of its workers."""
    people.prepare()


def choose_pieces(off: Iterable[str], say: str) -> frozenset[str]:
    """All pieces of a person but some.

    Args:
        off: those that are switched off.
        say: how a message calls one, with {} in the place of its name, such as "data.pieces.{}".

    Raises:
        InputError: there is no such piece, or the extra is not installed.
    """
    pieces, off = frozenset(load_people().PIECES), frozenset(off)
    for name in sorted(off):
        if name not in pieces:
            near = nearest(name, sorted(pieces))
            there = f"there are {', '.join(sorted(pieces))}"
            cure = f"{near} T{there[1:]}" if near else there
            if name and set(parts := re.split(r"[\s,;]+", name.strip(",; "))) <= pieces:
                cure = f"give them apart, {' '.join(parts)}"
            raise InputError(f"{say.format(name or repr(name))} is no piece of a person: {cure}")
    return pieces - off
