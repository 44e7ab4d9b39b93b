"""`compare.html`: what a comparison found, in one file that opens without a network."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

import portrait_matting
from portrait_matting import reporting
from portrait_matting.comparison import numbers, plots
from portrait_matting.comparison.answer import answer, correction
from portrait_matting.comparison.portraits import ComparedPortrait
from portrait_matting.comparison.ranking import sentence
from portrait_matting.comparison.result import Arm, Ranking
from portrait_matting.comparison.tables import HEADLINE
from portrait_matting.metrics.catalogue import METRICS
from portrait_matting.reporting import pictures as picture
from portrait_matting.reporting.plots import COLOURS, DARK_COLOURS

_HEIGHT = 300  # pixels of a portrait, at most: ten of them by six arms are then about 1 MB
_CURVES = {
    "val/mad": "MAD on the validation portraits after each epoch, the lower the better.",
    "val/iou": "IoU on the validation portraits after each epoch, the higher the better.",
    "train/loss_epoch": "The loss that was trained on. Where the arms differ in their loss, heights mean nothing.",
    "lr": "The learning rate at each step that was noted.",
}
_STROKES = ("solid", "dashed", "dotted")  # of borders: CSS has no more
_METHOD = (
    "Every seed of an arm scored every test portrait; two arms are held against each other portrait by portrait and "
    "seed by seed, over those that both have.",
    "Other portraits and other seeds would have given another difference. p says how often two equal recipes would "
    "come to lie so far apart by that alone (crossed random effects, after Obuchowski and Rockette 1995). With one "
    "seed only the portraits are chance, and nothing is said of another training.",
    "More than noise is p < 0.05. The interval holds a difference with 95 % confidence, each for itself.",
)
"""How it was tested; `answer.correction` says for how many tests p allows."""


def compare_html(
    arms: Sequence[Arm],
    rankings: Mapping[str, Ranking],
    metric: str,
    lead: Ranking,
    portraits: Sequence[ComparedPortrait],
    left_out: Sequence[str] = (),
) -> str:
    """The page. Equal arguments give equal text.

    Args:
        arms: the best first, which gives each its colour.
        rankings: of them by every metric, against one reference.
        metric: the metric that the page ranks by.
        lead: by that metric, against the best arm.
        portraits: that every arm has cut out.
        left_out: a line for each folder that could not be compared.
    """
    ranking = rankings[metric]
    folders = [Path(__file__).parent, Path(reporting.__file__).parent]
    environment = Environment(
        loader=FileSystemLoader(folders), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["breaking"] = _breaking
    environment.filters["score"] = lambda value, name: f"{value:.{METRICS[name].digits}f}"
    words = {"spread": numbers.spread, "verdict": numbers.verdict, "step": numbers.step, "cost": numbers.cost}
    page = environment.get_template("page.html.j2").render(
        title=_title(arms, metric),
        answer=answer(lead),
        arms=arms,
        places={arm.name: place for place, arm in enumerate(arms)},
        settings=list(arms[0].settings),
        ranking=ranking,
        rankings=rankings,
        found_by={name: {row.arm.name: row for row in one.rows} for name, one in rankings.items()},
        others=[name for name in HEADLINE if name in rankings and name != metric],
        reference=ranking.reference.name,
        several=len(arms) > 1,
        sentences=[sentence(ranking, row) for row in ranking.rows if row.against],
        known=METRICS[metric],
        catalogue=METRICS,
        costs=[label.replace(" ", "\N{NO-BREAK SPACE}") for label in numbers.COST.values()],
        number=numbers.number,
        plots=_plots(arms, ranking),
        portraits=[_shown(portrait, arms) for portrait in portraits],
        legend=picture.data_uri(picture.legend(), 95),
        left_out=left_out,
        method=[*_METHOD, *dict.fromkeys(correction(tested) for tested in (ranking, lead))],
        colours=COLOURS,
        dark_colours=DARK_COLOURS,
        strokes=_STROKES,
        version=portrait_matting.__version__,
        **words,
    )
    return page.lstrip()


def _breaking(text: object) -> Markup:
    """A name that a line may break in where it has parts."""
    return Markup(re.sub(r"([._=/])(?=[A-Za-z_])", r"\1<wbr>", str(escape(str(text)))))


def _title(arms: Sequence[Arm], metric: str) -> str:
    label = METRICS[metric].label
    if len(arms) == 1:
        return f"{label} of {arms[0].name}"
    if len(arms) == 2:
        return f"Which has the better {label}: {arms[0].name} or {arms[1].name}?"
    return f"Which of {len(arms)} recipes has the best {label}?"


def _plots(arms: Sequence[Arm], ranking: Ranking) -> list[dict]:
    places = {arm.name: place for place, arm in enumerate(arms)}
    label = METRICS[ranking.metric].label
    caption = "On the test portraits. Dot: a seed; stroke: their mean; bar: one standard deviation each way."
    if len(arms) > 1:
        caption += f" The dashed line is {ranking.reference.name}."
    panels = [{"title": f"{label} of every seed", "svg": Markup(plots.dots_svg(ranking, places)), "caption": caption}]
    wanted = {f"val/{ranking.metric}": f"{label} on the validation portraits after each epoch."} | _CURVES
    for column, caption in wanted.items():
        svg = plots.curves_svg(arms, column)
        if svg is not None:
            panels.append({"title": column, "svg": Markup(svg), "caption": caption})
    return panels


def _shown(portrait: ComparedPortrait, arms: Sequence[Arm]) -> dict:
    image, truth, *rest = picture.portrait_row(portrait.image, portrait.truth, portrait.mattes, _HEIGHT)
    address = [picture.data_uri(pixels) for pixels in rest]
    names = [arm.name for arm in arms]
    return {
        "name": portrait.name,
        "width": image.shape[1],
        "height": image.shape[0],
        "given": [("image", picture.data_uri(image)), ("truth", picture.data_uri(truth))],
        "mattes": list(zip(names, address[::2], address[1::2], portrait.errors, strict=True)),
    }
