"""What decides every byte of a folder of drawings, but for how many there are, so that it holds those of one kind."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from portrait_matting import __version__
from portrait_matting.disk.settings_file import changed_setting, settings_text
from portrait_matting.errors import InputError
from portrait_matting.synthetic.edition import EDITION

NAME = "recipe.json"
SPLIT = "train"
"""Of the random stream: `data=folder` splits the folder itself, so that its portraits are all of one stream."""


@dataclass(frozen=True)
class Recipe:
    """How portraits are drawn.

    Attributes:
        style: drawn is flat, people are bodies in three dimensions.
        height, width: of a portrait in pixels.
        seed: of the drawings.
        cut_outs: people alone, before nothing, in place of pictures and alphas.
        pieces: of the style people, what is switched on, sorted; None for the other style, which has none.
        backgrounds: a hash of the pictures that people are put before; None where these are drawn, too.
        bodies: of the style people, whose and in which form; None for the other style, which has none.
        drawings: the edition of flat drawings, which are also the places that people stand before.
        version: of this package, which draws otherwise in each.
    """

    style: Literal["people", "drawn"]
    height: int
    width: int
    seed: int = 0
    cut_outs: bool = False
    pieces: tuple[str, ...] | None = None
    backgrounds: str | None = None
    bodies: str | None = None
    drawings: int = EDITION
    version: str = __version__

    def text(self) -> str:
        """The content of the file `NAME`."""
        return settings_text(self)


def check_recipe(existing: str, wanted: Recipe, path: Path) -> None:
    """Compares the content of `path`, a recipe, with what is wanted now.

    Raises:
        InputError: they differ, or the file is of something else.
    """
    try:
        change = changed_setting(_with_edition(existing), wanted)
    except ValueError:
        raise InputError(
            f"{path} is no recipe of drawn portraits: give another OUTPUT, or delete {path.parent}"
        ) from None
    if change:
        name, before, now = change
        raise InputError(
            f"{path.parent} was drawn {_words(name, before, now)}, this is {_words(name, now, before)}: the recipe "
            "of a folder cannot change. Give another OUTPUT, or delete that one"
        )


def _with_edition(existing: str) -> str:
    """A recipe that does not name the edition of the drawings is of the first one."""
    try:
        found = json.loads(existing)
    except ValueError:
        return existing
    return json.dumps({"drawings": 1} | found) if isinstance(found, dict) else existing


def _words(name: str, own: dict[str, Any], other: dict[str, Any]) -> str:
    """What one recipe says of something that another says differently, as its flag or in words."""
    value = own[name]
    if name in ("height", "width"):
        return f"with --size {own['height']}" if own["height"] != other["height"] else f"{own['width']} pixels wide"
    if name == "cut_outs":
        return "with --cut-outs" if value else "without --cut-outs"
    if name == "pieces":
        on, elsewhere = set(value or ()), set(other[name] or ())
        off = " ".join(sorted(elsewhere - on))
        return f"with --without {off}" if off else f"with {' '.join(sorted(on - elsewhere))}"
    if name == "backgrounds":
        return "without --backgrounds" if value is None else f"before the --backgrounds {value}"
    if name == "drawings":
        return f"in edition {value} of the drawings"
    if name == "bodies":
        return f"with the bodies {value}" if value else "without bodies"
    return f"by version {value}" if name == "version" else f"with --{name} {value}"
