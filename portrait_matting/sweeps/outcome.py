"""What became of a sweep's jobs, read from its folder alone."""

import json
from pathlib import Path
from typing import Any

from portrait_matting.cli.shell import argument, path_override
from portrait_matting.disk.atomic_write import write_text

FAILED = "error.txt"
"""In the folder of a job that failed: one line that says why."""
SWEPT = "sweep.json"
"""In the folder of a sweep: {"swept": [KEY, …], "overrides": [TEXT, …], "jobs": [FOLDER, …] or null}."""


def note_failure(folder: Path, line: str) -> None:
    """Leaves `error.txt` in a job's folder, for the end of the sweep."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / FAILED, " ".join(line.split()) + "\n", errors="backslashreplace")  # a file name may be no text


def failures(folder: Path) -> dict[str, str]:
    """The jobs of a sweep that failed, each with its line."""
    notes = {name: folder / name / FAILED for name in _jobs(folder)}
    return {name: path.read_text(encoding="utf-8").strip() for name, path in notes.items() if path.is_file()}


def summary(folder: Path, stopped: bool) -> str:
    """What became of the jobs in a sweep's folder."""
    jobs, wrong = _jobs(folder), failures(folder)
    finished = [name for name in jobs if (folder / name / "metrics.json").is_file() and name not in wrong]
    open_ = [name for name in jobs if (folder / name / ".hydra").is_dir() and name not in {*finished, *wrong}]
    of = f" of {len(jobs)}" if read_note(folder).get("jobs") else ""
    lines = [f"\n  sweep      {folder}", f"  finished   {len(finished)}{of}"]
    lines += [f"  failed     {name}: {line}" for name, line in wrong.items()]
    lines += [f"  unfinished {name}" for name in open_]
    if wrong or open_ or stopped:
        place = path_override("hydra.sweep.dir", folder)
        lines.append(f"  go on      the same command with {place}: what is finished is passed over")
    if finished:
        lines.append(f"  compare    python -m portrait_matting.compare {argument(folder)}")
    return "\n".join(lines)


def read_note(folder: Path) -> dict[str, Any]:
    """What `sweep.json` holds; empty where there is none."""
    return json.loads((folder / SWEPT).read_text(encoding="utf-8")) if (folder / SWEPT).is_file() else {}


def _jobs(folder: Path) -> list[str]:
    """The folders of the jobs of the last launch; of all launches, where the launch could not tell."""
    there = sorted({str(path.parent.parent.relative_to(folder)) for path in folder.rglob(".hydra/config.yaml")})
    return read_note(folder).get("jobs") or there
