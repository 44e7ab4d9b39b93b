"""The parts of an evaluation, built from its recipe, and what is done with them: score, report."""

import logging
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from hydra.utils import get_class, instantiate
from omegaconf import DictConfig, OmegaConf

from portrait_matting.data.mix_portraits import MixPortraits
from portrait_matting.data.named import NamedPortraits
from portrait_matting.data.samples import Portraits
from portrait_matting.data.truth import check_truth, truths
from portrait_matting.disk.home import expand
from portrait_matting.errors import InputError
from portrait_matting.evaluation.confidence import intervals
from portrait_matting.evaluation.mattes import FolderMattes, Mattes, NetworkMattes
from portrait_matting.evaluation.paired_test import compare
from portrait_matting.evaluation.report import write_report
from portrait_matting.evaluation.result import Evaluation
from portrait_matting.evaluation.scoring import score as score_mattes
from portrait_matting.evaluation.scoring import shower
from portrait_matting.evaluation.strata import strata
from portrait_matting.evaluation.tables import summary, write_intervals, write_metrics, write_per_image
from portrait_matting.hardware import choose_precision
from portrait_matting.metrics import ImageMetric, all_metrics
from portrait_matting.metrics.catalogue import METRICS
from portrait_matting.weights.kept_recipe import root_digests

log = logging.getLogger(__name__)

_AT_ONCE = 8  # portraits read before their mattes are asked for, where hardware.batch_size is "auto"


@dataclass
class EvaluationJob:
    """What a recipe describes, built."""

    cfg: DictConfig
    candidates: list[Mattes]
    data: str
    chosen: NamedPortraits
    metrics: dict[str, ImageMetric]


def build_evaluation_job(cfg: DictConfig) -> EvaluationJob:
    """Loads the candidates and finds the portraits: what is wrong with either is found here, before any is scored.

    Data that a candidate was trained on is scored on its test split, unless another split is named.

    Raises:
        InputError: names what is wrong.
    """
    _settle(cfg.hardware)
    size = cfg.hardware.input_size
    hardware = instantiate(cfg.hardware, input_size=size or 16)
    precision = choose_precision(hardware.precision, hardware.accelerator)
    networks = [NetworkMattes(path, hardware.accelerator, precision, size) for path in _paths(cfg.checkpoint)]
    data = OmegaConf.to_container(cfg.data, resolve=True)
    chosen = get_class(data["_target_"]).scored(
        split=cfg.split,
        trained_on=any(_same_data(network.config.get("data", {}), data) for network in networks),
        **{key: value for key, value in data.items() if key != "_target_"},
    )
    if networks:
        log.info("hardware: %s", _device(hardware.accelerator))
    candidates = [*networks, *(FolderMattes(path) for path in _paths(cfg.predictions))]
    for candidate in candidates:
        candidate.missing(chosen.names)  # refuses a folder of other portraits
    if data.get("check_truth", True):
        for place, portraits in _parts(chosen, data).items():
            check_truth(truths(portraits), f"{place}, split={chosen.split}")
        for candidate in candidates:
            if isinstance(candidate, FolderMattes):
                candidate.check(chosen.names)
    where = ", ".join(dict.fromkeys(chosen.sources)) or data.get("root") or "drawn portraits"
    words = f"{where}, {'all' if chosen.split == 'all' else f'{chosen.split} split'}"
    return EvaluationJob(cfg, candidates, words, chosen, dict(all_metrics().items()))


def score(job: EvaluationJob) -> Evaluation:
    """Measures every candidate's matte of every portrait."""
    evaluation = score_mattes(
        job.chosen.portraits,
        job.chosen.names,
        job.candidates,
        job.metrics,
        job.data,
        batch_size=job.cfg.hardware.batch_size,
        workers=job.cfg.hardware.workers,
        threads=os.cpu_count() or 1,
        progress=job.cfg.progress,
    )
    source_of = dict(zip(job.chosen.names, job.chosen.sources, strict=False))
    sources = [source_of[portrait.name] for portrait in evaluation.portraits] if source_of else []
    return replace(evaluation, sources=sources)


def report(job: EvaluationJob, evaluation: Evaluation, run_dir: Path) -> dict[str, float]:
    """Writes metrics.csv, figures.csv, metrics.json and report.html, prints the table, returns the first's metrics."""
    cfg = job.cfg
    write_per_image(run_dir / "metrics.csv", evaluation, job.metrics)
    measured = [candidate.measured for candidate in evaluation.candidates]
    sure = [intervals(rows, job.metrics, cfg.resamples, cfg.seed) for rows in measured]
    differences = [compare(measured[0], rows, job.metrics, cfg.resamples, seed=cfg.seed) for rows in measured[1:]]
    by_source = [
        {
            f"{source}/{name}": interval
            for source, indices in evaluation.of_source().items()
            for name, interval in intervals(
                {metric: of[indices] for metric, of in rows.items()}, job.metrics, cfg.resamples, cfg.seed
            ).items()
        }
        for rows in measured
    ]
    write_intervals(run_dir / "figures.csv", evaluation, sure, differences, by_source)
    write_metrics(run_dir / "metrics.json", evaluation, sure, "test", by_source)
    show = shower(job.chosen.portraits, job.chosen.names, job.candidates)
    write_report(
        run_dir / "report.html",
        evaluation,
        job.metrics,
        sure,
        differences,
        strata(evaluation.portraits, evaluation.sources),
        lambda index: show(evaluation.portraits[index].name),
        cfg.pictures,
        cfg.seed,
        cfg.resamples,
    )
    print(summary(evaluation, sure, differences, by_source))
    print(f"\n  report  {run_dir / 'report.html'}")
    return {name: sure[0][name].value for name in METRICS}


def _settle(hardware: DictConfig) -> None:
    """Replaces every "auto" of `hardware` but the precision's; little depends on most of it, as nothing is trained."""
    chosen = {
        "accelerator": "cuda" if torch.cuda.is_available() else "cpu",
        "batch_size": _AT_ONCE,
        "accumulate": 1,
        "recompute": "none",
    }
    hardware.update({name: value for name, value in chosen.items() if hardware[name] == "auto"})


def _device(accelerator: str) -> str:
    return f"cuda, {torch.cuda.get_device_name()}" if accelerator == "cuda" else accelerator


def _same_data(theirs: dict[str, Any], ours: dict[str, Any]) -> bool:
    return not root_digests(theirs).isdisjoint(root_digests(ours))


def _parts(chosen: NamedPortraits, data: dict[str, Any]) -> dict[str, Portraits]:
    """The portraits of each source whose truth is to be looked at, by what a message calls the place of it."""
    if not isinstance(chosen.portraits, MixPortraits):
        return {f"data.root={data.get('root')}": chosen.portraits}
    keys = data["sources"]
    return {
        f"data.sources.{name}.root={keys[name].get('root')}": portraits
        for name, portraits in zip(chosen.portraits.sources, chosen.portraits.datasets, strict=True)
        if keys[name].get("check_truth", True)
    }


def _paths(value: Any) -> list[str]:
    if isinstance(value, str) and "," in value and not expand(value).exists():
        raise InputError(f"there is no {value}: several are given in brackets, KEY=[A,B]")
    return [value] if isinstance(value, str) else list(value or [])
