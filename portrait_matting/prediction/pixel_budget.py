"""Memory for the photos under way, counted in pixels."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image


class PixelBudget:
    """A fair queue with a budget in pixels: first come, first served, so that small photos never starve a large one.

    Args:
        limit: pixels at once; a photo that is larger is let in alone.
    """

    def __init__(self, limit: int) -> None:
        self.limit, self._taken = limit, 0
        self._turn, self._changed = threading.Lock(), threading.Condition()

    @contextmanager
    def take(self, pixels: int) -> Iterator[None]:
        """Waits until so many pixels are free, and holds them."""
        with self._turn, self._changed:
            self._changed.wait_for(lambda: not self._taken or self._taken + pixels <= self.limit)
            self._taken += pixels
        try:
            yield
        finally:
            with self._changed:
                self._taken -= pixels
                self._changed.notify_all()


def pixels(path: Path) -> int:
    """The pixels that a photo's header announces, 0 where it cannot be read: whoever decodes the photo will say why."""
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # catch_warnings is not safe in threads
    try:
        with Image.open(path) as picture:
            return picture.width * picture.height
    except Exception:  # what Pillow raises on damaged bytes is no closed list
        return 0
