"""A file that stands there whole, or as it was before: written beside its place, then moved there."""

import errno
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_numbers = itertools.count()


@contextmanager
def atomic_write(path: str | Path, meanwhile: Path | None = None, replace: bool = True) -> Iterator[Path]:
    """Yields a path to write to; when the block ends, what is there becomes the file at `path`, at once.

    A reader never sees half a file. After an error, Ctrl-C included, `path` is as it was and nothing is left behind.

    Args:
        path: of the file; its folder exists.
        meanwhile: where to write until then, on the same disk. By default beside `path`, under a hidden name that has
            its suffix and that no other call, of this process or another one, has.
        replace: what is at `path` by then makes room; else it stays, and a `FileExistsError` is raised.

    Raises:
        OSError: the file cannot be written, or moved into place; it names `path`, not where it is meanwhile.
    """
    path = Path(path)
    if meanwhile is None:  # of fixed length: a name may have 255 bytes, and that of `path` may have them all
        meanwhile = path.with_name(f".{os.getpid()}-{next(_numbers)}.unfinished{path.suffix}")
    try:
        yield meanwhile
        if replace:
            os.replace(meanwhile, path)
        else:
            _move_new(meanwhile, path)
    except OSError as error:
        # Where the disk is full, a write names no file.
        if error.errno is not None and str(error.filename) in (str(None), str(meanwhile)):
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
    finally:
        with suppress(OSError):  # moved, or never made
            meanwhile.unlink()


def _move_new(meanwhile: Path, path: Path) -> None:
    try:
        os.link(meanwhile, path)  # which of two processes comes first is the file system's to say
    except FileExistsError:
        raise
    except OSError:  # it knows no links, as FAT does not: then there is a moment between the look and the move
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        os.replace(meanwhile, path)


def write_bytes(path: str | Path, content: bytes, replace: bool = True) -> None:
    """Writes a file by `atomic_write`, and raises what that raises."""
    with atomic_write(path, replace=replace) as unfinished:
        unfinished.write_bytes(content)


def write_text(path: str | Path, text: str, errors: str = "strict") -> None:
    r"""Writes a file by `atomic_write` as UTF-8, with "\n" as "\n" on every system.

    Args:
        path: of the file; its folder exists.
        text: what it holds.
        errors: what becomes of parts of names that are no text (PEP 383), as `str.encode` has it.

    Raises:
        OSError: the file cannot be written.
    """
    write_bytes(path, text.encode("utf-8", errors))
