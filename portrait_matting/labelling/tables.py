"""What a labelling leaves to read: the tables beside the labels, and the lines at its end."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import astuple, fields

from portrait_matting.labelling.folder import LEFT_OUT, LabelFolder
from portrait_matting.labelling.record import Record, Rejection
from portrait_matting.prediction.names import shown

LABELS, REJECTED = "labels.csv", "rejected.csv"
_SHOWN = 12  # photos that were refused, by name


def write_tables(records: Sequence[Record], rejections: Sequence[Rejection], folder: LabelFolder) -> None:
    """Writes `labels.csv`, a row a label, and `rejected.csv`, a row a photo without one.

    Raises:
        OSError: they cannot be written.
    """
    folder.write(LABELS, _csv(Record, records))
    folder.write(REJECTED, _csv(Rejection, rejections))


def report(records: Sequence[Record], rejections: Sequence[Rejection], folder: LabelFolder, minimum: float) -> str:
    """The lines at the end: what was left out, and what has no label and why."""
    lines = []
    if left := [record for record in records if not record.kept]:
        share = len(left) / len(records)
        lines.append(
            f"{len(left):,} more ({share:.0%}) left out, of a confidence below {minimum:g}: {LEFT_OUT}/ has the "
            f"mattes, {LABELS} the numbers; another --min-confidence moves them without labelling anew"
        )
    if rejections:
        lines.append(f"{photos_have(len(rejections))} no label, {folder.root / REJECTED} says why:")
        lines += [f"  {shown(each.photo)}: {each.reason}" for each in rejections[:_SHOWN]]
        if len(rejections) > _SHOWN:
            lines.append(f"  and {len(rejections) - _SHOWN:,} more")
    return "\n".join(lines)


def photos_have(count: int) -> str:
    """The beginning of a sentence: "1 photo has"."""
    return f"{count:,} photo has" if count == 1 else f"{count:,} photos have"


def _csv(row: type, rows: Iterable[object]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(field.name for field in fields(row))
    writer.writerows([int(cell) if isinstance(cell, bool) else cell for cell in astuple(each)] for each in rows)
    return text.getvalue().encode("utf-8", "surrogateescape")
