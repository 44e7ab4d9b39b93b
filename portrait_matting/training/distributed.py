"""Training on several devices: the other processes of a run, started from its finished recipe.

Lightning would start them by repeating this process's command line. Under Hydra that runs a sweep again in every
process (Lightning pull request 18175, Hydra issue 2070). Here they read the run's `config.yaml`, which holds what this
process composed and found. Lightning takes processes that carry torchrun's environment variables as they are.
"""

import _thread
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from portrait_matting.errors import InputError, Terminated

_VARIABLES = ("MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE", "NODE_RANK", "LOCAL_RANK", "OMP_NUM_THREADS")
_PATIENCE = 10  # seconds that a process has to end by itself
_STOPPED = (128 + signal.SIGINT, 128 + signal.SIGTERM)  # exit codes of a process that was asked to end


@contextlib.contextmanager
def processes(devices: int, config: Path) -> Iterator[None]:
    """Runs the body in this process, rank 0, beside `devices` - 1 others that train by the recipe `config`.

    Does nothing for one device, or in a process that is one of the others. Afterwards no process and no process group
    is left, and variables and threads are as before, so that the test and the next job of a sweep start fresh.

    Raises:
        InputError: one of the others failed. It has said why; this process does not wait for it for ever.
    """
    if devices == 1 or "LOCAL_RANK" in os.environ:
        yield
        return
    before, threads = {name: os.environ.get(name) for name in _VARIABLES}, torch.get_num_threads()
    os.environ.update(
        {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port()), "WORLD_SIZE": str(devices), "NODE_RANK": "0"}
    )
    command = [sys.executable, "-m", "portrait_matting.training.rank", str(config)]
    ranks = [
        subprocess.Popen(command, env=os.environ | {"LOCAL_RANK": str(rank)}, stdout=subprocess.DEVNULL)
        for rank in range(1, devices)
    ]
    os.environ["LOCAL_RANK"] = "0"
    over = threading.Event()
    watch = threading.Thread(target=_watch, args=(ranks, over), daemon=True)
    watch.start()
    try:
        yield
        for rank in ranks:
            rank.wait()
    except BaseException as error:
        if _lost_another(error):
            _settle(ranks)  # the connection is closed before the process has ended
        terminated = isinstance(error, Terminated) or isinstance(error.__context__, Terminated)
        if any(map(_failed, ranks)) and not terminated:
            raise InputError("another process of this run failed: its own line above says why") from error
        raise
    finally:
        over.set()
        watch.join()
        _end(ranks)
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
        torch.set_num_threads(threads)


def _watch(ranks: list[subprocess.Popen], over: threading.Event) -> None:
    """Interrupts this process when another has failed: it may be waiting for it in a collective operation."""
    while not any(map(_failed, ranks)):
        if over.wait(1):
            return
    for _ in range(_PATIENCE):
        if over.wait(1):
            return
        if os.name == "nt":
            _thread.interrupt_main()  # os.kill would end the process there
        else:
            os.kill(os.getpid(), signal.SIGINT)  # which also wakes it where it sleeps
    if not over.wait(1):
        os._exit(2)  # the main thread is deep in a library, and Python's own way to end would wait for it


def _lost_another(error: BaseException) -> bool:
    """Whether an exception is what a collective operation says when another process is gone."""
    return isinstance(error, RuntimeError) and any(word in str(error) for word in ("gloo", "Gloo", "NCCL", "by peer"))


def _settle(ranks: list[subprocess.Popen]) -> None:
    """Waits until one of the others has ended with an error, for a while."""
    for _ in range(10 * _PATIENCE):
        if any(map(_failed, ranks)):
            return
        time.sleep(0.1)


def _failed(rank: subprocess.Popen) -> bool:
    return rank.poll() not in (None, 0, *_STOPPED)


def _end(ranks: list[subprocess.Popen]) -> None:
    for rank in ranks:
        rank.terminate()
    for rank in ranks:
        try:
            rank.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            rank.kill()
            rank.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
