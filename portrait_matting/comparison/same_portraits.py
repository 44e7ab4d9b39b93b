"""Whether arms were tested on the same portraits: drawn ones are called by numbers, whatever they look like."""

from collections.abc import Sequence
from typing import Any

from portrait_matting.comparison.result import Arm
from portrait_matting.config.difference import differing
from portrait_matting.errors import InputError

DRAWN = ("data._target_", "data.draw_seed", "data.height", "data.width")
"""What a drawn portrait of a given number depends on, besides backgrounds and pieces of people."""
_PIECES = "data.pieces"


def check_same_test(arms: Sequence[Arm]) -> None:
    """Refuses arms of which one at least was tested on drawn portraits, and the others on different ones.

    Raises:
        InputError: names the key in which they differ.
    """
    recipes = [arm.runs[0].config for arm in arms]
    if not any("draw_seed" in recipe.get("data", {}) for recipe in recipes):
        return
    for key, values in differing(recipes).items():
        if key in DRAWN or _others(key, values):
            raise InputError(
                f"{arms[0].name} and others were not tested on the same portraits ({key} is "
                f"{', '.join(map(str, dict.fromkeys(values)))}): compare runs on the same data"
            )


def _others(key: str, values: Sequence[Any]) -> bool:
    """Whether people have other pieces, or stand before a folder's pictures in one recipe and drawn ones in another.

    A folder may lie elsewhere on another machine, and of what is not named a person has all.
    """
    if key == "data.backgrounds":
        return None in values
    return key.startswith(f"{_PIECES}.") and False in values
