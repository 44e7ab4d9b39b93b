"""One training of a study: its seed, and what the optimizer does at each step."""

import math
from dataclasses import dataclass

import numpy as np

from portrait_matting.learning_rate.schedule import Schedule

BETA1, BETA2, EPS = 0.9, 0.999, 1e-8  # torch's, and those of conf/optimizer/adamw.yaml
WEIGHT_DECAY = 0.01  # of conf/optimizer/adamw.yaml


@dataclass(frozen=True)
class Job:
    """A training.

    Args:
        seed: of the weights and of the batches.
        rates: float64 (steps,) of a sweep.
        momenta: beta1 of each step; None: BETA1.
        sweeps: how often the rates are gone through, each time from the first weights, with the batches that come next.
        decay: float64 (steps,), the share by which a step shrinks the weights; None: rate times WEIGHT_DECAY.
        spared: biases and batch normalisation do not shrink.
        scored: the split on which the end is scored, if at all.
    """

    seed: int
    rates: np.ndarray
    momenta: np.ndarray | None = None
    sweeps: int = 1
    decay: np.ndarray | None = None
    spared: bool = False
    scored: str | None = None

    @property
    def steps(self) -> int:
        return self.sweeps * len(self.rates)

    def coefficients(self) -> np.ndarray:
        """What the step needs to know, float32 (steps of a sweep, 5), in the order of `Training`'s formula.

        Decay, beta1, 1 - beta1, rate / (1 - beta1^t), sqrt(1 - BETA2^t), where t counts from 1: AdamW (Loshchilov
        and Hutter 2019, arXiv 1711.05101, algorithm 2) as torch has it, which takes the beta1 of the step for all t.
        """
        beta1 = np.full(len(self.rates), BETA1) if self.momenta is None else np.asarray(self.momenta)
        decay = WEIGHT_DECAY * self.rates if self.decay is None else self.decay
        t = np.arange(1, len(self.rates) + 1)
        columns = (decay, beta1, 1 - beta1, self.rates / (1 - beta1**t), np.sqrt(1 - BETA2**t))
        return np.stack(columns, 1).astype(np.float32)


def scheduled(seed: int, peak: float, steps: int, policy: str = "one_cycle", scored: str | None = "val") -> Job:
    """A training by a policy of `portrait_matting.learning_rate.schedule`, with its momenta."""
    schedule = Schedule(policy=policy, max_lr=float(peak))
    rates = np.array([schedule.learning_rate(step, steps) for step in range(steps)])
    momenta = [schedule.momentum(step, steps) for step in range(steps)]
    return Job(seed, rates, None if None in momenta else np.array(momenta), scored=scored)


def shrinking(job: Job, share: float) -> np.ndarray:
    """The decay that takes `share` off the logarithm of each weight over a whole training, as the rate goes."""
    return share * job.rates / math.fsum(job.rates)
