"""The scores as files that programs read, and as the table that an evaluation ends with."""

import csv
import io
import json
import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

from portrait_matting.disk.atomic_write import write_text
from portrait_matting.errors import InputError
from portrait_matting.evaluation.confidence import Interval
from portrait_matting.evaluation.paired_test import Difference, sentence
from portrait_matting.evaluation.result import Candidate, Evaluation, per_image
from portrait_matting.metrics.catalogue import METRICS
from portrait_matting.metrics.image_metric import ImageMetric

HARD_TRUTH = (
    "the truth is a hard mask: no alpha in it lies between 0 and 1. Grad, Conn, SAD and the metrics in the band then "
    "mostly measure how far the outline is off, by a pixel or so, and a matte that is rightly soft is marked down; "
    'quote them as "against hard masks"'
)
_ABREAST = 3
_COMPARED = ("mad", "band_mad", "grad", "iou", "boundary_f")
_OF_A_SOURCE = ("mad", "band_mad", "iou")
_REASONS = 5


def write_metrics(
    path: Path,
    evaluation: Evaluation,
    intervals: Sequence[Mapping[str, Interval]],
    split: str,
    by_source: Sequence[Mapping[str, Interval]] = (),
) -> None:
    """Writes `metrics.json`: of one candidate a flat object, "test/mad" and so on where `split` is "test".

    Of several, one such object under each one's name. Besides the metrics, rounded to six digits after the point, there
    are `images`, how many were scored; `left_out`, how many were not; and `hard_truth`.

    Args:
        path: of the file; its folder exists.
        evaluation: what was found.
        intervals: of each candidate, in their order.
        split: the prefix of the metrics.
        by_source: of each candidate, those of each source by SOURCE/METRIC; none where nothing is mixed.

    Raises:
        InputError: the file cannot be written.
    """
    facts = {
        "images": len(evaluation.portraits),
        "left_out": len(evaluation.left_out),
        "hard_truth": evaluation.hard_truth,
    }
    flat = [
        {f"{split}/{name}": _number(of_candidate[name].value) for name in METRICS if name in of_candidate}
        | {f"{split}/{name}": _number(interval.value) for name, interval in of_sources.items()}
        | facts
        for of_candidate, of_sources in zip_longest(intervals, by_source, fillvalue={})
    ]
    names = [candidate.name for candidate in evaluation.candidates]
    content = flat[0] if len(flat) == 1 else dict(zip(names, flat, strict=True))
    _write(path, json.dumps(content, indent=2, allow_nan=False) + "\n")


def write_intervals(
    path: Path,
    evaluation: Evaluation,
    intervals: Sequence[Mapping[str, Interval]],
    differences: Sequence[Mapping[str, Difference]],
    by_source: Sequence[Mapping[str, Interval]] = (),
) -> None:
    """Writes `figures.csv`: a row for each metric of each candidate, with its interval, then those of each source.

    Every candidate but the first has its difference from the first too.

    Args:
        path: of the file; its folder exists.
        evaluation: what was found.
        intervals: of each candidate, in their order.
        differences: of each candidate but the first, from the first.
        by_source: as `write_metrics` takes it.

    Raises:
        InputError: the file cannot be written.
    """
    header = ["candidate", "figure", "value", "low", "high"]
    rows = [[*header, "difference", "difference_low", "difference_high", "p", "differs"]]
    of_sources = by_source or [{}] * len(intervals)
    parts = zip(evaluation.candidates, intervals, [{}, *differences], of_sources, strict=True)
    for candidate, of_candidate, against, of_source in parts:
        for name in METRICS:
            if name in of_candidate:
                interval, difference = of_candidate[name], against.get(name)
                cells = [_cell(value) for value in (interval.value, interval.low, interval.high)]
                if difference is not None:
                    ends = (difference.value, difference.low, difference.high, difference.p)
                    cells += [*map(_cell, ends), str(difference.differs).lower()]
                rows.append([candidate.name, name, *cells, *[""] * (8 - len(cells))])
        for name, interval in of_source.items():
            cells = [_cell(value) for value in (interval.value, interval.low, interval.high)]
            rows.append([candidate.name, name, *cells, *[""] * 5])
    _write(path, _csv(rows))


def write_per_image(path: Path, evaluation: Evaluation, metrics: Mapping[str, ImageMetric]) -> None:
    """Writes `metrics.csv`: a row for each image of each candidate; an empty cell where there is nothing to measure.

    Of a mix, the last column is the source.

    Raises:
        InputError: the file cannot be written.
    """
    scores = [per_image(candidate.measured, metrics) for candidate in evaluation.candidates]
    names = [name for name in METRICS if scores and name in scores[0]]
    rows = [["candidate", "image", "height", "width", "brightness", "coverage", *names]]
    rows[0] += ["source"] if evaluation.sources else []
    for candidate, score in zip(evaluation.candidates, scores, strict=True):
        for index, portrait in enumerate(evaluation.portraits):
            size = (portrait.height, portrait.width)
            facts = [portrait.name, *size, _cell(portrait.brightness), _cell(portrait.coverage)]
            cells = [_cell(float(score[name][index])) for name in names]
            rows.append([candidate.name, *facts, *cells, *evaluation.sources[index : index + 1]])
    _write(path, _csv(rows))


def summary(
    evaluation: Evaluation,
    intervals: Sequence[Mapping[str, Interval]],
    differences: Sequence[Mapping[str, Difference]],
    by_source: Sequence[Mapping[str, Interval]] = (),
) -> str:
    """What an evaluation ends with: every metric [low, high] of every candidate, what to know of them, who is better.

    Takes `intervals`, `differences` and `by_source` as `write_intervals` does.
    """
    lines = [f"{len(evaluation.portraits):,} images: {evaluation.data}"]
    for start in range(0, len(intervals), _ABREAST):
        some = slice(start, start + _ABREAST)
        lines += ["", *_table(evaluation.candidates[some], intervals[some])]
        for source, indices in evaluation.of_source().items():
            own = [{name: of.get(f"{source}/{name}") for name in _OF_A_SOURCE} for of in by_source[some]]
            shown = [{name: interval for name, interval in of.items() if interval} for of in own]
            lines += ["", f"{source}: {len(indices):,} images", *_table(evaluation.candidates[some], shown)[1:]]
    if evaluation.hard_truth:
        lines += ["", *textwrap.wrap(HARD_TRUTH, 100)]
    if evaluation.left_out:
        lines += ["", f"not scored: {len(evaluation.left_out):,}"]
        lines += [f"  {reason}" for reason in evaluation.left_out[:_REASONS]]
        lines += [f"  and {more:,} more"] if (more := len(evaluation.left_out) - _REASONS) > 0 else []
    for candidate, against in zip(evaluation.candidates[1:], differences, strict=True):
        first = evaluation.candidates[0].name
        lines += ["", *(sentence(first, candidate.name, name, against[name]) for name in _COMPARED if name in against)]
    return "\n".join(lines)


def _table(candidates: Sequence[Candidate], intervals: Sequence[Mapping[str, Interval]]) -> list[str]:
    rows = [["", "better", *(candidate.name for candidate in candidates)]]
    for name, info in METRICS.items():
        if name in intervals[0]:
            ranges = [(at.value, at.low, at.high) for at in (of_candidate[name] for of_candidate in intervals)]
            numbers = [[f"{value:.{info.digits}f}" for value in ends] for ends in ranges]
            cells = [f"{value} [{low}, {high}]" for value, low, high in numbers]
            rows.append([info.label, "higher" if info.higher else "lower", *cells])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _number(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"


def _csv(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _write(path: Path, text: str) -> None:
    try:
        write_text(path, text, errors="surrogateescape")  # names of files need not be UTF-8
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror}): choose another folder, or make room") from error
