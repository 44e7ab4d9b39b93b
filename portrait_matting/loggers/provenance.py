"""What a run was made with: the version of the code, and the checkpoint that it began with."""

import platform
import subprocess
from collections.abc import Mapping
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import Any

import lightning
import torch

import portrait_matting
from portrait_matting.config.difference import essence
from portrait_matting.weights.shipped import find

_PATIENCE = 10  # seconds that git has: on a network drive it may take its time


def code_version(file: str = portrait_matting.__file__) -> dict[str, str | bool | None]:
    """Versions of the package, of torch, Lightning and Python; `commit` and `dirty` where `file` lies in a git clone.

    `commit` is None where the file is not one of a clone's own: a package that is installed in an environment inside
    somebody's repository is not described by that repository's commit. `dirty` tells of changed files that git tracks.
    """
    folder, name = Path(file).parent, Path(file).name
    tracked = _git(folder, "ls-files", "--error-unmatch", name)
    commit = _git(folder, "rev-parse", "HEAD") if tracked else None
    dirty = bool(_git(folder, "status", "--porcelain", "--untracked-files=no")) if commit else None
    versions = {"torch": str(torch.__version__), "lightning": lightning.__version__}  # torch's is a class of its own
    python = platform.python_version()
    return {
        "portrait_matting": portrait_matting.__version__,
        "commit": commit,
        "dirty": dirty,
        **versions,
        "python": python,
    }


def config_hash(config: Mapping[str, Any]) -> str:
    """12 hexadecimal digits that two runs share if their recipes train the same network."""
    text = "\n".join(f"{key}={value}" for key, value in sorted(essence(config).items()))
    return blake2b(text.encode(), digest_size=6).hexdigest()


def checkpoint_name(path: Path) -> str:
    """What a checkpoint is called as an artifact: by its content, wherever it lies, so that a run that begins with it
    and the run that made it name the same one.
    """
    with path.open("rb") as file:
        return f"checkpoint-{file_digest(file, 'sha256').hexdigest()[:12]}"


def started_from(config: Mapping[str, Any]) -> dict[str, str] | None:
    """The checkpoint that a run began with: `how` (weights or resume), `file`, and `artifact`, its name.

    None where it began from nothing. A run that goes on from its own last checkpoint has no name for it: that file is
    written over.
    """
    how, given = ("resume", config.get("resume")) if config.get("resume") else ("weights", config["model"]["weights"])
    if not given:
        return None
    path = find(given)
    found = {"how": how, "file": str(path)}
    own = Path(config["run_dir"]).resolve() in path.resolve().parents
    return found if own or not path.is_file() else found | {"artifact": checkpoint_name(path)}


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints; None where there is no git, no clone, or no answer."""
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", timeout=_PATIENCE, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
