import pytest
import torch
from torch.utils.data import BatchSampler, Dataset

from portrait_matting.data.bad_files import BadFiles
from portrait_matting.data.sampler import EpochSampler, ResumableLoader


class Keys(Dataset):
    """Samples that are their own (epoch, index)."""

    def __init__(self, length: int) -> None:
        self.length = length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, key: tuple[int, int]) -> dict:
        return {"key": torch.tensor(key), "bad": []}


def loader(length=23, batch_size=4, workers=0, seed=7, rank=0, processes=1) -> ResumableLoader:
    samples = Keys(length)
    sampler = EpochSampler(samples, seed, rank, processes)
    arguments = {"num_workers": workers, "persistent_workers": workers > 0, "drop_last": True}
    return ResumableLoader(samples, sampler, BadFiles(length, 0.0), batch_size=batch_size, **arguments)


def epoch(loading: ResumableLoader, number: int) -> list[list[list[int]]]:
    """The batches of one epoch, asked for as Lightning does."""
    loading.sampler.set_epoch(number)
    return [batch["key"].tolist() for batch in loading]


def test_an_epoch_is_a_permutation_known_from_the_seed_and_the_epoch():
    orders = {}
    for seed in (0, 1):
        sampler = EpochSampler(Keys(50), seed)
        for number in (0, 5):
            sampler.set_epoch(number)
            keys = list(sampler)
            assert {key[0] for key in keys} == {number}
            assert sorted(key[1] for key in keys) == list(range(50))
            orders[seed, number] = [key[1] for key in keys]
    assert len({tuple(order) for order in orders.values()}) == 4
    again = EpochSampler(Keys(50), 1)
    again.set_epoch(5)
    assert [key[1] for key in again] == orders[1, 5]


@pytest.mark.parametrize("length", [24, 23, 22, 21])
def test_several_processes_see_together_what_one_sees(length):
    one = [sorted(map(tuple, batch)) for batch in epoch(loader(length, batch_size=6), 3)]
    for processes, batch_size in ((2, 3), (3, 2)):
        shares = [epoch(loader(length, batch_size, rank=r, processes=processes), 3) for r in range(processes)]
        together = [sorted(tuple(key) for share in step for key in share) for step in zip(*shares, strict=True)]
        assert together == one


def test_no_sample_repeats_in_an_epoch_on_several_processes():
    samplers = [EpochSampler(Keys(11), 0, rank, 4) for rank in range(4)]
    seen = [key for sampler in samplers for key in sampler]
    assert len(seen) == len(set(seen)) == 8


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("batches", [0, 1, 3, 5])
def test_a_new_loader_goes_on_where_the_state_was_taken(batches, workers):
    whole = loader(workers=workers)
    uninterrupted = [epoch(whole, number) for number in (2, 3, 4)]
    first = loader(workers=workers)
    first.sampler.set_epoch(2)
    iterator = iter(first)
    seen = [next(iterator)["key"].tolist() for _ in range(batches)]
    second = loader(workers=workers)
    second.load_state_dict(first.state_dict())
    if batches == 5:
        assert second.sampler.epoch == 3
    else:
        seen += epoch(second, 2)
    assert [seen, epoch(second, 3), epoch(second, 4)] == uninterrupted


def test_a_run_can_be_stopped_twice_in_one_epoch():
    uninterrupted = epoch(loader(), 2)
    states, seen = [{"epoch": 2, "samples": 0}], []
    for _ in range(3):
        part = loader()
        part.load_state_dict(states[-1])
        iterator = iter(part)
        seen += [next(iterator)["key"].tolist() for _ in range(2 if len(seen) < 4 else 1)]
        states.append(part.state_dict())
    assert seen == uninterrupted
    assert states[1:] == [{"epoch": 2, "samples": n} for n in (8, 16, 20)]


def test_a_state_that_was_loaded_and_not_used_is_not_lost():
    part = loader()
    part.load_state_dict({"epoch": 2, "samples": 8})
    iter(part)  # Lightning asks for an iterator before the first batch
    assert part.state_dict() == {"epoch": 2, "samples": 8}


def test_another_epoch_starts_at_its_beginning():
    """An epoch that limit_train_batches cut short leaves a state in its middle."""
    part = loader()
    part.load_state_dict({"epoch": 2, "samples": 8})
    assert epoch(part, 3) == epoch(loader(), 3)


@pytest.mark.parametrize("batch_size, processes", [(8, 1), (2, 1), (4, 2), (2, 2)])
def test_a_run_goes_on_with_another_batch_size_and_number_of_processes(batch_size, processes):
    seen = [tuple(key) for batch in epoch(loader(length=24), 2) for key in batch]
    rest = []
    for rank in range(processes):
        part = loader(24, batch_size, rank=rank, processes=processes)
        part.load_state_dict({"epoch": 2, "samples": 8})
        rest += [tuple(key) for batch in epoch(part, 2) for key in batch]
    assert sorted(rest) == sorted(seen[8:])


def test_a_batch_whose_step_is_not_done_is_seen_again():
    done = 0
    samples = Keys(12)
    part = ResumableLoader(samples, EpochSampler(samples, 0), BadFiles(12, 0.0), lambda: done, batch_size=2)
    iterator = iter(part)
    for _ in range(3):
        next(iterator)
        done += 1
    next(iterator)  # handed out, and the run stops in its step
    assert part.state_dict() == {"epoch": 0, "samples": 6}


def test_it_is_a_batch_sampler_of_full_batches():
    part = loader(length=23, batch_size=4)
    assert isinstance(part.batch_sampler, BatchSampler)
    assert len(part) == 5 == len(list(part))
