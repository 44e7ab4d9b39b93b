"""How every command opens and how it fails: one line for what the user can mend, a traceback for what we must."""

import os
import sys
from collections.abc import Callable

DOORS = {"train": "train a network (Hydra overrides follow)"}

_OPENCV = (
    "OpenCV cannot be loaded: {error}. On Debian or Ubuntu: apt-get install -y libgl1 libglib2.0-0. Without root: "
    "pip install --force-reinstall --no-deps opencv-python-headless"
)


def run(command: Callable[[], None]) -> None:
    """Runs a command; turns an error that the user can mend into one line on stderr and exit code 2.

    Set HYDRA_FULL_ERROR=1 for the traceback.
    """
    verbose = os.environ.setdefault("HYDRA_FULL_ERROR", "1") == "1" and "PORTRAIT_MATTING_DEBUG" in os.environ
    try:
        command()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        line = None if verbose else explain(error)
        if line is None:
            raise
        print(f"error: {line}", file=sys.stderr)
        sys.exit(2)


def explain(error: BaseException) -> str | None:
    """One line for an error that a user can mend, None for one that only a programmer can.

    Ours, Hydra's and OmegaConf's of the recipe, and the operating system's of files and disks.
    """
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from portrait_matting.errors import InputError

    chain = [error]
    while (chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(chain[-1].__cause__ or chain[-1].__context__)
    for link in chain:
        if isinstance(link, ImportError) and ("cv2" in str(link) or ".so" in str(link)):
            return _OPENCV.format(error=str(link).splitlines()[0])
        if isinstance(link, InputError):
            return _one_line(link)
        if isinstance(link, OSError) and link.errno is not None:
            where = f"{link.filename}: " if link.filename else ""
            return f"{where}{link.strerror}: choose another folder with hydra.run.dir=DIR, or make room"
    if isinstance(error, HydraException | OmegaConfBaseException):
        return _one_line(chain[-1] if isinstance(chain[-1], OmegaConfBaseException) else error)
    return None


def _one_line(error: BaseException) -> str:
    from portrait_matting.config import one_line

    return one_line(error)


def main() -> None:
    """The console script: `portrait-matting DOOR …`."""
    door = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if door not in DOORS:
        print("portrait-matting DOOR [OPTIONS]\n\n" + "\n".join(f"  {name:10}{what}" for name, what in DOORS.items()))
        print("\nportrait-matting DOOR --help says more.")
        sys.exit(0 if door in ("--help", "-h") else 2)
    sys.argv = [f"portrait-matting {door}", *sys.argv[2:]]
    from importlib import import_module

    import_module(f"portrait_matting.{door}").main()
