"""The planner's predictions, made in other processes while the card is busy: they take a processor seconds each."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

import torch
from gpu_step import NETWORKS, Choice

from portrait_matting.memory.footprint import footprint
from portrait_matting.memory.plan import largest_batch

MOST = 4  # processes: each holds torch


class Forecast:
    """Begins, in the order given, to predict the peak of each step of `steps` and the largest batch of `batches`."""

    def __init__(self, steps: list[Choice], batches: list[Choice], budget: int, device: str) -> None:
        workers = max(1, min(MOST, (os.cpu_count() or 1) - 1, len(steps) + len(batches)))
        self.pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), torch.set_num_threads, (1,))
        self.peaks = {choice: self.pool.submit(peak, choice, device) for choice in steps}
        self.batches = {choice: self.pool.submit(largest, choice, budget, device) for choice in batches}

    def peak(self, choice: Choice) -> int:
        """Bytes."""
        return self.peaks[choice].result()

    def largest(self, choice: Choice) -> int:
        """Images."""
        return self.batches[choice].result()

    def close(self) -> None:
        """Drops what has not been begun, and waits for the rest: what is timed now has the processor for itself."""
        self.pool.shutdown(cancel_futures=True)


def peak(choice: Choice, device: str) -> int:
    kind = choice.batch, choice.size, choice.precision, choice.recompute, device, choice.channels_last
    return footprint(NETWORKS[choice.network], choice.loss(), choice.optimizer, *kind).peak


def largest(choice: Choice, budget: int, device: str) -> int:
    kind = budget, choice.size, choice.precision, choice.recompute, device, choice.channels_last
    return largest_batch(NETWORKS[choice.network], choice.loss(), choice.optimizer, *kind)
