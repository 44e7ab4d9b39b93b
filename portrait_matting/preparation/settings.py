"""What decides every byte of a copy, so that a folder holds one answer only."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

from portrait_matting.errors import InputError


@dataclass(frozen=True)
class Settings:
    """How portraits are prepared.

    Attributes:
        size: shorter side of the copy in pixels; smaller originals keep theirs.
        targets: hard writes the mask, soft an alpha as well.
        quality: of the JPEGs, 1 to 100.
        band: width of the softened edge as a share of the shorter side, as `soft_target.soft_alpha` takes it; 0 where
            the targets are hard.
    """

    size: int = 512
    targets: Literal["hard", "soft"] = "hard"
    quality: int = 90
    band: float = 0.0

    def text(self) -> str:
        """The content of `settings.json`."""
        return json.dumps(asdict(self), indent=2) + "\n"


def check_settings(existing: str, wanted: Settings, path: Path) -> None:
    """Compares the content of `path`, a `settings.json`, with what is wanted now.

    Raises:
        InputError: they differ, or the file is of something else.
    """
    try:
        before = dict(json.loads(existing))
    except (ValueError, TypeError):
        before = {}
    if before.keys() != {field.name for field in fields(Settings)}:
        raise InputError(f"{path} is not of a prepared copy: give another OUTPUT, or delete {path.parent}")
    for name, now in asdict(wanted).items():
        if before[name] != now:
            raise InputError(
                f"{path.parent} was prepared with --{name} {before[name]}, this is --{name} {now}: the settings of a "
                "copy cannot change. Give another OUTPUT, or delete that one"
            )
