"""What an unfinished preparation has done so far: a line per portrait, good to the last whole line after any end."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

from portrait_matting.preparation.record import Record


def read_journal(path: Path) -> list[Record]:
    """The records of a journal, in the order written; none where there is no journal. A cut last line is left out."""
    if not path.exists():
        return []
    *lines, _ = path.read_bytes().split(b"\n")
    return [Record(**json.loads(line)) for line in lines]


class Journal:
    """A journal opened to write on. What the last process left half written is cut off first.

    Each call of `add` hands its lines to the operating system before it returns: the process may be killed after it.
    """

    def __init__(self, path: Path) -> None:
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115  closed by __exit__
        os.truncate(path, path.read_bytes().rfind(b"\n") + 1)

    def add(self, records: Iterable[Record]) -> None:
        lines = "".join(json.dumps(asdict(record)) + "\n" for record in records).encode()
        while lines:  # an unbuffered write may be short, on a disk that fills
            lines = lines[self._file.write(lines) :]

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        self._file.close()
