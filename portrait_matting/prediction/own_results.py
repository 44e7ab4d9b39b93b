"""Results of predict among the inputs: what a call made beside its photos is not cut out by the next one."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from portrait_matting.prediction.mark import Mark, digest_of_path, read_mark
from portrait_matting.prediction.names import Input, key

CUT_OUT, MATTE = "_cut_out", "_matte"
"""What the name of a result beside its photo ends in, with the matte alone or not."""
_BESIDE = re.compile(rf"(.+)(?:{CUT_OUT}|{MATTE})(?:_\w+)?", re.DOTALL)  # a_cut_out_png is named apart
_SUFFIXES = frozenset([".png", ".webp", ".jpg", ".webm", ".mp4"])


def split_results(inputs: Sequence[Input], searched: Iterable[Path] = ()) -> tuple[list[Input], list[Path]]:
    """The inputs that are to be cut out, and the results of predict among them, which are not.

    A file with a mark is passed over where its photo is an input too: where that lies at the place that the mark knows,
    or beside it by the name that it was made of, as `a.jpg` by `a_cut_out.png`. Else it was named for its own sake.

    Args:
        inputs: of `find_inputs`.
        searched: those that nobody named, but folders and globs gave: with a mark they are passed over in any case.
    """
    searched = set(searched)
    beside = {(file.path.parent, key(file.path.stem)) for file in inputs}
    marks = {file.path: mark for file in inputs if (mark := _mark(file.path)) is not None}
    places = {digest_of_path(file.path) for file in inputs} if marks else set()
    kept, results = [], []
    for file in inputs:
        mark = marks.get(file.path)
        if mark is not None and (file.path in searched or mark.file in places or _is_beside(file.path, beside)):
            results.append(file.path)
        else:
            kept.append(file)
    return kept, results


def _mark(path: Path) -> Mark | None:
    return read_mark(path) if path.suffix.lower() in _SUFFIXES and os.path.isfile(path) else None


def _is_beside(path: Path, beside: set[tuple[Path, str]]) -> bool:
    made_of = _BESIDE.fullmatch(path.stem)
    return made_of is not None and (path.parent, key(made_of[1])) in beside
