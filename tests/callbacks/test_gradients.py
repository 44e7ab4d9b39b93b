import types

import pytest
import torch
from torch import nn

from portrait_matting.callbacks.gradients import GradientNorms, gradient_norms
from portrait_matting.models.u2net import u2netp


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stage1, self.stage2, self.side1, self.outconv = (nn.Linear(2, 1, bias=False) for _ in range(4))
        for part, gradient in (
            (self.stage1, [3, 4]),
            (self.stage2, [0, 12]),
            (self.side1, [0, 3]),
            (self.outconv, [4, 0]),
        ):
            part.weight.grad = torch.tensor([gradient], dtype=torch.float32)


def test_norms_by_hand():
    found = {name: norm.item() for name, norm in gradient_norms(Net().named_parameters()).items()}
    assert found == pytest.approx({"total": (25 + 144 + 25) ** 0.5, "stage1": 5, "stage2": 12, "heads": 5})


def test_the_total_is_the_norm_that_clipping_sees():
    net = u2netp()
    torch.manual_seed(0)
    for parameter in net.parameters():
        parameter.grad = torch.randn_like(parameter)
    found = gradient_norms(net.named_parameters())
    assert len(found) == 1 + 11 + 1  # the total, eleven stages, the heads
    torch.testing.assert_close(found["total"], nn.utils.clip_grad_norm_(net.parameters(), 1e9))


def test_without_gradients_there_is_nothing_to_show():
    assert gradient_norms(nn.Linear(1, 1).named_parameters()) == {}


@pytest.fixture
def shown(monkeypatch):
    sent = []
    monkeypatch.setattr("portrait_matting.callbacks.gradients.shown_by", lambda trainer: trainer.loggers)
    monkeypatch.setattr(
        "portrait_matting.callbacks.gradients.log_metrics", lambda loggers, metrics, step: sent.append((step, metrics))
    )
    return sent


def trainer(step, loggers=(1,), scaler=None, every=5):
    plugin = types.SimpleNamespace(scaler=scaler)
    return types.SimpleNamespace(
        global_step=step, loggers=list(loggers), log_every_n_steps=every, precision_plugin=plugin
    )


def step(callback, at, optimizer=None, **given):
    callback.on_before_optimizer_step(trainer(at, **given), types.SimpleNamespace(net=Net()), optimizer)
    callback.on_train_batch_end(trainer(at + 1, **given))


def test_only_every_nth_step_is_looked_at(shown, monkeypatch):
    callback = GradientNorms()
    for at in range(10):
        step(callback, at)
    assert [at for at, _ in shown] == [4, 9]
    assert shown[0][1]["gradients/stage2"] == 12
    monkeypatch.setattr(
        "portrait_matting.callbacks.gradients.gradient_norms", lambda _: pytest.fail("this step is not logged")
    )
    step(callback, 5)
    step(callback, 4, loggers=())
    step(callback, 4, every=0)


def test_a_fused_optimizer_in_float16_has_scaled_gradients(shown):
    scaler = types.SimpleNamespace(get_scale=lambda: 4.0)
    step(GradientNorms(), 4, optimizer=types.SimpleNamespace(_step_supports_amp_scaling=True), scaler=scaler)
    step(GradientNorms(), 4, optimizer=types.SimpleNamespace(), scaler=scaler)
    assert [metrics["gradients/stage2"] for _, metrics in shown] == [3, 12]
