"""A study under way: what is measured already, what there is time for, and at what rate to train."""

import time
from pathlib import Path

import numpy as np
import torch
from answers import cut
from parts import PARTS, RANGES, Extent
from portraits import Portraits
from results import Result, measured, path_of, read, write
from setting import Setting
from training import Training

from portrait_matting.errors import InputError
from portrait_matting.learning_rate.suggestion import suggest

FALLBACK = 0.001  # that of conf/learning_rate/_finder.yaml


def answered(folder: Path, setting: Setting) -> float:
    """The rate that the finder's rule says of the usual range: the median over seeds; FALLBACK if none was answered.

    Raises:
        InputError: the range tests of the setting were not measured.
    """
    path = path_of(folder, "ranges", setting)
    if not path.is_file():
        raise InputError(f"{path} is not there, which says at what rate to train: give --parts ranges first")
    found = read(path)
    usual = next(iter(RANGES))
    said = (suggest(found.rates[usual], cut(sweeps)).rate for sweeps in found.losses[usual])
    rates = [rate for rate in said if rate is not None]
    return float(np.exp(np.median(np.log(rates)))) if rates else FALLBACK


class Study:
    """Measures parts of settings, one after another, until the time is over.

    Args:
        folder: of the results.
        portraits: of both sources.
        extent: of a part.
        size: of the network's input.
        minutes: no part begins that would take longer, by the speed of the part before.
    """

    def __init__(self, folder: Path, portraits: Portraits, extent: Extent, size: int, minutes: float) -> None:
        self.folder, self.portraits, self.extent, self.size = folder, portraits, extent, size
        self.began = time.monotonic()
        self.end = self.began + 60 * minutes

    def __call__(self, part: str, setting: Setting, training: Training) -> None:
        """Measures a part, unless it is there or there is no time left, and says so in a line."""
        asked = {"size": self.size, "steps": self.extent.steps}
        if measured(self.folder, part, setting, asked):
            self._say(part, setting, "is there")
            return
        rate = answered(self.folder, setting) if PARTS[part].needs_answer else None
        jobs = PARTS[part](self.extent, rate)
        steps = sum(job.steps for each in jobs.values() for job in each)
        if time.monotonic() + steps * training.step_seconds > self.end:
            self._say(part, setting, f"left out: its {steps} steps would take longer than --minutes")
            return
        outcomes = {
            label: [training.run(job, self.portraits, setting.data) for job in each] for label, each in jobs.items()
        }
        rates = {label: each[0].rates for label, each in jobs.items()}
        losses = {label: np.stack([outcome.losses for outcome in each]) for label, each in outcomes.items()}
        scores = {
            label: np.stack([outcome.scores for outcome in each])
            for label, each in outcomes.items()
            if each[0].scores is not None
        }
        device = torch.cuda.get_device_name() if training.device.type == "cuda" else "cpu"
        facts = asked | {"answer": rate, "step_seconds": training.step_seconds, "device": device}
        write(self.folder, Result(part, setting, rates, losses, scores, facts))
        self._say(part, setting, f"{steps} steps, {1000 * training.step_seconds:.1f} ms each")

    def _say(self, part: str, setting: Setting, words: str) -> None:
        print(f"[{time.monotonic() - self.began:6.0f} s] {part} {setting}: {words}", flush=True)
