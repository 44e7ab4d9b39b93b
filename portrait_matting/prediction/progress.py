"""What a person at the terminal sees of a call under way, on stderr."""

import sys
from pathlib import Path
from types import TracebackType

from tqdm import tqdm

from portrait_matting.prediction.names import shown


class Progress:
    """A bar for all photos, then one for each video; what could not be done is said above it at once.

    Where stderr is no terminal there is no bar: nobody watches.

    Args:
        photos: how many there are.
    """

    def __init__(self, photos: int) -> None:
        self._bar, self._of = _bar(photos, "photo") if photos else None, None

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.close()

    def failed(self, reason: str) -> None:
        """Something could not be done."""
        self.say(reason)

    def say(self, line: str) -> None:
        """A line above the bar."""
        tqdm.write(line, file=sys.stderr)

    def photo(self, reason: str | None) -> None:
        """One more photo is done, or could not be."""
        if reason is not None:
            self.failed(reason)
        self._bar.update()

    def frame(self, video: Path, done: int, total: int | None) -> None:
        """So many of a video's frames are done."""
        if video != self._of:
            self.__exit__(None, None, None)
            self._bar, self._of = _bar(total, "frame", shown(video.name)), video
        self._bar.total = total
        self._bar.update(done - self._bar.n)


def _bar(total: int | None, unit: str, name: str | None = None) -> tqdm:
    return tqdm(desc=name, total=total, unit=unit, smoothing=0.05, dynamic_ncols=True, mininterval=0.2, disable=None)
