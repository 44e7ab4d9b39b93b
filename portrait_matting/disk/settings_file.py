"""The settings that a folder is filled by, kept in it as JSON, beside those that are asked for now."""

import json
from dataclasses import asdict, fields
from typing import Any


def settings_text(settings: Any) -> str:
    """The content of the file: a dataclass of what JSON has, where a tuple becomes a list."""
    return json.dumps(asdict(settings), indent=2) + "\n"


def changed_setting(existing: str, wanted: Any) -> tuple[str, dict[str, Any], dict[str, Any]] | None:
    """The first field in which the content of a file differs from a dataclass, and all fields of both as JSON has them.

    Raises:
        ValueError: the file is no JSON of these fields.
    """
    try:
        before = dict(json.loads(existing))
    except (ValueError, TypeError):
        before = {}
    names = [field.name for field in fields(wanted)]
    if before.keys() != set(names):
        raise ValueError(f"no JSON of {', '.join(names)}")
    now = json.loads(settings_text(wanted))
    return next(((name, before, now) for name in now if before[name] != now[name]), None)
