"""How commands end: exit codes of Ctrl-C and SIGTERM."""

import signal
import sys

import pytest

from portrait_matting.cli import command
from portrait_matting.errors import Terminated


def send(number):
    signal.raise_signal(number)


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_command_that_is_stopped_puts_things_in_order_and_says_so_by_its_code(number, code):
    before, tidied = signal.getsignal(signal.SIGTERM), []

    def work():
        try:
            send(number)
        finally:
            send(signal.SIGTERM) if number == signal.SIGTERM else None  # a scheduler may send two
            tidied.append(True)

    with pytest.raises(SystemExit) as end:
        command.run(work)
    assert end.value.code == code
    assert tidied
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize("stop, code", [(KeyboardInterrupt, 130), (Terminated, 143)])
def test_a_library_that_makes_1_of_it_does_not_hide_it(stop, code):
    def work():
        try:
            raise stop
        except KeyboardInterrupt:
            sys.exit(1)  # as Lightning does

    with pytest.raises(SystemExit) as end:
        command.run(work)
    assert end.value.code == code


def test_an_exit_code_of_the_command_s_own_stays():
    with pytest.raises(SystemExit) as end:
        command.run(lambda: sys.exit(1))
    assert end.value.code == 1


def test_nohup_stays():
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        command.run(lambda: send(signal.SIGTERM))
    finally:
        signal.signal(signal.SIGTERM, before)
