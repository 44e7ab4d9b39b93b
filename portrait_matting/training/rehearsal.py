"""What a validation and the test are going to cost: two batches of each, before a run that has to end at a time."""

import tempfile
import time
from typing import Any, NamedTuple

import lightning.pytorch as L
from hydra.utils import instantiate
from lightning.pytorch.utilities.seed import isolate_rng

from portrait_matting.callbacks.gallery import Gallery
from portrait_matting.callbacks.samples import SamplePictures
from portrait_matting.training.job import TrainingJob
from portrait_matting.training.limits import batches, validated_batches

_BATCHES = 2  # the first starts workers and searches kernels, the second is as all others


class Rehearsal(NamedTuple):
    """Seconds of a whole validation, of one of the processes, and of the whole test."""

    validation: float
    test: float


def rehearse(job: TrainingJob) -> Rehearsal:
    """Validates and tests on two batches each, and reckons what all take, with the pictures that are drawn after them.

    Nothing is logged or kept of it. Weights, metrics and random state are afterwards as before.
    """
    job.data.setup("test")
    validated = validated_batches(job.cfg.trainer, -(-len(job.data.val_dataloader()) // job.hardware.devices))
    tested = batches(len(job.data.test_dataloader()), job.cfg.trainer.limit_test_batches)
    with isolate_rng(), tempfile.TemporaryDirectory(prefix="rehearsal_") as folder:
        found = Rehearsal(_seconds(job, "validate", validated, folder), _seconds(job, "test", tested, folder))
    for measured in (job.module.val_metrics, job.module.test_metrics, job.module.val_origins, job.module.test_origins):
        measured.reset()
    job.module.tested = []
    return found


class _Stopwatch(L.Callback):
    """Notes when each batch has ended."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_validation_batch_end(self, *_: Any) -> None:
        self.ends.append(time.perf_counter())

    on_test_batch_end = on_validation_batch_end


def _draws(job: TrainingJob, folder: str) -> list[L.Callback]:
    """Those of the run's callbacks that draw pictures after a validation or a test, into another folder."""
    known = [f"{kind.__module__}.{kind.__qualname__}" for kind in (Gallery, SamplePictures)]
    nodes = [node for node in job.cfg.callbacks.values() if node and node.get("_target_") in known]
    return [instantiate(node, run_dir=folder) for node in nodes]


def _seconds(job: TrainingJob, stage: str, total: int, folder: str) -> float:
    if not total:
        return 0.0
    watch = _Stopwatch()
    shown = min(total, _BATCHES)
    one_process = {"devices": 1, "strategy": "auto", "logger": False, "enable_checkpointing": False}
    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "profiler": None, "overfit_batches": 0.0}
    limits = {"limit_val_batches": shown, "limit_test_batches": shown, "max_time": None, "max_epochs": 1}
    given = instantiate(job.cfg.trainer, _partial_=True, _convert_="all")
    trainer = given(**job.trainer_arguments | one_process | quiet | limits, callbacks=[watch, *_draws(job, folder)])
    began = time.perf_counter()
    getattr(trainer, stage)(job.module, datamodule=job.data, verbose=False)
    all_shown = time.perf_counter() - began
    each = watch.ends[-1] - watch.ends[-2] if len(watch.ends) > 1 else 0.0
    return all_shown + each * (total - shown)
