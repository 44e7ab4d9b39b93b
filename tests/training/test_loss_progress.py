import csv
from types import SimpleNamespace

import pytest
from torch import nn

from portrait_matting.config.compose import compose
from portrait_matting.losses import BCE, BoundaryRMSE, DeepSupervision, WeightedSum
from portrait_matting.train import train
from portrait_matting.training.loss_progress import LossProgress


def test_every_sum_knows_how_far_the_run_is():
    sums = [WeightedSum({"bce": BCE()}, {"bce": 1.0}) for _ in range(2)]
    module = SimpleNamespace(loss=nn.ModuleList([DeepSupervision(sums[0]), nn.Sequential(sums[1], BoundaryRMSE())]))
    LossProgress(SimpleNamespace(done=0.4)).on_train_batch_start(None, module, None, 0)
    assert [one.done for one in sums] == [0.4, 0.4]


@pytest.mark.slow
def test_terms_of_a_run(tmp_path):
    """Of eight steps BCE has the first five, those at 0 to 4/8 of the run, and details the last two, from 6/8."""
    words = ["trainer=smoke", "trainer.limit_train_batches=8", "hardware.input_size=32", "hardware.batch_size=2"]
    words += ["hardware.workers=0", "learning_rate.max_lr=0.003", "data.train=16", "data.val=2", "data.test=2"]
    train(compose([*words, "loss=staged"], tmp_path))
    rows = list(csv.DictReader((tmp_path / "metrics.csv").open()))
    taught = {
        name: [int(row["step"]) for row in rows if row[f"train/{name}"] not in ("", "nan")]
        for name in ("bce", "l1", "laplacian")
    }
    assert taught == {"bce": [0, 1, 2, 3, 4], "l1": [4, 5, 6, 7], "laplacian": [6, 7]}
