"""From an exception, however deep it was wrapped, to the one line that a person can act on."""

import difflib
import errno
import re
import sys
import traceback
from collections.abc import Iterator

from hydra.errors import HydraException, MissingConfigException
from omegaconf.errors import (
    ConfigAttributeError,
    ConfigKeyError,
    GrammarParseError,
    InterpolationResolutionError,
    MissingMandatoryValue,
    OmegaConfBaseException,
)
from yaml import YAMLError

from portrait_matting.cli.shell import hydra_quoted, word
from portrait_matting.errors import InputError

_OPENCV = (
    "OpenCV cannot be loaded ({error}). On Debian or Ubuntu: apt-get install -y libgl1 libglib2.0-0. Without root: "
    "{python} -m pip install --force-reinstall --no-deps opencv-python-headless"
)

_AMBIGUOUS = re.compile(r"Ambiguous value for argument '(.*?)'\n1\. ", re.DOTALL)
"""What Hydra says to a sweep's values in a single run."""

_EXTRAS = {
    "joblib": "joblib",
    "submitit_local": "submitit",
    "submitit_slurm": "submitit",
    "ray": "ray",
    "optuna": "optuna",
}
"""Hydra's launchers and sweepers that are plugins, and the extra that brings each."""

_LAUNCHERS = {
    "TerminatedWorkerError": "a job's process was killed, perhaps for want of memory: run fewer at once",
    "FailedJobError": "a job's process failed: its log is in the sweep's .submitit folder",
    "UncompletedJobError": "a job's process ended without a result: its log is in the sweep's .submitit folder",
    "WorkerCrashedError": "a job's process was killed, perhaps for want of memory: run fewer at once",
}
"""What joblib, submitit and Ray raise, whose classes are not imported for that."""

_CURES = {
    errno.ENOSPC: ". Make room, or choose another folder with hydra.run.dir=DIR",
    errno.EACCES: ". Choose another folder, or make it yours",
    errno.EROFS: ". Choose another folder with hydra.run.dir=DIR",
    errno.ENOENT: ". Choose another folder, or check the path",
    errno.ENOTDIR: ". Choose another folder with hydra.run.dir=DIR",
}


def explain(error: BaseException) -> str | None:
    """One line for an error that the user can mend, None for one that only a programmer can.

    What the user can mend: ours, Hydra's and OmegaConf's of the recipe, the operating system's of files and disks, and
    OpenCV without its system libraries.
    """
    chain = list(_chain(error))
    for link in chain:
        if isinstance(link, InputError):
            return _of_worker(str(link))
        if type(link).__name__ == "MisconfigurationException":  # Lightning's, of the trainer group
            return f"trainer: {' '.join(str(link).split())}"
        if type(link).__name__ in _LAUNCHERS:
            return _LAUNCHERS[type(link).__name__]
        if isinstance(link, YAMLError):  # such as two of one name
            mark = getattr(link, "problem_mark", None)
            where = f"{mark.name}, line {mark.line + 1}: " if mark else ""
            return f"{where}{' '.join(str(getattr(link, 'problem', None) or link).split())}"
        if isinstance(link, ImportError) and _in_opencv(link):
            return _OPENCV.format(error=str(link).splitlines()[0], python=sys.executable)
        if isinstance(link, OSError) and link.errno is not None:
            where = f"{link.filename}: " if link.filename else ""
            return f"{where}{link.strerror}{_CURES.get(link.errno, '')}"
        if "Config group override must be a string" in str(link):  # Hydra's, of logger=null, which names no group
            return "a group takes the name of one of its choices (--help lists them), not null, a number or true"
    for link in chain:
        if isinstance(link, MissingMandatoryValue):
            return f"{link.full_key} is missing: give {link.full_key}=…"
        if isinstance(link, ConfigKeyError | ConfigAttributeError):
            return _unknown_key(link)
        if isinstance(link, MissingConfigException) and link.options:
            group, _, name = str(link.missing_cfg_file).rpartition("/")
            if group in ("hydra/launcher", "hydra/sweeper") and name in _EXTRAS:
                return f"{group}={name} needs pip install 'portrait-matting[{_EXTRAS[name]}]'"
            return f"{group}={name} is no choice: give one of {', '.join(o for o in link.options if o[0] != '_')}"
        if isinstance(link, InterpolationResolutionError | GrammarParseError):
            return _unresolved(link)
    if ambiguous := _AMBIGUOUS.match(str(chain[-1])):
        key, _, values = ambiguous[1].partition("=")
        return (
            f"{ambiguous[1]} is of several runs: give -m as well, or {word(f'{key}=[{values}]')} for a list, "
            f"{word(f'{key}={hydra_quoted(values)}')} for a text"
        )
    if isinstance(chain[-1], OmegaConfBaseException | HydraException):
        return " ".join(line.strip() for line in str(chain[-1]).splitlines() if not line.lstrip().startswith("object_"))
    return None


def _unresolved(error: OmegaConfBaseException) -> str:
    what = str(error).splitlines()[0].replace("KeyError raised while resolving interpolation: ", "").strip('"')
    return (
        f"{error.full_key or 'the recipe'} cannot be resolved ({what}): ${{…}} stands for another value or a variable; "
        "a file whose name holds ${ has to be renamed, or linked to"
    )


def _in_opencv(error: ImportError) -> bool:
    """Whether importing OpenCV itself failed, not what Hydra makes of it or another library that lacks a .so file."""
    frames = traceback.walk_tb(error.__traceback__)
    return error.name == "cv2" or any(frame.f_globals.get("__name__") == "cv2" for frame, _ in frames)


def _unknown_key(error: ConfigKeyError | ConfigAttributeError) -> str:
    parent = error.parent_node
    known = [str(key) for key in parent] if hasattr(parent, "keys") else []
    prefix = str(error.full_key).rpartition(".")[0]
    close = difflib.get_close_matches(str(error.key), known, n=1)
    if close:
        return f"{error.full_key} is no key of the recipe: did you mean {prefix + '.' if prefix else ''}{close[0]}?"
    return f"{error.full_key} is no key of the recipe: {prefix or 'the recipe'} has {', '.join(known)}"


def _of_worker(text: str) -> str:
    """The message alone, of an error that crossed from a data worker with its traceback in its text."""
    marker = f"{InputError.__module__}.{InputError.__qualname__}: "
    for line in reversed(text.splitlines()):
        if line.startswith(marker):
            return line.removeprefix(marker)
    return " ".join(text.split())


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
