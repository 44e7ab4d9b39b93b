"""The order of training samples: known from the seed and the epoch alone, so that a run can stop and go on anywhere."""

from collections.abc import Iterator

from torch.utils.data import DataLoader, Dataset, DistributedSampler


class EpochSampler(DistributedSampler):
    """Yields (epoch, index) in an order that depends on `seed` and the epoch alone.

    The epoch travels with the index, so that persistent workers, which never see the main process again, draw new
    augmentations in every epoch. Process r of n takes every n-th index: together, n processes with batch b see what one
    process with batch n * b sees.

    Attributes:
        start: samples of this process to leave out at the beginning of the next epoch alone (they were seen before
            the run was stopped).
    """

    def __init__(self, dataset: Dataset, seed: int, rank: int = 0, processes: int = 1) -> None:
        super().__init__(dataset, num_replicas=processes, rank=rank, shuffle=True, seed=seed)
        self.start = 0

    def __iter__(self) -> Iterator[tuple[int, int]]:
        order = list(super().__iter__())[self.start :]
        epoch, self.start = self.epoch, 0
        return iter([(epoch, index) for index in order])


class ResumableLoader(DataLoader):
    """A training loader that goes on in the middle of an epoch with the samples that this epoch has not seen.

    Lightning writes `state_dict()` into every checkpoint and hands it back before the first batch. Needs an
    `EpochSampler`.
    """

    def __init__(self, dataset: Dataset, sampler: EpochSampler, **arguments) -> None:
        super().__init__(dataset, sampler=sampler, **arguments)
        self._batches = 0  # handed out in this epoch

    def __iter__(self) -> Iterator:
        self._batches = self.sampler.start // self.batch_size
        for batch in super().__iter__():
            self._batches += 1
            yield batch

    def state_dict(self) -> dict[str, int]:
        return {"epoch": self.sampler.epoch, "batches": self._batches}

    def load_state_dict(self, state: dict[str, int]) -> None:
        finished = state["batches"] >= len(self)
        self.sampler.set_epoch(state["epoch"] + finished)
        self.sampler.start = 0 if finished else state["batches"] * self.batch_size
