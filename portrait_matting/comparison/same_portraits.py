"""Whether arms were tested on the same portraits: drawn ones are called by numbers, whatever they look like."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from portrait_matting.comparison.result import Arm
from portrait_matting.config.difference import differing
from portrait_matting.errors import InputError

DRAWN = ("data._target_", "data.draw_seed", "data.height", "data.width")
"""What a drawn portrait of a given number depends on, besides backgrounds and pieces of people."""
_PIECES = "data.pieces"
_OF_A_SOURCE = re.compile(r"data\.sources\.([^.]+)\.(.+)")


def check_same_test(arms: Sequence[Arm]) -> None:
    """Refuses arms of which one at least was tested on drawn portraits, and the others on different ones.

    Raises:
        InputError: names the key in which they differ.
    """
    recipes = [arm.runs[0].config for arm in arms]
    parts = [part for recipe in recipes for part in _parts(recipe).values()]
    if not any("draw_seed" in part for part in parts):
        return
    for key, values in differing(recipes).items():
        if source := _OF_A_SOURCE.fullmatch(key):  # only of those that have this source: the others share no portrait
            values = [value for value, of in zip(values, recipes, strict=True) if source[1] in _parts(of)]
            key_there = f"data.{source[2]}"
            differs = len({str(value) for value in values}) > 1 and (
                source[2] == "data" or key_there in DRAWN or _others(key_there, values)
            )
        else:
            differs = key in DRAWN or _others(key, values)
        if differs:
            raise InputError(
                f"{arms[0].name} and others were not tested on the same portraits ({key} is "
                f"{', '.join(map(str, dict.fromkeys(values)))}): compare runs on the same data"
            )


def _parts(recipe: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The data of a recipe, and of a mix that of each source by its name."""
    data = recipe.get("data") or {}
    return {"": data} | {name: source for name, source in (data.get("sources") or {}).items() if source}


def _others(key: str, values: Sequence[Any]) -> bool:
    """Whether people have other pieces, or stand before a folder's pictures in one recipe and drawn ones in another.

    A folder may lie elsewhere on another machine, and of what is not named a person has all.
    """
    if key == "data.backgrounds":
        return None in values
    return key.startswith(f"{_PIECES}.") and False in values
