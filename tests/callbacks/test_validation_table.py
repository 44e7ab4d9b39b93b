import types

import numpy as np
import pytest
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger, WandbLogger

from portrait_matting.callbacks import shown_portraits, validation_table
from portrait_matting.callbacks.validation_table import COLUMNS, ValidationTable, scores
from portrait_matting.errors import InputError


def square(size=60):
    alpha = np.zeros((size, size), np.float32)
    alpha[size // 4 : -size // 4, size // 4 : -size // 4] = 1
    return alpha


def test_scores_by_hand():
    truth = np.zeros((8, 8), np.float32)
    truth[:, :4] = 1
    matte = truth.copy()
    matte[:, 4] = 1  # a column too much: 8 of 64 pixels, and a union of 5 columns
    mad, band, iou = scores(matte, truth)
    assert mad == 8 / 64
    assert iou == pytest.approx(4 / 5)
    assert band > mad
    assert scores(np.zeros((8, 8), np.float32), np.zeros((8, 8), np.float32)) == [0, None, 1]


class FakePortraits:
    def __len__(self):
        return 3

    def __getitem__(self, index):
        if index == 1:
            raise InputError("b.jpg cannot be decoded")
        return np.full((60, 60, 3), 100 + index, np.uint8), square()


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A trainer with both dashboards, what they are sent, and a clock that stands still."""
    sent, now = [], [1000.0]
    monkeypatch.setattr(shown_portraits, "matte_of", lambda *_: square())
    monkeypatch.setattr(validation_table, "time", types.SimpleNamespace(perf_counter=lambda: now[0]))
    tensorboard, wandb = TensorBoardLogger(tmp_path), WandbLogger(save_dir=tmp_path, offline=True)
    monkeypatch.setattr(validation_table, "log_picture", lambda loggers, *given: sent.append(given))
    wandb.log_metrics = lambda *a: sent.append(a)
    names = [(name, name) for name in "abc"]
    data = types.SimpleNamespace(portraits=lambda split: FakePortraits(), names=lambda split: names)
    trainer = types.SimpleNamespace(
        datamodule=data, loggers=[tensorboard, wandb], is_global_zero=True, sanity_checking=False
    )
    trainer.current_epoch, trainer.global_step = 0, 10
    return trainer, sent, now


def test_wandb_has_one_growing_table_and_tensorboard_a_strip_for_each_portrait(run):
    trainer, sent, _ = run
    callback = ValidationTable(portraits=3, share=1)
    for epoch in range(2):
        trainer.current_epoch, trainer.global_step = epoch, 10 * (epoch + 1)
        callback.on_validation_end(trainer, None)
    strips = [one for one in sent if len(one) == 3]
    assert [(name, step) for name, _, step in strips] == [
        ("portraits/a", 10),
        ("portraits/c", 10),
        ("portraits/a", 20),
        ("portraits/c", 20),
    ]
    assert strips[0][1].shape == (60, 4 * 60, 3)
    tables = [metrics["portraits"] for metrics, _ in (one for one in sent if len(one) == 2)]
    assert tables[0] is tables[1]
    assert tables[0].log_mode == "INCREMENTAL"
    assert tables[0].columns == list(COLUMNS)
    assert [row[:3] for row in tables[0].data] == [[0, 10, "a"], [0, 10, "c"], [1, 20, "a"], [1, 20, "c"]]
    assert tables[0].data[0][3:6] == [0, 0, 1]  # a perfect matte
    assert [type(cell).__name__ for cell in tables[0].data[0][6:]] == ["Image"] * 4


def test_it_keeps_to_its_share_of_the_time(run, monkeypatch):
    trainer, sent, now = run

    def slow(*_):
        now[0] += 1  # two portraits: two seconds a table
        return square()

    monkeypatch.setattr(shown_portraits, "matte_of", slow)
    trainer.loggers = trainer.loggers[:1]
    callback = ValidationTable(portraits=3, share=0.02)
    callback.on_fit_start(trainer, None)
    shown = []
    for _ in range(41):
        before = len(sent)
        callback.on_validation_end(trainer, None)
        shown.append(len(sent) > before)
        now[0] += 10
    assert [at for at, one in enumerate(shown) if one] == [0, 10, 20, 30, 40]


def test_the_sanity_check_and_other_processes_and_metrics_csv_alone_show_nothing(run, tmp_path):
    trainer, sent, _ = run
    for name, value in (("sanity_checking", True), ("is_global_zero", False), ("loggers", [CSVLogger(tmp_path)])):
        other = types.SimpleNamespace(**vars(trainer) | {name: value})
        ValidationTable().on_validation_end(other, None)
    assert not sent


@pytest.mark.parametrize("share", [0, 1.5])
def test_a_share_is_checked(share):
    with pytest.raises(InputError, match=f"share={share}"):
        ValidationTable(share=share)
