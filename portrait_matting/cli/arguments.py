"""What the flags of plain commands have in common: one line for a wrong one, numbers within limits, paths, cores."""

import argparse
import difflib
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from portrait_matting.disk.home import expand, expand_text


class Parser(argparse.ArgumentParser):
    """A command line that says what is wrong in one line, with the nearest right flag, and ends with code 2."""

    _given: Sequence[str] = ()

    def parse_known_args(self, args=None, namespace=None):
        self._given = sys.argv[1:] if args is None else args
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        unknown = re.fullmatch(r"unrecognized arguments: (--?[\w-]+).*", message, re.DOTALL)
        if unknown:
            flags = [flag for action in self._actions for flag in action.option_strings]
            message = f"{unknown[1]} is no flag: {nearest(unknown[1], flags) or '--help lists them'}"
        elif missing := re.fullmatch(r"the following arguments are required: (.+)", message):
            greedy = [flag for action in self._actions if action.nargs == "+" for flag in action.option_strings]
            taken = [flag for flag in greedy if flag in self._given] if "-" not in missing[1] else []
            cure = f"give it before {taken[0]}, which takes all that follows" if taken else "--help says more"
            message = f"{missing[1]} is missing: {cure}"
        self.exit(2, f"error: {' '.join(message.removeprefix('argument ').split())}\n")


def nearest(wrong: str, right: list[str]) -> str | None:
    """The question whether the nearest of some names is meant; None where none is near."""
    close = difflib.get_close_matches(wrong, right, n=1)
    return f"did you mean {close[0]}?" if close else None


def path(text: str) -> Path:
    """A type for argparse: a path, with `~` as the home that a shell does not put there in --flag=~/x."""
    return expand(named(text))


def named(text: str) -> str:
    """A type for argparse: a path or glob as text, with `~` as home. An empty one is a variable that is not set."""
    if not text:
        raise argparse.ArgumentTypeError("a path is empty: name one (. is the folder that you are in)")
    return expand_text(text)


def number(least: int, most: int = sys.maxsize) -> Callable[[str], int]:
    """A type for argparse: whole numbers from `least` to `most`."""

    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number: give one, {least} or more") from None
        if least <= value <= most:
            return value
        raise argparse.ArgumentTypeError(f"{text} is below {least}" if value < least else f"{text} is above {most}")

    return number


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
