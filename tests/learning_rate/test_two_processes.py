"""The search in two processes that train together: both climb the same ladder and give the same answer."""

import json
import os
import socket
import subprocess
import sys

import numpy as np
import pytest

SCRIPT = """
import json, sys, time
import torch
from lightning.pytorch import LightningModule
from torch.utils.data import DataLoader, TensorDataset
from portrait_matting.learning_rate.finder import find_learning_rate

rank, timed = int(sys.argv[1]), sys.argv[2] == "timed"

class Net(LightningModule):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer = torch.nn.Linear(8, 1)

    def training_step(self, batch, batch_idx):
        time.sleep(0.02 * rank)  # of unequal speed
        return (self.layer(batch[0]) - batch[1]).square().mean()

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), 1e-3)

generator = torch.Generator().manual_seed(1)
image = torch.randn(320, 8, generator=generator)
data = DataLoader(TensorDataset(image, 2 * image[:, :1] + 1), 4, shuffle=True)
net = Net()
before = net.layer.weight.clone()
length = {"training_steps": 10**6, "training_seconds": 20.0} if timed else {}
found = find_learning_rate(
    net, data, {"accelerator": "cpu", "devices": 2, "strategy": "ddp", "enable_progress_bar": False}, **length
)
kept = torch.equal(before, net.layer.weight)
with open(sys.argv[3], "w") as file:
    json.dump({"max_lr": found.max_lr, "sweeps": found.sweeps.tolist(), "steps": found.steps, "kept": kept}, file)
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["plain", "timed"])
def test_both_say_the_same(how, tmp_path):
    (tmp_path / "search.py").write_text(SCRIPT)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    world = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2", "NODE_RANK": "0"}
    ranks = [
        subprocess.Popen(
            [sys.executable, "search.py", str(rank), how, f"{rank}.json"],
            cwd=tmp_path,
            env=os.environ | world | {"LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    for rank in ranks:
        _, said = rank.communicate(timeout=120)
        assert rank.returncode == 0, said[-3000:]
    one, two = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2))
    assert one["kept"]
    assert two["kept"]
    assert one["max_lr"] == two["max_lr"]
    assert one["steps"] == two["steps"]
    np.testing.assert_array_equal(one["sweeps"], two["sweeps"])
    # 5 % of 20 s are 1 s, at 0.02 s a step and more: fewer than the 120 steps of three whole sweeps.
    assert (one["steps"] < 60) == (how == "timed")
