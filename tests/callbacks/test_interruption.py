import os
import signal

import pytest

from portrait_matting.callbacks.interruption import StopBetweenSteps


@pytest.fixture
def callback():
    before = signal.getsignal(signal.SIGINT)
    callback = StopBetweenSteps()
    callback.on_train_start(None, None)
    yield callback
    callback.on_train_end(None, None)
    assert signal.getsignal(signal.SIGINT) is before


def ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)


def test_the_first_is_held_until_the_step_is_complete(callback):
    callback.on_train_batch_end(None, None)
    ctrl_c()
    with pytest.raises(KeyboardInterrupt):
        callback.on_train_batch_end(None, None)


def test_the_second_acts_at_once(callback):
    ctrl_c()
    with pytest.raises(KeyboardInterrupt):
        ctrl_c()
