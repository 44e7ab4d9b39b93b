"""What is asked of portraits that are drawn or composed, checked before any of them is."""

from collections.abc import Mapping

from portrait_matting.errors import InputError
from portrait_matting.synthetic.scene import MIN_SIZE

_MOST = 8192  # pixels a side, as `draw --size` takes them: beyond, it is a slip, and JPEG ends at 65,500


def check_drawn(
    height: int, width: int, draw_seed: int, lengths: Mapping[str, int] | None = None, least: int = MIN_SIZE
) -> None:
    """Refuses a size, a seed or a number of portraits of a split that cannot be drawn.

    Args:
        height, width: of a portrait in pixels, `least` or more, 8,192 at most.
        draw_seed: 0 or more.
        lengths: of splits, 1 or more.
        least: pixels.

    Raises:
        InputError: names the key.
    """
    for split, length in (lengths or {}).items():
        if length < 1:
            raise InputError(f"data.{split}={length}: draw at least one portrait")
    for name, value, smallest in (("height", height, least), ("width", width, least), ("draw_seed", draw_seed, 0)):
        if value < smallest:
            raise InputError(f"data.{name}={value} is too small: choose at least {smallest}")
        if name != "draw_seed" and value > _MOST:
            raise InputError(f"data.{name}={value} is too large: choose at most {_MOST}")
