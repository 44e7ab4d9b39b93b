"""The loaders of a run: an order known from seed and epoch alone, so that it can stop anywhere; bad files counted."""

from collections.abc import Callable, Iterator

from torch.utils.data import DataLoader, Dataset, DistributedSampler, Sampler

from portrait_matting.data.bad_files import BadFiles


class EpochSampler(DistributedSampler):
    """Yields (epoch, index) in an order that depends on `seed` and the epoch alone.

    The epoch travels with the index, so that persistent workers, which never see the main process again, draw new
    augmentations in every epoch. Process r of n takes every n-th index: together, n processes with batch b see what one
    process with batch n * b sees.

    Attributes:
        start: samples of this process to leave out at the beginning of this epoch (they were seen before the run was
            stopped). Another epoch starts at 0.
    """

    def __init__(self, dataset: Dataset, seed: int, rank: int = 0, processes: int = 1) -> None:
        # drop_last: else the indices that do not divide by n are filled up with some that were seen already.
        super().__init__(dataset, num_replicas=processes, rank=rank, shuffle=True, seed=seed, drop_last=True)
        self.start = 0

    def set_epoch(self, epoch: int) -> None:
        if epoch != self.epoch:
            self.start = 0
        super().set_epoch(epoch)

    def order(self) -> list[int]:
        """This process's indices of the whole epoch."""
        return list(super().__iter__())

    def __iter__(self) -> Iterator[tuple[int, int]]:
        order = self.order()[self.start :]
        epoch, self.start = self.epoch, 0
        return iter([(epoch, index) for index in order])


class ResumableLoader(DataLoader):
    """A training loader that resumes in the middle of an epoch with the samples that this epoch has not seen.

    Lightning writes `state_dict()` into every checkpoint and hands it back before the first batch. Needs an
    `EpochSampler`. The state counts the samples of all processes, so that a run may go on with another batch size.

    Args:
        bad_files: counts what the batches say under `bad`, in this process, where all workers' batches come together.
        finished: how many batches of this epoch the trainer has finished. A batch that was handed out when the run was
            stopped is not seen until its step is done. None counts those handed out.
    """

    def __init__(
        self,
        dataset: Dataset,
        sampler: EpochSampler,
        bad_files: BadFiles,
        finished: Callable[[], int] | None = None,
        **arguments,
    ) -> None:
        super().__init__(dataset, sampler=sampler, **arguments)
        self.bad_files = bad_files
        self._handed_out = 0
        self._count = finished
        self._begin()

    def __iter__(self) -> Iterator:
        # A generator: all this happens at the first batch, when Lightning, which asks for iterators early, has set the
        # epoch.
        self._begin()
        for batch in super().__iter__():
            self.bad_files.note(batch.pop("bad"))
            self._handed_out += 1
            yield batch

    def state_dict(self) -> dict[str, int]:
        seen = self._start + (self._finished() - self._finished_at_start) * self.batch_size
        return {"epoch": self._epoch, "samples": max(seen, 0) * self.sampler.num_replicas}

    def load_state_dict(self, state: dict[str, int]) -> None:
        sampler = self.sampler
        sampler.set_epoch(state["epoch"])
        sampler.start = state["samples"] // sampler.num_replicas
        if sampler.start + self.batch_size > len(sampler):  # less than a batch is left: the epoch is over
            sampler.set_epoch(state["epoch"] + 1)
        self._begin()

    def _finished(self) -> int:
        # Not a lambda in __init__: it would close a reference cycle, and workers that the cyclic garbage collector
        # shuts down get that message after their queue is closed, which costs five seconds each.
        return self._count() if self._count else self._handed_out

    def _begin(self) -> None:
        self._epoch, self._start, self._finished_at_start = self.sampler.epoch, self.sampler.start, self._finished()


class ScoredSampler(Sampler):
    """Yields every index in its order, shared out over the processes; process r of n takes every n-th.

    No process may have fewer batches than the others, who would wait for it: one that has run out repeats portraits as
    ~index, a negative number, which `ScoredSamples` marks as not to be counted.
    """

    def __init__(self, length: int, rank: int = 0, processes: int = 1) -> None:
        padded = -(-length // processes) * processes
        self.indices = [i if i < length else ~(i % length) for i in range(rank, padded, processes)]

    def __len__(self) -> int:
        return len(self.indices)

    def __iter__(self) -> Iterator[int]:
        return iter(self.indices)


class ScoredLoader(DataLoader):
    """A loader of validation or test that passes over bad portraits and counts them."""

    def __init__(self, dataset: Dataset, bad_files: BadFiles, **arguments) -> None:
        super().__init__(dataset, **arguments)
        self.bad_files = bad_files

    def __iter__(self) -> Iterator:
        for batch in super().__iter__():
            self.bad_files.note(batch.pop("bad"))
            if batch["alpha"]:
                yield batch
