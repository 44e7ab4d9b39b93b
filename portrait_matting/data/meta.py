"""EasyPortrait's meta table: who is in a photo, and in which split it lies."""

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from portrait_matting.errors import InputError
from portrait_matting.images.io import IMAGE_SUFFIXES

TABLE_SUFFIXES = frozenset({".csv", ".tsv"})
OWN_TABLES = frozenset({"prepared.csv", "rejected.csv"})  # what `prepare` writes beside a copy

SPLIT_OF = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}

_VERSION_2 = ("image_name", "user_id", "set")
_VERSION_1 = ("attachment_id", "user_id", "train", "test", "valid")  # the last three are booleans
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class MetaRow:
    """What the table says of one photo. `split` is train, val or test; empty where the table leaves it open."""

    user: str
    split: str


def parse_meta(text: bytes | str, name: object) -> dict[str, MetaRow]:
    """Reads a table of version 1 or 2, commas, tabs or semicolons, its columns in any order, as stem -> row.

    Version 2 has image_name, user_id and set; version 1 attachment_id, user_id and the booleans train, test and valid
    (github.com/hukenovs/easyportrait, README of each version). Other columns are left alone. `name` is what a message
    calls the table. A name in it may have an image's suffix.

    Raises:
        InputError: columns of neither version, a row that is cut short, an unknown split or boolean, a photo in two
            splits or with two different rows, or text that is no UTF-8.
    """
    try:
        text = text.decode() if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is no UTF-8 text ({error.reason} at byte {error.start}): save it as UTF-8") from None
    header, delimiter, wanted = _header(text)
    if not wanted:
        raise InputError(
            f"{name} has the columns {', '.join(header)}: a meta table has {', '.join(_VERSION_2)} (version 2) or "
            f"{', '.join(_VERSION_1)} (version 1)"
        )
    places = [header.index(column) for column in wanted]
    rows: dict[str, MetaRow] = {}
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    next(reader)
    for cells in reader:
        if not cells:
            continue
        where = f"{name}, line {reader.line_num}"
        if len(cells) <= max(places):
            raise InputError(f"{where} has {len(cells)} of {len(header)} cells: is the table cut short?")
        photo, user, *split = (cells[place].strip() for place in places)
        row = MetaRow(user, _split(split, where))
        if rows.setdefault(stem := _stem(photo), row) != row:
            raise InputError(f"{where} says {row} of {stem}, an earlier line {rows[stem]}: remove one of them")
    return rows


def is_meta(text: bytes | str) -> bool:
    """Whether a table's first line has the columns of a meta table; the rest of `text` may be missing."""
    return bool(_header(text.decode(errors="replace") if isinstance(text, bytes) else text)[2])


def read_users(root: Path) -> dict[str, str]:
    """Users by stem from the meta tables (*.csv, *.tsv) in `root` itself and in its meta.zip; empty without any.

    Raises:
        InputError: a table that `parse_meta` refuses, or two that contradict each other, or a broken meta.zip.
    """
    tables = {name: parse_meta(text, name) for name, text in _tables(root) if is_meta(text)}
    return {stem: row.user for stem, row in merge_meta(tables).items() if row.user}


def _tables(root: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(root.iterdir()):
        if path.suffix.lower() in TABLE_SUFFIXES and not path.name.startswith(".") and path.name not in OWN_TABLES:
            yield str(path), path.read_bytes()
    if (packed := root / "meta.zip").is_file():
        try:
            with ZipFile(packed) as archive:
                for member in sorted(archive.namelist()):
                    if Path(member).suffix.lower() in TABLE_SUFFIXES and not Path(member).name.startswith("."):
                        yield f"{packed}/{member}", archive.read(member)
        except BadZipFile as error:
            raise InputError(f"{packed} is no whole zip ({error}): download it again") from error


def merge_meta(tables: dict[str, dict[str, MetaRow]]) -> dict[str, MetaRow]:
    """Joins tables given by their names.

    Raises:
        InputError: two of them say different things of one photo.
    """
    merged: dict[str, MetaRow] = {}
    for name, rows in tables.items():
        for stem, row in rows.items():
            if merged.setdefault(stem, row) != row:
                other = next(table for table in tables if tables[table].get(stem) == merged[stem])
                raise InputError(f"{name} says {row} of {stem}, {other} says {merged[stem]}: remove one of the tables")
    return merged


def _header(text: str) -> tuple[list[str], str, tuple[str, ...]]:
    """The columns, what parts them, and those to read: none where it is no meta table."""
    first = text.removeprefix("\ufeff").split("\n", 1)[0].rstrip("\r")
    readings = {mark: [cell.strip() for cell in next(csv.reader([first], delimiter=mark), [])] for mark in ",\t;"}
    for delimiter, header in readings.items():
        for wanted in (_VERSION_2, _VERSION_1):
            if set(wanted) <= set(header):
                return header, delimiter, wanted
    delimiter = max(readings, key=lambda mark: len(readings[mark]))
    return readings[delimiter], delimiter, ()


def _split(cells: list[str], where: str) -> str:
    if len(cells) == 1:
        if cells[0] and cells[0].lower() not in SPLIT_OF:
            raise InputError(f"{where} has the set {cells[0]!r}: write train, val or test")
        return SPLIT_OF.get(cells[0].lower(), "")
    for cell in cells:
        if cell.lower() not in _TRUTH:
            raise InputError(f"{where} has {cell!r} in train, test or valid: write True or False")
    splits = [SPLIT_OF[column] for column, cell in zip(_VERSION_1[2:], cells, strict=True) if _TRUTH[cell.lower()]]
    if len(splits) > 1:
        raise InputError(f"{where} puts one photo into {' and '.join(splits)}: leave one of them True")
    return splits[0] if splits else ""


def _stem(photo: str) -> str:
    stem, suffix = os.path.splitext(photo.rsplit("/", 1)[-1])
    return stem if suffix.lower() in IMAGE_SUFFIXES else stem + suffix
