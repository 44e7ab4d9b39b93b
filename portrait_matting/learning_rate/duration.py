"""Lengths of time, as Lightning's trainer takes them, in seconds."""

import math
import re
from collections.abc import Mapping
from datetime import timedelta

from portrait_matting.errors import InputError

_CURE = "write DD:HH:MM:SS, as 00:01:30:00 for an hour and a half, {hours: 1, minutes: 30}, or slurm in a Slurm job"


def seconds(max_time: object) -> float:
    """The seconds of `trainer.max_time`: "DD:HH:MM:SS", or a timedelta or its arguments by name.

    >>> seconds("00:01:30:00"), seconds({"hours": 1, "minutes": 30}), seconds("1:00:00:00")
    (5400.0, 5400.0, 86400.0)

    Raises:
        InputError: it is none of these, or no time at all.
    """
    length = max_time if isinstance(max_time, timedelta) else None
    if isinstance(max_time, str) and (parts := re.fullmatch(r"(\d+):(\d\d):(\d\d):(\d\d)", max_time.strip())):
        length = _of(dict(zip(("days", "hours", "minutes", "seconds"), map(int, parts.groups()), strict=True)))
    elif isinstance(max_time, Mapping):
        length = _of(max_time)
    if length is None:
        cure = _CURE
        if isinstance(max_time, str) and re.fullmatch(r"\d\d?:\d\d:\d\d", max_time.strip()):
            cure = f"with the days, it is 00:{max_time.strip().zfill(8)}"
        raise InputError(f"trainer.max_time={max_time} is no time: {cure}")
    if length <= timedelta(0):
        raise InputError(f"trainer.max_time={max_time} leaves no time: {_CURE}, or null for no limit")
    return length.total_seconds()


def _of(parts: Mapping[str, float]) -> timedelta | None:
    try:
        return timedelta(**parts)
    except (TypeError, ValueError, OverflowError):
        return None


def written(length: float) -> str:
    """A length of time in seconds as DD:HH:MM:SS, rounded up.

    >>> written(5400), written(0.2), written(200000)
    ('00:01:30:00', '00:00:00:01', '02:07:33:20')
    """
    minutes, second = divmod(math.ceil(max(length, 0.0)), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"{days:02}:{hour:02}:{minute:02}:{second:02}"
