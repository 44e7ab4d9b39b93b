"""`report.html`: what an evaluation found, in one file that opens without a network."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import portrait_matting
from portrait_matting import reporting
from portrait_matting.disk.atomic_write import write_text
from portrait_matting.evaluation import confidence
from portrait_matting.evaluation.confidence import Interval
from portrait_matting.evaluation.paired_test import Difference, sentence
from portrait_matting.evaluation.result import Candidate, Evaluation, per_image
from portrait_matting.evaluation.strata import Stratum
from portrait_matting.evaluation.verdict import best
from portrait_matting.metrics.catalogue import METRICS
from portrait_matting.metrics.image_metric import ImageMetric
from portrait_matting.reporting import pictures as picture
from portrait_matting.reporting import plots, score_curves

Show = Callable[[int], tuple[np.ndarray, np.ndarray, list[np.ndarray]]]

HEADLINE = ("mad", "iou")
_OF_A_PORTRAIT = ("mad", "band_mad", "iou")
_DISTRIBUTIONS = ("mad", "band_mad", "iou", "boundary_f")
_GROUPS = {
    "The alpha, over the whole image": ("mad", "mse", "sad", "grad", "conn"),
    "The alpha, in the transition band": ("band_mad", "band_mse", "band_sad", "band_grad", "band_conn"),
    "The mask at 0.5": ("iou", "dice", "boundary_f"),
    "As salient-object papers measure": ("max_f", "weighted_f", "s_measure", "e_measure", "mae"),
    "Calibration": ("calibration_error",),
}


def write_report(
    path: Path,
    evaluation: Evaluation,
    metrics: Mapping[str, ImageMetric],
    intervals: Sequence[Mapping[str, Interval]],
    differences: Sequence[Mapping[str, Difference]],
    strata: Sequence[Stratum],
    show: Show,
    pictures: int = 20,
    seed: int = 0,
    resamples: int = 2000,
) -> None:
    """Writes the report; a reader never sees half a file. Equal arguments give equal bytes.

    Args:
        path: of the file, in a folder that exists.
        evaluation: of at least one portrait and one candidate.
        metrics: that measured it.
        intervals: of each candidate, of every metric that the report is to show.
        differences: of each candidate after the first, against the first.
        strata: the parts that the scores are split into.
        show: gives of portrait i the image, uint8 RGB (H', W', 3), which may be smaller than the truth, the truth,
            float32 (H, W), and the matte of each candidate, likewise. It is asked for the portraits shown alone.
        pictures: how many of the worst portraits to show, and how many drawn by chance from the others.
        seed: of the draw.
        resamples: that the intervals were made from, for the account at the end.
    """
    scores = [per_image(candidate.measured, metrics) for candidate in evaluation.candidates]
    worst, drawn = choose_pictures(np.max([of_candidate["mad"] for of_candidate in scores], axis=0), pictures, seed)
    environment = Environment(
        loader=FileSystemLoader([Path(__file__).parent, Path(reporting.__file__).parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["score"] = _score
    page = environment.get_template("report.html.j2").render(
        evaluation=evaluation,
        names=[candidate.name for candidate in evaluation.candidates],
        catalogue=METRICS,
        headline=[name for name in HEADLINE if name in intervals[0]],
        of_a_portrait=[name for name in _OF_A_PORTRAIT if name in scores[0]],
        groups=_groups(intervals, differences),
        intervals=intervals,
        unmeasured={name for name, values in scores[0].items() if np.isnan(values).all()},
        sentences=_sentences(evaluation.candidates, differences),
        plots=_plots(evaluation.candidates, scores),
        strata=_strata(evaluation.candidates, metrics, strata, resamples),
        worst=[_portrait(evaluation, scores, show, index) for index in worst],
        drawn=[_portrait(evaluation, scores, show, index) for index in drawn],
        legend=picture.data_uri(picture.legend(), 95),
        colours=plots.COLOURS,
        dark_colours=plots.DARK_COLOURS,
        strokes=("solid", "dashed", "dotted"),
        definitions=_definitions(metrics),
        resamples=resamples,
        seed=seed,
        version=portrait_matting.__version__,
    )
    write_text(path, page.lstrip(), errors="replace")  # a file name may be no text


def choose_pictures(errors: np.ndarray, pictures: int, seed: int) -> tuple[list[int], list[int]]:
    """The images with the largest errors (N,), the largest first, and as many drawn by chance from the others."""
    order = np.argsort(-errors, kind="stable")
    others = np.sort(order[pictures:])
    drawn = np.random.default_rng(seed).choice(others, min(pictures, others.size), replace=False)
    return order[:pictures].tolist(), sorted(drawn.tolist())


def _score(value: float, name: str) -> str:
    return "–" if np.isnan(value) else f"{value:.{METRICS[name].digits}f}"


def _groups(intervals: Sequence[Mapping], differences: Sequence[Mapping]) -> dict[str, list[tuple[str, int | None]]]:
    groups = {
        title: [(name, best(name, intervals, differences)) for name in names if name in intervals[0]]
        for title, names in _GROUPS.items()
    }
    return {title: rows for title, rows in groups.items() if rows}


def _sentences(candidates: Sequence[Candidate], differences: Sequence[Mapping]) -> list[dict[str, str]]:
    return [
        {name: sentence(candidates[0].name, other.name, name, against[name]) for name in METRICS if name in against}
        for other, against in zip(candidates[1:], differences, strict=True)
    ]


def _plots(candidates: Sequence[Candidate], scores: Sequence[Mapping[str, np.ndarray]]) -> list[dict]:
    panels = [
        {
            "title": f"{METRICS[name].label} of each image",
            "caption": f"How many images score {'at most' if METRICS[name].higher else 'no worse than'} a value.",
            "svg": Markup(plots.distribution([of_candidate[name] for of_candidate in scores], METRICS[name])),
        }
        for name in _DISTRIBUTIONS
        if name in scores[0]
    ]
    if "max_f" in candidates[0].measured:
        curves = [_means(candidate.measured["max_f"]).reshape(3, -1) for candidate in candidates]
        caption = "Every threshold of the matte gives a point; the dot is the one with the best F."
        svg = Markup(score_curves.precision_recall(curves))
        panels.append({"title": "Precision and recall", "caption": caption, "svg": svg})
    if "calibration_error" in candidates[0].measured:
        bins = [_means(candidate.measured["calibration_error"]).reshape(3, -1) for candidate in candidates]
        caption = "Mean true alpha by predicted alpha. Below the diagonal it is predicted too high, above too low."
        panels.append(
            {"title": "Reliability diagram", "caption": caption, "svg": Markup(score_curves.calibration(bins))}
        )
    return panels


def _means(rows: np.ndarray) -> np.ndarray:
    return np.nan_to_num(rows).sum(0) / np.maximum((~np.isnan(rows)).sum(0), 1)


def _strata(
    candidates: Sequence[Candidate], metrics: Mapping[str, ImageMetric], strata: Sequence[Stratum], resamples: int
) -> list[dict]:
    shown = [name for name in HEADLINE if name in metrics]
    parts: dict[str, list[dict]] = {}
    for stratum in strata:
        of_candidates = [
            confidence.intervals(
                {name: candidate.measured[name][stratum.indices] for name in shown}, metrics, resamples
            )
            for candidate in candidates
        ]
        parts.setdefault(stratum.by, []).append(
            {"label": stratum.label, "images": len(stratum.indices), "intervals": of_candidates}
        )
    return [{"by": by, "rows": rows, "svg": Markup(_dots(by, rows, len(candidates)))} for by, rows in parts.items()]


def _dots(by: str, rows: Sequence[dict], candidates: int) -> str:
    columns = [[row["intervals"][at]["mad"] for row in rows] for at in range(candidates)]
    return plots.dots(by, [row["label"] for row in rows], columns, METRICS["mad"])


def _portrait(evaluation: Evaluation, scores: Sequence[Mapping[str, np.ndarray]], show: Show, index: int) -> dict:
    image, alpha, mattes = show(index)
    row = picture.portrait_row(image, alpha, mattes)
    of = [f", {candidate.name}" if len(mattes) > 1 else "" for candidate in evaluation.candidates]
    titles = ["image", "truth", *(f"{what}{name}" for name in of for what in ("matte", "error"))]
    return {
        "portrait": evaluation.portraits[index],
        "pictures": [(title, picture.data_uri(pixels)) for title, pixels in zip(titles, row, strict=True)],
        "width": row[0].shape[1],
        "height": row[0].shape[0],
        "scores": [{name: one[name][index] for name in _OF_A_PORTRAIT if name in one} for one in scores],
    }


def _definitions(metrics: Mapping[str, ImageMetric]) -> list[dict]:
    """What the metrics are, in the words of their classes: the text before the arguments and the examples."""
    definitions = []
    for metric in metrics.values():
        text = re.split(r"\n\s*(?:Args|Raises|Returns|Examples?|>>>)", inspect.cleandoc(type(metric).__doc__ or ""))[0]
        paragraphs = [" ".join(part.split()).replace("`", "") for part in text.strip().split("\n\n")]
        definitions.append({"names": metric.names, "paragraphs": [part for part in paragraphs if part]})
    return definitions
