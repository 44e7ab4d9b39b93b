import mmap
import types

import pytest
import torch

from portrait_matting.callbacks.throughput import Throughput, memory

MODULE = types.SimpleNamespace(device=torch.device("cpu"))


@pytest.fixture
def shown(monkeypatch):
    """Time that goes by a second at each batch, and what is sent."""
    sent, now = [], [100.0]
    room = "portrait_matting.callbacks.throughput"
    monkeypatch.setattr(f"{room}.time", types.SimpleNamespace(perf_counter=lambda: now[0]))
    monkeypatch.setattr(f"{room}.shown_by", lambda trainer: trainer.loggers)
    monkeypatch.setattr(f"{room}.log_metrics", lambda loggers, metrics, step: sent.append((step, metrics)))
    return sent, now


def run(now, batches, accumulate=1, loggers=(1,), callback=None):
    callback = callback or Throughput()
    trainer = types.SimpleNamespace(
        log_every_n_steps=2,
        accumulate_grad_batches=accumulate,
        world_size=3,
        loggers=list(loggers),
        is_last_batch=False,
    )
    callback.on_train_epoch_start(trainer, MODULE)
    for index in range(batches):
        now[0] += 1
        trainer.global_step = (index + 1) // accumulate
        callback.on_train_batch_end(trainer, MODULE, None, {"image": torch.zeros(4, 3, 2, 2)}, index)
    return callback, trainer


def test_images_of_all_processes_in_a_second(shown):
    sent, now = shown
    run(now, 5)
    assert [(step, metrics["speed/images_per_second"]) for step, metrics in sent] == [(1, 12), (3, 12)]
    assert sent[0][1]["speed/memory_gib"] == pytest.approx(memory(torch.device("cpu")) / 2**30, rel=0.2)


def test_a_step_of_several_batches_is_shown_once(shown):
    sent, now = shown
    run(now, 8, accumulate=2)
    assert [(step, metrics["speed/images_per_second"]) for step, metrics in sent] == [(1, 12), (3, 12)]


def test_validation_is_not_counted(shown):
    sent, now = shown
    callback, trainer = run(now, 2)
    now[0] += 1000
    callback.on_validation_end(trainer, MODULE)
    run(now, 2, callback=callback)
    assert sent[1][1]["speed/images_per_second"] == 12


def test_without_a_dashboard_nothing_is_shown(shown):
    sent, now = shown
    run(now, 4, loggers=())
    assert not sent


def test_the_memory_of_a_process_is_what_it_holds():
    before = memory(torch.device("cpu"))
    with mmap.mmap(-1, 64 * 2**20) as held:  # not from the heap, which may have kept as much from another test
        for _ in range(64):
            held.write(b"\1" * 2**20)
        assert memory(torch.device("cpu")) - before > 0.9 * 64 * 2**20
