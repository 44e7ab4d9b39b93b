from types import SimpleNamespace

import pytest
import torch

from portrait_matting.errors import InputError
from portrait_matting.memory.budget import GB, Headroom, card_memory_gb, needed_gb, usable

NOTHING = Headroom(0, 0, 0, 0, 0)


def test_the_headroom_worked_by_hand():
    headroom = Headroom(driver_share=0.25, context_gb=0.5, workspace_gb=1.0, desktop_gb=1.5, fragmentation=0.5)
    assert usable(8, headroom) == 2 * GB  # (8 x 0.75 - 3) / 1.5
    assert needed_gb(2 * GB, headroom) == 8


def test_an_8_gb_card_has_8192_mib():
    assert usable(8, NOTHING) == 8192 * 2**20


@pytest.mark.parametrize("name", ["driver_share", "context_gb", "workspace_gb", "desktop_gb", "fragmentation"])
def test_every_part_of_the_headroom_counts(name):
    assert usable(8, Headroom(**{**vars(NOTHING), name: 0.25})) < usable(8, NOTHING)


def test_the_default_leaves_more_than_half_of_8_gb():
    assert 5 < usable(8) / GB < 6.5
    assert needed_gb(usable(8)) == pytest.approx(8, abs=1e-6)


def test_a_card_smaller_than_the_headroom_leaves_nothing():
    assert usable(0.1) == 0


def test_the_present_card_is_taken_as_its_driver_reports_it(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: SimpleNamespace(total_memory=6 * GB))
    assert card_memory_gb() == 6
    headroom = Headroom(driver_share=0.5, context_gb=1, workspace_gb=1, desktop_gb=1, fragmentation=0)
    assert usable("auto", headroom) == 3 * GB  # the driver's share has gone from the 6 already


def test_auto_without_a_card(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="memory_gb=auto needs a CUDA card: give memory_gb=8"):
        usable("auto")


@pytest.mark.parametrize("memory_gb", [0, -8, float("nan"), float("inf")])
def test_what_is_no_size_of_a_card(memory_gb):
    with pytest.raises(InputError, match=f"memory_gb={memory_gb} is no size"):
        usable(memory_gb)


@pytest.mark.parametrize("name, value", [("desktop_gb", -1), ("fragmentation", float("nan")), ("driver_share", 1)])
def test_a_headroom_out_of_range(name, value):
    with pytest.raises(InputError, match=f"headroom.{name}={value}"):
        Headroom(**{name: value})
