"""What decides every byte of a copy, so that a folder holds one answer only."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from portrait_matting.disk.settings_file import changed_setting, settings_text
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
        return settings_text(self)


def check_settings(existing: str, wanted: Settings, path: Path) -> None:
    """Compares the content of `path`, a `settings.json`, with what is wanted now.

    Raises:
        InputError: they differ, or the file is of something else.
    """
    try:
        change = changed_setting(existing, wanted)
    except ValueError:
        raise InputError(f"{path} is not of a prepared copy: give another OUTPUT, or delete {path.parent}") from None
    if change:
        name, before, now = change
        raise InputError(
            f"{path.parent} was prepared with --{name} {before[name]}, this is --{name} {now[name]}: the settings of a "
            "copy cannot change. Give another OUTPUT, or delete that one"
        )
