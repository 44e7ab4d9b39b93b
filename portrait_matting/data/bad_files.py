"""Files that turned bad during a run: skipped and counted, up to a share, then the run stops."""

import logging
from collections.abc import Iterable

from portrait_matting.errors import InputError

log = logging.getLogger(__name__)
_NAMED = 20  # files that the last error repeats; all of them were warned of


class BadFiles:
    """The files of one split that could not be used so far in this run.

    Args:
        total: portraits in the split.
        share: of them that may be bad, in [0, 1]. One file always may, unless it is 0.
    """

    def __init__(self, total: int, share: float) -> None:
        self.total, self.share = total, share
        self.limit = max(1, int(share * total)) if share > 0 else 0
        self.found: dict[str, None] = {}

    def note(self, messages: Iterable[str]) -> None:
        """Warns of every file that was not known to be bad. `messages` are those of the errors, which name the files.

        Raises:
            InputError: they are more than the share allows; names them.
        """
        for message in messages:
            if message in self.found:
                continue
            self.found[message] = None
            count = len(self.found)
            if count > self.limit:
                raise InputError(
                    f"{count} of {self.total} portraits cannot be used, and data.bad_share={self.share} allows "
                    f"{self.limit}: mend or remove them, or allow more. {'; '.join(list(self.found)[:_NAMED])}"
                    f"{f'; and {count - _NAMED} more, named above' if count > _NAMED else ''}"
                )
            log.warning("skipped portrait %d, of at most %d that may be bad: %s", count, self.limit, message)
