import signal
from types import SimpleNamespace

import pytest
import torch

from portrait_matting.callbacks.interruption import StopBetweenSteps
from portrait_matting.errors import Terminated

ALONE = SimpleNamespace(world_size=1)


class Two:
    """A trainer beside another process, which was sent `elsewhere`."""

    world_size = 2

    def __init__(self, elsewhere: int) -> None:
        self.elsewhere = elsewhere
        self.strategy = SimpleNamespace(root_device="cpu", reduce=self.reduce)

    def reduce(self, told, reduce_op):
        assert reduce_op == "max"
        return torch.maximum(told, torch.tensor(self.elsewhere))


@pytest.fixture
def callback():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    callback = StopBetweenSteps()
    callback.on_train_start(ALONE, None)
    yield callback
    callback.on_train_end(ALONE, None)
    assert {number: signal.getsignal(number) for number in before} == before


def send(number):
    signal.raise_signal(number)


@pytest.mark.parametrize("number, stop", [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)])
@pytest.mark.parametrize("step", ["on_train_batch_end", "on_validation_batch_end", "on_fit_end"])
def test_the_first_is_held_until_the_step_is_complete(callback, number, stop, step):
    getattr(callback, step)(ALONE, None)
    send(number)
    with pytest.raises(KeyboardInterrupt) as raised:
        getattr(callback, step)(ALONE, None)
    assert raised.type is stop


def test_a_second_ctrl_c_acts_at_once(callback):
    send(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        send(signal.SIGINT)


def test_a_second_sigterm_changes_nothing(callback):
    send(signal.SIGTERM)
    send(signal.SIGTERM)
    with pytest.raises(Terminated):
        callback.on_train_batch_end(ALONE, None)


def test_before_the_first_step_a_signal_acts_at_once():
    callback = StopBetweenSteps()
    callback.on_sanity_check_start(ALONE, None)
    with pytest.raises(Terminated):
        send(signal.SIGTERM)
    callback.on_train_end(ALONE, None)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_while_the_checkpoint_of_a_stopped_run_is_written_signals_change_nothing(callback, number):
    callback.on_exception(ALONE, None, Terminated())
    send(number)
    send(number)


def test_two_processes_stop_after_the_same_step_though_one_was_told(callback):
    callback.on_train_batch_end(Two(0), None)
    callback.on_validation_batch_end(Two(signal.SIGTERM), None)  # each may have another number of these
    with pytest.raises(Terminated):
        callback.on_train_batch_end(Two(signal.SIGTERM), None)
    send(signal.SIGTERM)
    with pytest.raises(Terminated):
        callback.on_train_batch_end(Two(0), None)
