"""The folder of a sweep's job: called by what differs from the other jobs and nothing else, held by one process.

A name is short, the same at every launch, one level deep, and of letters, digits and "-+._" alone, so that neither a
shell nor Hydra asks for quotes about checkpoint=runs/sweep/NAME/JOB/checkpoints/best.ckpt. Windows takes it too.
"""

import hashlib
import re
from collections.abc import Collection, Sequence
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override

from portrait_matting.disk.lock import Held, Lock
from portrait_matting.errors import InputError
from portrait_matting.reporting.short_names import tails

_LONGEST_VALUE = 40
_LONGEST_NAME = 160  # file systems take 255 bytes
_SEED = "seed"
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)  # devices of Windows, with any ending


def job_folder(overrides: Sequence[str], constant: Collection[str] = ()) -> str:
    """The name of a job's folder, given its overrides and the keys that are the same in all jobs.

    The seed comes last, so that a listing has the jobs of an arm together. What a name cannot hold, such as a path or a
    list of names, is shortened, and six digits of its hash keep it apart from others.

    >>> job_folder(["seed=1", "loss.criterion.edge_weight=5", "trainer.max_epochs=9"], ["trainer.max_epochs"])
    'edge_weight-5+seed-1'
    """
    values = named(overrides, constant)
    order = sorted(values, key=lambda key: (key == _SEED, key))
    name = "+".join(f"{_plain(key)}-{_plain(values[key])}" for key in order) or "job"
    if _RESERVED.match(name):
        name = f"_{name}"
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}-{_digest(name)}"


def named(overrides: Sequence[str], constant: Collection[str] = ()) -> dict[str, str]:
    """What differs: each key by the shortest end that distinguishes it from the others, with its value as text.

    >>> named(["learning_rate.max_lr=0.01", "learning_rate.finder.max_lr=1e-1", "loss.weights=[1,0.5]"])
    {'learning_rate.max_lr': '0.01', 'finder.max_lr': '0.1', 'weights': '1_0.5'}
    """
    values = {each.key_or_group: _text(each) for each in parse(overrides) if each.key_or_group not in constant}
    dotted = [key.replace("/", ".") for key in values]  # groups have slashes
    names = zip(values, dotted, tails(dotted, "."), strict=True)
    return {key if name == whole else name: values[key] for key, whole, name in names}


def parse(overrides: Sequence[str]) -> list[Override]:
    """Overrides as Hydra reads them."""
    return OverridesParser.create().parse_overrides(list(overrides))


def hold(folder: Path) -> Lock:
    """Takes a job's folder for this process, until the lock that is returned is closed or the process ends.

    Two launches of one sweep at once, or what is left running of a launcher that was killed, would write the same
    checkpoints. Where the file system knows no locks, nothing is held.

    Raises:
        InputError: another process has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = Lock(folder / ".lock")
    try:
        lock.take()
    except Held as other:
        raise InputError(
            f"{folder} is being trained in by another process ({other}): wait for it, or stop it"
        ) from None
    return lock


def _text(override: Override) -> str:
    value = override.value()
    if isinstance(value, list) and value and all(type(item) in (int, float) for item in value):
        return "_".join(map(str, value))
    if isinstance(value, dict) and value:
        return "_".join(f"{key}_{item}" for key, item in value.items())
    if value is None:
        return "deleted" if override.is_delete() else "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain(text: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", text)
    if plain == text and len(text) <= _LONGEST_VALUE and not text.endswith("."):  # which Windows would cut off
        return text
    return f"{plain[-_LONGEST_VALUE:].lstrip('._-')}-{_digest(text)}"  # of a path, the end tells most


def _digest(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:6]
