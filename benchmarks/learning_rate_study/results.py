"""What a study leaves in its folder: one file for each part of each setting, PART-SETTING.npz.

By the label of a part's trainings: `rates/LABEL` float64 (steps of a sweep,), `losses/LABEL` float32 (seeds, sweeps,
steps of a sweep), raw, and `scores/LABEL` float32 (seeds, portraits, 2), MAD and IoU, where the trainings were scored.
And `answer`, the rate that the finder's rule named, where the part needs it, and what was given: `size`, `steps`,
`step_seconds`, `device`.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from setting import Setting

from portrait_matting.disk.atomic_write import atomic_write
from portrait_matting.errors import InputError


class Result(NamedTuple):
    """One file. Arrays by label, in the order in which they were measured."""

    part: str
    setting: Setting
    rates: dict[str, np.ndarray]
    losses: dict[str, np.ndarray]
    scores: dict[str, np.ndarray]
    facts: dict[str, Any]  # answer, size, steps, step_seconds, device


def path_of(folder: Path, part: str, setting: Setting) -> Path:
    return folder / f"{part}-{setting}.npz"


def write(folder: Path, result: Result) -> None:
    """Writes the file, whole or not at all."""
    arrays: dict[str, Any] = {name: value for name, value in result.facts.items() if value is not None}
    for kind in ("rates", "losses", "scores"):
        arrays |= {f"{kind}/{label}": array for label, array in getattr(result, kind).items()}
    with atomic_write(path_of(folder, result.part, result.setting)) as unfinished:
        np.savez_compressed(unfinished, **arrays)


def read(path: Path) -> Result:
    """Reads a file.

    Raises:
        InputError: it is none of a study's.
    """
    try:
        part, _, setting = path.stem.partition("-")
        found = Result(part, Setting.parse(setting), {}, {}, {}, {})
        with np.load(path) as arrays:
            for name in arrays.files:
                kind, _, label = name.partition("/")
                if label:
                    getattr(found, kind)[label] = arrays[name]
                else:
                    found.facts[name] = arrays[name].item()
    except (OSError, ValueError, AttributeError, EOFError) as error:
        raise InputError(f"{path} is no result of measure.py: {error}") from error
    return found


def read_all(paths: Iterable[Path]) -> list[Result]:
    """All results of files and folders, in the order of their names.

    Raises:
        InputError: a path is not there, or there is no result.
    """
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            raise InputError(f"{path} is not there: give the folder that measure.py wrote to")
        files += sorted(path.glob("*-*-*-*-*.npz")) if path.is_dir() else [path]
    if not files:
        raise InputError("there is no result: give the folder that measure.py wrote to")
    return [read(path) for path in files]


def measured(folder: Path, part: str, setting: Setting, asked: Mapping[str, Any]) -> bool:
    """Whether a file is there already.

    Raises:
        InputError: it was measured with another size or number of steps than `asked`.
    """
    path = path_of(folder, part, setting)
    if not path.is_file():
        return False
    facts = read(path).facts
    for name, value in asked.items():
        if facts.get(name) != value:
            raise InputError(f"{path} was measured with --{name} {facts.get(name)}, not {value}: give another OUTPUT")
    return True
