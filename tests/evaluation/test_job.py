import logging

import pytest
import torch

from portrait_matting.config.compose import compose
from portrait_matting.evaluation import job
from portrait_matting.weights.kept_recipe import kept_recipe

SMALL = ["data.train=2", "data.val=1", "data.test=1", "data.height=48", "data.width=40", "predictions=none"]


@pytest.mark.parametrize("cards, device", [(False, "cpu"), (True, "cuda")])
def test_networks_are_scored_on_the_card_where_there_is_one(cards, device, tmp_path, monkeypatch, caplog):
    asked = []

    class Network:
        config, input_size = {}, 32

        def __init__(self, path, device, precision, size):
            asked.append((device, precision))

        def missing(self, names):
            return []

    monkeypatch.setattr(torch.cuda, "is_available", lambda: cards)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: int(cards))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "A card")
    monkeypatch.setattr(job, "NetworkMattes", Network)
    cfg = compose([*SMALL[:-1], "checkpoint=some.ckpt"], tmp_path, "evaluate")
    with caplog.at_level(logging.INFO):
        job.build_evaluation_job(cfg)
    assert asked == [(device, "32-true")]
    assert f"hardware: {device}{', A card' if cards else ''}" in caplog.text
    assert cfg.hardware.accelerator == device, "and config.yaml says so"


def test_the_processor_can_be_asked_for(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    cfg = compose(["hardware=cpu"], tmp_path, "evaluate")
    job._settle(cfg.hardware)
    assert cfg.hardware.accelerator == "cpu"


def test_data_that_a_network_was_trained_on_is_known_by_a_small_file_too(tmp_path):
    theirs = kept_recipe({"model": {}, "data": {"_target_": "x.Y", "root": str(tmp_path / "mine")}})["data"]
    assert job._same_data(theirs, {"root": str(tmp_path / "elsewhere/../mine")})
    assert not job._same_data(theirs, {"root": str(tmp_path / "other")})
    assert not job._same_data({}, {"root": None})


def test_a_network_of_the_package_by_its_name(tmp_path):
    hardware = ["hardware=cpu", "hardware.input_size=32"]
    cfg = compose([*SMALL[:-1], *hardware, "checkpoint=portraits"], tmp_path, "evaluate")
    [candidate] = job.build_evaluation_job(cfg).candidates
    assert (candidate.name, candidate.source) == ("portraits", "portraits")


def test_data_that_was_seen_as_a_source_of_a_mix_is_seen(tmp_path):
    mixed = {"sources": {"drawn": {"share": 1}, "real": {"root": str(tmp_path)}, "none": None}}
    for theirs, ours in ((mixed, {"root": str(tmp_path)}), ({"root": str(tmp_path)}, mixed), (mixed, mixed)):
        assert job._same_data(theirs, ours)
    assert not job._same_data(mixed, {"root": str(tmp_path / "other")})
    assert not job._same_data({}, {})
