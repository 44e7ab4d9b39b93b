"""The logger of every run: `metrics.csv` in its folder."""

import csv
import warnings
from pathlib import Path

from lightning.pytorch.loggers import CSVLogger


def csv_logger(run_dir: str, resume: str | None = None, flush_every: int = 20) -> CSVLogger:
    """Writes `metrics.csv` into the run's folder; a resumed run goes on below the rows that are there.

    Args:
        run_dir: the run's folder.
        resume: the run's own `resume`; None starts an empty file.
        flush_every: logged steps between two writes.
    """
    earlier = _rows(Path(run_dir) / "metrics.csv") if resume else []
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Experiment logs directory")  # it deletes the rows: we have them
        logger = CSVLogger(run_dir, name="", version="", flush_logs_every_n_steps=flush_every)
        writer = logger.experiment
    for row in earlier:
        writer.log_metrics(row, step=int(row["step"]))
    writer.save()  # at once: a run that fails before its first step must not cost the rows of the one before
    return logger


def _rows(path: Path) -> list[dict[str, str]]:
    """The rows as they were written, without a last one that a killed run left unfinished."""
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    rows = csv.DictReader(line for line in lines if line.endswith("\n"))
    return [{key: value for key, value in row.items() if value} for row in rows]
