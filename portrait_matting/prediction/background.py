"""The background that a person is put before, from what a user types for it."""

from pathlib import Path

from PIL import ImageColor

from portrait_matting.errors import InputError
from portrait_matting.prediction.cutout_file import Background
from portrait_matting.prediction.photo_file import read_photo


def parse_background(text: str) -> Background:
    """A colour by its name in HTML or as #rrggbb, the path of a picture, or "blur".

    Raises:
        InputError: it is none of these, or the picture cannot be read.
    """
    if text == "blur":
        return "blur"
    try:
        colour = ImageColor.getrgb(text)
    except ValueError:
        if not Path(text).exists():
            raise InputError(
                f"background {text} is neither a colour (white, #00ff00), nor a picture that exists, nor blur"
            ) from None
        return read_photo(Path(text)).image
    if len(colour) != 3:
        raise InputError(f"background {text} is transparent: give a colour without alpha, or no background")
    return colour
