"""What is in a prepared copy, in numbers: for a terminal as a table, for the eye as a picture.

For comparison, EasyPortrait's authors give for their training split, RGB, 0-255, the means 143.55, 132.97, 126.95 and
the spreads 60.26, 60.33, 59.31 (hukenovs/easyportrait, segformer-ps.py). Shrinking keeps a mean, and lowers a spread a
little by averaging fine detail away.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from portrait_matting.preparation.record import Record

SPLITS = ("train", "val", "test")
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
_SIZES_LISTED = 3
_COLOURS = {"train": "#1f5fa8", "val": "#d68a1c", "test": "#2e8f6a"}


class Middle(NamedTuple):
    """Of a distribution over portraits the mean, the 5th and the 95th percentile."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Summary:
    """Facts about some portraits.

    Attributes:
        portraits: how many there are.
        users: how many people the meta table tells apart in them; 0 where it names nobody.
        mean, spread: of the channels red, green and blue, 0-255, over all pixels of all photos of the copy, so that a
            photo counts by its pixels. The spread is the standard deviation.
        coverage: share of a photo that is the person, in [0, 1]. Here each photo counts once, and below too.
        empty: share of the portraits in which nobody is, in [0, 1].
        brightness: BT.601 luma of a photo's mean colour, 0-255.
        sizes: the most frequent sizes of the upright originals as (height, width, how many portraits).
        short_side: the least and the greatest among the originals, in pixels.
        source_bytes, copy_bytes: of all files, masks included.
    """

    portraits: int
    users: int
    mean: tuple[float, float, float]
    spread: tuple[float, float, float]
    coverage: Middle
    empty: float
    brightness: Middle
    sizes: tuple[tuple[int, int, int], ...]
    short_side: tuple[int, int]
    source_bytes: int
    copy_bytes: int


@dataclass(frozen=True)
class Statistics:
    """A Summary of each split that holds a portrait, in the order of SPLITS, and of all: None without any."""

    splits: dict[str, Summary]
    total: Summary | None

    def table(self) -> str:
        """Plain text of at most 100 columns: one column for each split and one for all."""
        if self.total is None:
            return "no portraits"
        columns = [[("", split), *_cells(summary)] for split, summary in (self.splits | {"all": self.total}).items()]
        rows = [row for row in zip(*columns, strict=True) if any(cell for _, cell in row)]
        return "\n".join(f"{row[0][0]:23}" + "".join(f"{cell:>19}" for _, cell in row) for row in rows)


def summarise(records: Sequence[Record]) -> Statistics:
    """The statistics of a copy. The order of the records changes nothing."""
    splits = _by_split(records)
    return Statistics(
        splits={split: _summary(some) for split, some in splits.items()},
        total=_summary(sorted(records)) if records else None,
    )


def plot(records: Sequence[Record], path: Path) -> None:
    """Writes a PNG: coverage, brightness, colours, sizes and photos of one person, by split.

    Equal records give equal bytes in whatever order they come, under one version of matplotlib.

    Raises:
        OSError: `path` cannot be written.
    """
    from matplotlib.figure import Figure  # slow to import, and `prepare --help` draws nothing

    figure = Figure(figsize=(12, 6.6), dpi=100, layout="constrained")
    coverage, brightness, colours, sides, sizes, people = figure.subplots(2, 3).flat
    bins = int(np.clip(np.sqrt(len(records)), 12, 40))
    largest = 1.1 * max((max(record.height, record.width) for record in records), default=1)
    most_photos = max([4, *_photos_of_users(records).values()])  # an axis of fewer has fractions on it
    for number, (split, some) in enumerate(_by_split(records).items()):
        summary, colour = _summary(some), _COLOURS[split]
        for axes, values, edges in (
            (coverage, [record.coverage for record in some], np.linspace(0, 1, bins + 1)),
            (brightness, _brightness(some), np.linspace(0, 256, bins + 1)),
            (sides, [min(record.height, record.width) for record in some], np.linspace(0, largest, bins + 1)),
            (people, list(_photos_of_users(some).values()), 0.5 + np.arange(most_photos + 1)),
        ):
            percent = np.full(len(values), 100 / max(len(values), 1))
            axes.hist(values, edges, weights=percent, histtype="step", color=colour, linewidth=1.6, label=split)
        at = np.arange(3) + 0.2 * (number - 1)
        colours.errorbar(at, summary.mean, summary.spread, fmt="o", color=colour, capsize=4)
        height, width, count = np.transpose(_sizes(some))
        sizes.scatter(width, height, 12 + 400 * count / len(some), color=colour, alpha=0.5, linewidths=0)
    for axes, title, across, up in (
        (coverage, "coverage", "share of a photo that is the person", "% of the photos"),
        (brightness, "brightness", "luma of a photo's mean colour", "% of the photos"),
        (colours, "mean ± spread of the channels", "", ""),
        (sides, "short side of the originals", "pixels", "% of the photos"),
        (sizes, "size of the originals", "width, pixels", "height, pixels"),
        (people, "photos of one person", "photos", "% of the people"),
    ):
        axes.set_title(title, loc="left", fontsize=11)
        axes.set(xlabel=across, ylabel=up)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    colours.set(xticks=range(3), xticklabels=["red", "green", "blue"], xlim=(-0.5, 2.5), ylim=(0, 255))
    sizes.set(xlim=(0, largest), ylim=(0, largest), aspect="equal")
    people.xaxis.get_major_locator().set_params(integer=True)
    coverage.legend(*coverage.get_legend_handles_labels(), frameon=False)  # without any split it would warn
    figure.savefig(path, format="png", metadata={"Software": None})


def _summary(records: Sequence[Record]) -> Summary:
    pixels = np.array([record.copy_height * record.copy_width for record in records], float)
    mean = np.average([(record.red, record.green, record.blue) for record in records], axis=0, weights=pixels)
    square = np.average(
        [(record.red_square, record.green_square, record.blue_square) for record in records], axis=0, weights=pixels
    )
    short = [min(record.height, record.width) for record in records]
    coverage = np.array([record.coverage for record in records])
    return Summary(
        portraits=len(records),
        users=len(_photos_of_users(records)),
        mean=tuple(mean.tolist()),
        spread=tuple(np.sqrt(np.maximum(square - mean**2, 0)).tolist()),  # rounding may put one colour below zero
        coverage=_middle(coverage),
        empty=float(np.mean(coverage == 0)),
        brightness=_middle(_brightness(records)),
        sizes=tuple(_sizes(records)[:_SIZES_LISTED]),
        short_side=(min(short), max(short)),
        source_bytes=sum(record.source_bytes for record in records),
        copy_bytes=sum(record.copy_bytes for record in records),
    )


def _by_split(records: Sequence[Record]) -> dict[str, list[Record]]:
    splits = {split: sorted(record for record in records if record.split == split) for split in SPLITS}
    return {split: some for split, some in splits.items() if some}


def _middle(values: np.ndarray) -> Middle:
    return Middle(float(np.mean(values)), *np.percentile(values, (5, 95)).tolist())


def _brightness(records: Sequence[Record]) -> np.ndarray:
    return np.array([(record.red, record.green, record.blue) for record in records]) @ LUMA


def _photos_of_users(records: Sequence[Record]) -> Counter[str]:
    return Counter(record.user for record in records if record.user)


def _sizes(records: Sequence[Record]) -> list[tuple[int, int, int]]:
    """(height, width, portraits), the most frequent first, the larger first among equals."""
    counted = Counter((record.height, record.width) for record in records)
    return sorted(((*size, count) for size, count in counted.items()), key=lambda row: (-row[2], -row[0], -row[1]))


def _cells(summary: Summary) -> list[tuple[str, str]]:
    """A column of the table: what each line is called, and what it says."""
    sizes = [f"{width}x{height} {count / summary.portraits:6.1%}" for height, width, count in summary.sizes]
    sizes += [""] * (_SIZES_LISTED - len(sizes))
    channels = zip(("red", "green", "blue"), summary.mean, summary.spread, strict=True)
    return [
        ("portraits", f"{summary.portraits:,}"),
        ("people", f"{summary.users:,}" if summary.users else "not named"),
        *((f"{name}, 0-255", f"{mean:.2f} ± {spread:.2f}") for name, mean, spread in channels),
        ("brightness, 0-255", f"{summary.brightness.mean:.1f}"),
        ("  nine in ten", f"{summary.brightness.low:.1f} to {summary.brightness.high:.1f}"),
        ("coverage", f"{summary.coverage.mean:.1%}"),
        ("  nine in ten", f"{summary.coverage.low:.1%} to {summary.coverage.high:.1%}"),
        ("  nobody there", f"{summary.empty:.1%}"),
        ("originals, pixels", sizes[0]),
        *(("", size) for size in sizes[1:]),
        ("  short side", " to ".join(f"{side:,}" for side in summary.short_side)),
        ("read, MB", f"{summary.source_bytes / 1e6:,.1f}"),
        ("written, MB", f"{summary.copy_bytes / 1e6:,.1f}"),
    ]
