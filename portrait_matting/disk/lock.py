"""A lock between processes, on every system: taken by one, until it lets go or ends, however it ends."""

import contextlib
import errno
import os
import platform
from pathlib import Path

from filelock import FileLock, Timeout

_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL)  # what network disks answer
_POLL = 0.05  # seconds


class Held(Exception):
    """Another process has the lock; the message says which."""


class Lock:
    """The file `path`, locked by this process. The file stays when the lock goes, unless it is given back by `remove`.

    The operating system gives the lock back when the process ends. Data workers that are forked do not keep it.
    Beside it `PATH.holder` says whose it is, since on Windows a locked file itself cannot be read. Where the file
    system knows no locks, nothing is held.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.note = path, path.with_name(f"{path.name}.holder")
        self._lock = FileLock(str(path), thread_local=False)

    def take(self, patience: float = 0.0) -> None:
        """Takes the lock, within `patience` seconds.

        Raises:
            Held: another process has it.
            OSError: the file cannot be made.
        """
        try:
            self._lock.acquire(timeout=patience, poll_interval=_POLL)
        except Timeout:
            raise Held(self._holder()) from None
        except NotImplementedError:  # what filelock raises for ENOSYS
            return
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            return
        with contextlib.suppress(OSError):  # it is for people alone
            self.note.write_text(f"process {os.getpid()} on {platform.node()}\n", encoding="utf-8")

    def close(self) -> None:
        """Gives the lock back."""
        if self._lock.is_locked:
            self.note.unlink(missing_ok=True)
            self._lock.release(force=True)

    def remove(self) -> None:
        """Gives the lock back and leaves no file of it. One that waits for it right now finds a new one (filelock)."""
        if not self._lock.is_locked:
            return
        with contextlib.suppress(PermissionError):  # Windows removes no file that is open
            self.path.unlink(missing_ok=True)
        self.close()
        with contextlib.suppress(OSError):
            if os.name == "nt":
                self.path.unlink(missing_ok=True)

    def _holder(self) -> str:
        try:
            return self.note.read_text(encoding="utf-8").strip() or "another process"
        except (OSError, UnicodeDecodeError):
            return "another process"
