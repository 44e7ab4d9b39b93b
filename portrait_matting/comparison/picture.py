"""`compare.png`, for a slide or a README: the ranking, the learning curves and a few portraits. Without pyplot."""

import io
import textwrap
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure, SubFigure

from portrait_matting.comparison.answer import answer
from portrait_matting.comparison.numbers import spread, verdict
from portrait_matting.comparison.plots import draw_curves, draw_dots, look, shortened
from portrait_matting.comparison.portraits import ComparedPortrait
from portrait_matting.comparison.result import Arm, Ranking
from portrait_matting.reporting import plots

_WIDTH, _DPI = 14.0, 110  # inches and dots: 1540 pixels
_ROW = 2.0  # inches, height of a portrait
_ARMS = 6  # shown as mattes, at most: the best
_WORDS = {"better": "better, more than noise", "worse": "worse, more than noise"}


@matplotlib.rc_context(plots.STYLE)
def compare_png(arms: Sequence[Arm], ranking: Ranking, lead: Ranking, portraits: Sequence[ComparedPortrait]) -> bytes:
    """The picture as PNG, 1540 pixels wide.

    Args:
        arms: the best first, which gives each its colour.
        ranking: of them, by the metric in question.
        lead: the same, against the best arm.
        portraits: with a matte of each arm; as many are shown as fit into two rows.
    """
    places = {arm.name: place for place, arm in enumerate(arms)}
    shown = [places[row.arm.name] for row in ranking.rows[:_ARMS]]
    first, *more = answer(lead)
    title, subtitle = textwrap.fill(first, 92), textwrap.fill(" ".join(more), 135)
    beside, down, inches = _grid(portraits, 2 + len(shown))
    heights = [
        0.5 + 0.3 * title.count("\n") + 0.25 * (subtitle.count("\n") + 1),
        max(3.6, 0.9 + 0.55 * len(ranking.rows)),
        down * (inches + 0.25) + 0.5,
    ]
    figure = Figure(figsize=(_WIDTH, sum(heights[: 2 + bool(down)])), dpi=_DPI, layout="constrained", facecolor="white")
    figure.get_layout_engine().set(w_pad=0.12)
    head, middle, *foot = figure.subfigures(2 + bool(down), 1, height_ratios=heights[: 2 + bool(down)])
    top = 1 - 0.18 / heights[0]
    head.text(0.012, top, title, fontsize=17, fontweight="bold", verticalalignment="top")
    below = top - (0.36 + 0.3 * title.count("\n")) / heights[0]
    head.text(0.012, below, subtitle, fontsize=11.5, verticalalignment="top")
    _plots(middle, arms, ranking, places)
    if down:
        _mattes(foot[0], arms, shown, portraits[: beside * down], beside, down)
    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def _plots(middle: SubFigure, arms: Sequence[Arm], ranking: Ranking, places: dict[str, int]) -> None:
    left, right = middle.subplots(1, 2, width_ratios=[1.15, 1])
    notes = []
    for row in ranking.rows:
        said = verdict(row, ranking.metric)
        notes.append(f"{spread(row, ranking.metric)}   {_WORDS.get(said, said)}" if len(ranking.rows) > 1 else "")
    draw_dots(left, ranking, places, notes)
    left.set_title("Test score: a dot for each seed, a stroke at the mean", loc="left", fontsize=11)
    drawn = draw_curves(right, arms, f"val/{ranking.metric}")
    column = ranking.metric if drawn else "mad"
    if drawn or draw_curves(right, arms, "val/mad"):
        right.set_title(f"val/{column} while learning: seeds thin, their mean bold", loc="left", fontsize=11)
    else:
        right.set_axis_off()


def _grid(portraits: Sequence[ComparedPortrait], columns: int) -> tuple[int, int, float]:
    """How many portraits stand side by side, in how many rows, and how high one is in inches."""
    if not portraits:
        return 0, 0, 0.0
    width = _ROW * max(one.image.shape[1] / one.image.shape[0] for one in portraits[:8])
    beside = max(1, min(int(_WIDTH / (columns * width + 0.3)), len(portraits)))
    down = min(2 if beside > 1 else 3, -(-len(portraits) // beside))
    return beside, down, min(_ROW, _WIDTH / (columns * width) * _ROW)


def _mattes(
    foot: SubFigure,
    arms: Sequence[Arm],
    shown: list[int],
    portraits: Sequence[ComparedPortrait],
    beside: int,
    down: int,
) -> None:
    columns = 2 + len(shown)
    widths = ([1.0] * columns + [0.12]) * beside
    axes = foot.subplots(down, len(widths), squeeze=False, width_ratios=widths)
    for cell in axes.flat:
        cell.set_axis_off()
    for at, portrait in enumerate(portraits):
        row, column = divmod(at, beside)
        pictures = [portrait.image, portrait.truth, *(portrait.mattes[place] for place in shown)]
        for offset, picture in enumerate(pictures):
            panel = axes[row, column * (columns + 1) + offset]
            panel.imshow(picture if picture.ndim == 3 else np.clip(picture, 0, 1), cmap="gray", vmin=0, vmax=1)
            place = shown[offset - 2] if offset > 1 else None
            if row == 0:
                name = ("image", "truth")[offset] if place is None else _wrapped(arms[place].name)
                colour = plots.INK if place is None else look(place)["color"]
                panel.set_title(name, fontsize=9, color=colour, fontweight="bold", verticalalignment="bottom")
            if place is not None:
                below = f"MAD {portrait.errors[place]:.4f}"
                panel.text(0.5, -0.02, below, transform=panel.transAxes, fontsize=8.5, ha="center", va="top")


def _wrapped(name: str) -> str:
    return textwrap.fill(shortened(name, 54), 18)
