"""`test_scores.csv` in a run's folder: every metric of every test portrait, which is what runs are compared by."""

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path

import numpy as np

from portrait_matting.disk.atomic_write import write_text
from portrait_matting.errors import InputError

FILE = "test_scores.csv"


def write_scores(
    path: Path, names: Sequence[str], scores: Mapping[str, np.ndarray], sources: Sequence[str] = ()
) -> None:
    """Writes a row for each portrait; a reader never sees half a file.

    Args:
        path: of the file.
        names: of the N portraits.
        scores: by metric ("mad", "iou", …), float64 (N,); NaN, where there is nothing to measure, is an empty cell.
        sources: of a mix, the name of each portrait's source.
    """
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", *(["source"] if sources else []), *scores])
    for row, name in enumerate(names):
        of_portrait = [float(values[row]) for values in scores.values()]
        writer.writerow(
            [name, *sources[row : row + 1], *("" if np.isnan(value) else f"{value:.9g}" for value in of_portrait)]
        )
    write_text(path, text.getvalue(), errors="surrogateescape")


def read_scores(path: Path) -> tuple[list[str], dict[str, np.ndarray]]:
    """What `write_scores` wrote: the names, and by metric float64 (N,), NaN where a cell is empty.

    Raises:
        InputError: the file is missing, or no such table.
    """
    try:
        text = path.read_bytes().decode("utf-8", "surrogateescape")
        header, *rows = csv.reader(StringIO(text, newline="")) if text else [[]]
        if header[:1] != ["image"] or not rows or {len(row) for row in rows} != {len(header)}:
            raise ValueError("its rows are not all as long as its head")
        if header[1:2] == ["source"]:
            header, rows = [header[0], *header[2:]], [[row[0], *row[2:]] for row in rows]
        if not text.endswith("\n"):  # the last number may lack digits
            raise ValueError("its last line has no end")
        columns = np.array([[float(cell or "nan") for cell in row[1:]] for row in rows])
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; the run was not finished, or is older than these files") from error
    except (ValueError, csv.Error) as error:
        raise InputError(f"{path} is no table of scores ({error}): was it cut short?") from error
    return [row[0] for row in rows], {name: columns[:, at] for at, name in enumerate(header[1:])}
