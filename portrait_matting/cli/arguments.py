"""What the flags of plain commands have in common: numbers within limits, and how many cores there are."""

import argparse
import os
import sys
from collections.abc import Callable


def number(least: int, most: int = sys.maxsize) -> Callable[[str], int]:
    """A type for argparse: whole numbers from `least` to `most`."""

    def number(text: str) -> int:
        if least <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(f"{text} is below {least}" if int(text) < least else f"{text} is above {most}")

    return number


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
