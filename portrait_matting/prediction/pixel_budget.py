"""Memory for the photos under way, counted in pixels."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image


class PixelBudget:
    """Given in turn: small photos do not overtake a large one for ever.

    Args:
        most: pixels at once; a photo that is larger is let in alone.
    """

    def __init__(self, most: int) -> None:
        self.most, self._taken = most, 0
        self._turn, self._changed = threading.Lock(), threading.Condition()

    @contextmanager
    def take(self, pixels: int) -> Iterator[None]:
        """Waits for so much room, and holds it."""
        with self._turn, self._changed:
            self._changed.wait_for(lambda: not self._taken or self._taken + pixels <= self.most)
            self._taken += pixels
        try:
            yield
        finally:
            with self._changed:
                self._taken -= pixels
                self._changed.notify_all()


def pixels(path: Path) -> int:
    """What a photo's header says, 0 where it says nothing: whoever reads the photo will say why."""
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # catch_warnings is not safe in threads
    try:
        with Image.open(path) as picture:
            return picture.width * picture.height
    except Exception:  # what Pillow raises on damaged bytes is no closed list
        return 0
