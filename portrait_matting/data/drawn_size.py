"""What is asked of portraits that are drawn or composed, checked before any of them is."""

from collections.abc import Mapping

from portrait_matting.errors import InputError
from portrait_matting.synthetic.scene import MIN_SIZE


def check_drawn(height: int, width: int, draw_seed: int, lengths: Mapping[str, int] | None = None) -> None:
    """Refuses a size, a seed or a number of portraits of a split that cannot be drawn.

    Raises:
        InputError: names the key.
    """
    for split, length in (lengths or {}).items():
        if length < 1:
            raise InputError(f"data.{split}={length}: draw at least one portrait")
    for name, value, least in (("height", height, MIN_SIZE), ("width", width, MIN_SIZE), ("draw_seed", draw_seed, 0)):
        if value < least:
            raise InputError(f"data.{name}={value} is too small: choose at least {least}")
