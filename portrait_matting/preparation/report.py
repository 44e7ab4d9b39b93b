"""What a preparation leaves to read: the tables beside the copy, the picture, and the lines at its end."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import astuple, fields
from pathlib import Path

from portrait_matting.disk.atomic_write import atomic_write
from portrait_matting.disk.work_folder import human
from portrait_matting.errors import InputError
from portrait_matting.preparation.output import Output
from portrait_matting.preparation.record import Record, Rejection
from portrait_matting.preparation.statistics import LUMA, plot, summarise

META = ("image_name", "user_id", "height", "width", "set", "brightness")  # version 2 of EasyPortrait's table
_REASONS = 12
_MUCH = 0.1  # of the files: if more are refused, the last line says so
_OF_PARTNER = re.compile(r"its (image|mask) .*?\.\w{3,4}: ")
_VARIABLE = re.compile(r"'[^']*'|[^\s:]+\.\w{3,4}\b|\d+")  # users, files and numbers, where reasons of one kind differ


def read_prepared(path: Path) -> list[Record]:
    """The records of a `prepared.csv`; none where there is no such file.

    Raises:
        InputError: it is damaged.
    """
    return _read(path, Record)


def read_rejected(path: Path) -> list[Rejection]:
    """The rows of a `rejected.csv`, likewise."""
    return _read(path, Rejection)


def write_tables(records: Sequence[Record], rejections: Sequence[Rejection], output: Output) -> None:
    """Writes `prepared.csv`, `rejected.csv`, `meta.csv` in EasyPortrait's columns, and `statistics.png`.

    `meta.csv` is of the copy: its heights and widths, and as brightness the BT.601 luma of the mean colour, 0-255.

    Raises:
        InputError: the disk is full or fails.
    """
    try:
        output.write("prepared.csv", _csv([name for name, _ in _types(Record)], map(astuple, records)))
        output.write("rejected.csv", _csv([name for name, _ in _types(Rejection)], map(astuple, rejections)))
        twice = {name for name, count in Counter(record.name for record in records).items() if count > 1}
        output.write("meta.csv", _csv(META, (_meta(record, record.name in twice) for record in records)))
        if records:
            with atomic_write(output.root / "statistics.png", output.unfinished / "statistics.png") as unfinished:
                plot(records, unfinished)
    except OSError as error:
        raise InputError(
            f"{output.root} cannot be written ({error.strerror}): free space or repair the disk, and the same command "
            "resumes it"
        ) from error


def report(
    records: Sequence[Record], rejections: Sequence[Rejection], root: Path, done: int, seconds: float, ignored: int
) -> str:
    """The lines that a preparation ends with: what is there, what was refused and why, how long it took."""
    rate = f", {done / seconds:,.1f} a second" if done else ""
    before, after = sum(record.source_bytes for record in records), sum(record.copy_bytes for record in records)
    lines = [
        summarise(records).table(),
        "",
        f"{len(records):,} portraits are in {root}: {human(before)} became {human(after)}",
        f"{done:,} portraits were looked at now, in {seconds:,.1f} s{rate}",
    ]
    if nobody := sum(record.coverage == 0 for record in records):
        lines.append(f"portraits that show nobody, whose masks are 0 all over: {nobody:,}")
    if ignored:
        lines.append(f"files that are neither pictures nor meta tables, left alone: {ignored:,}")
    if not rejections:
        return "\n".join([*lines, "no file was refused"])
    lines.append(f"{len(rejections):,} files were refused, each with its reason in {root / 'rejected.csv'}:")
    kinds: dict[str, list[Rejection]] = {}
    for rejection in rejections:
        kinds.setdefault(_VARIABLE.sub("…", _OF_PARTNER.sub("", rejection.reason)), []).append(rejection)
    listed = sorted(kinds.values(), key=len, reverse=True)
    for alike in listed[:_REASONS]:
        example = min(alike, key=lambda rejection: (bool(_OF_PARTNER.match(rejection.reason)), rejection))
        lines.append(f"{len(alike):>9,}  {'as ' if len(alike) > 1 else ''}{example.file}: {example.reason}")
    if others := sum(map(len, listed[_REASONS:])):
        lines.append(f"{others:>9,}  for other reasons")
    files = len(rejections) + 2 * len(records)
    if len(rejections) > _MUCH * files:
        lines.append(f"{len(rejections):,} of {files:,} files ({len(rejections) / files:.0%}) are not in the copy")
    return "\n".join(lines)


def _types(row: type) -> list[tuple[str, type]]:
    return [(field.name, field.type) for field in fields(row)]


def _read(path: Path, row: type) -> list:
    if not path.exists():
        return []
    try:
        with open(path, newline="", encoding="utf-8") as file:
            return [row(*(kind(cells[name]) for name, kind in _types(row))) for cells in csv.DictReader(file)]
    except (KeyError, ValueError, TypeError, csv.Error) as error:
        raise InputError(f"{path} is damaged ({error}): delete it, and what it lists is looked at again") from error


def _csv(header: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


def _meta(record: Record, twice: bool) -> tuple:
    """A row; of a name that stands in two splits without the split, since a table says one thing of a name."""
    brightness = sum(w * v for w, v in zip(LUMA, (record.red, record.green, record.blue), strict=True))
    return (
        record.name,
        record.user,
        record.copy_height,
        record.copy_width,
        "" if twice else record.split,
        round(brightness, 2),
    )
