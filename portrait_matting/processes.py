"""Training on several devices: the other processes of a run, started from its finished recipe.

Lightning would start them by repeating this process's command line. Under Hydra that runs a sweep again in every
process (Lightning pull request 18175, Hydra issue 2070). Here they read the run's `config.yaml`, which holds what this
process composed and found, so that a sweep, a notebook and a plain run start them alike. Lightning takes processes that
carry torchrun's environment variables as they are.
"""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import torch.distributed

_VARIABLES = ("MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE", "NODE_RANK", "LOCAL_RANK")


@contextlib.contextmanager
def processes(devices: int, config: Path) -> Iterator[None]:
    """Runs the body in this process, rank 0, beside `devices` - 1 others that train by the recipe `config`.

    Does nothing for one device, or in a process that is one of the others. Afterwards no process, process group or
    environment variable is left, so that the next job of a sweep starts fresh.
    """
    if devices == 1 or "LOCAL_RANK" in os.environ:
        yield
        return
    os.environ.update(
        {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port()), "WORLD_SIZE": str(devices), "NODE_RANK": "0"}
    )
    command = [sys.executable, "-m", "portrait_matting.train_rank", str(config)]
    ranks = [
        subprocess.Popen(command, env=os.environ | {"LOCAL_RANK": str(rank)}, stdout=subprocess.DEVNULL)
        for rank in range(1, devices)
    ]
    os.environ["LOCAL_RANK"] = "0"
    try:
        yield
        for rank in ranks:
            rank.wait()
    finally:
        for rank in ranks:
            rank.terminate()
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()
        for name in _VARIABLES:
            os.environ.pop(name, None)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
