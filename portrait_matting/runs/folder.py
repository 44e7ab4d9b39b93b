"""The folder of a run: opened so that nothing is written over, closed with the metrics of the run."""

import json
import re
from pathlib import Path

from portrait_matting.disk.atomic_write import write_text
from portrait_matting.errors import InputError

LAST = Path("checkpoints") / "last.ckpt"


def open_run(run_dir: Path, resume: str | None) -> None:
    """Makes the folder of a run.

    Raises:
        InputError: the folder cannot be written, or holds a run that this one does not go on with.
    """
    if resume is None and (run_dir / LAST).exists():
        raise InputError(
            f"{run_dir} already holds a run: go on with it by resume=last, or choose another hydra.run.dir=DIR"
        )
    _make((run_dir / LAST).parent, run_dir)


def open_evaluation(run_dir: Path) -> None:
    """Makes the folder of an evaluation.

    Raises:
        InputError: the folder cannot be written, or holds the metrics of a run or of another evaluation.
    """
    for there in ("metrics.json", "report.html", LAST):
        if (run_dir / there).exists():
            raise InputError(f"{run_dir} already holds {there}: choose another hydra.run.dir=DIR")
    _make(run_dir, run_dir)


def _make(folder: Path, run_dir: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = run_dir / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise InputError(
            f"the run's folder {run_dir} cannot be written ({error.strerror}): choose another with hydra.run.dir=DIR"
        ) from error


def find_resume(run_dir: Path) -> Path:
    """The checkpoint that `resume=last` means: this run folder's, else that of the newest run among its neighbours.

    Neighbours are runs in ROOT/DATE/TIME, as Hydra names them; a folder of another name has none.

    Raises:
        InputError: there is none.
    """
    if (run_dir / LAST).is_file():
        return run_dir / LAST
    dated = re.fullmatch(r"\d{4}-\d\d-\d\d/\d\d-\d\d-\d\d", "/".join(run_dir.parts[-2:]))
    beside = run_dir.parent.parent.glob(f"????-??-??/??-??-??/{LAST}") if dated else []
    newest = max(beside, key=lambda path: path.stat().st_mtime, default=None)
    if newest is None:
        raise InputError(f"resume=last finds no {LAST} in {run_dir} or in a run beside it: name the file")
    return newest


def write_metrics(run_dir: Path, metrics: dict[str, float]) -> None:
    """Writes `metrics.json`; a reader never sees half a file."""
    write_text(run_dir / "metrics.json", json.dumps(metrics, indent=2) + "\n")


def finished_metrics(run_dir: Path) -> dict[str, float] | None:
    """What `metrics.json` of a finished run holds; None where there is none, or a part, of a run whose test failed."""
    try:
        metrics = json.loads((run_dir / "metrics.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return metrics if any(name.startswith("test/") for name in metrics) else None


def report(run_dir: Path, metrics: dict[str, float]) -> str:
    """The table that a run ends with, and where its pictures are."""
    width = max(map(len, metrics))
    table = [f"  {name:{width}}  {value:>12.6g}" for name, value in metrics.items()]
    files = {"pictures": run_dir / "samples.png", "best weights": run_dir / "checkpoints" / "best.ckpt"}
    there = [f"  {what:{width}}  {path}" for what, path in files.items() if path.exists()]
    return "\n".join(["", *table, "", *there])
