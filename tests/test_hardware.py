import logging

import pytest
import torch

from portrait_matting.errors import InputError
from portrait_matting.hardware import Hardware, choose_precision, native_bfloat16

CPU = {
    "accelerator": "cpu",
    "devices": 1,
    "precision": "auto",
    "batch_size": 8,
    "accumulate": 2,
    "input_size": 128,
    "workers": 2,
    "channels_last": True,
}


@pytest.fixture
def machine(monkeypatch):
    """Makes this machine another: `machine(cpu=[...])` names what its CPU can do, `machine(cuda=(7, 5))` its card."""

    def become(cpu=(), cuda=None, cards=1):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: dict.fromkeys(cpu, True), raising=False)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda is not None)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cards if cuda else 0)
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=None: cuda)

    return become


@pytest.mark.parametrize(
    "accelerator, cpu, cuda, native",
    [
        ("cpu", ["avx2", "avx512_f"], None, False),
        ("cpu", ["avx512_bf16"], None, True),
        ("cpu", ["amx_bf16"], None, True),
        ("cpu", [], (9, 0), False),
        ("cuda", ["amx_bf16"], (7, 5), False),  # Turing emulates it
        ("cuda", [], (8, 0), True),
        ("cuda", [], (8, 6), True),
        ("cuda", [], None, False),
    ],
)
def test_bfloat16_is_native_where_the_device_multiplies_in_it(accelerator, cpu, cuda, native, machine):
    machine(cpu, cuda)
    assert native_bfloat16(accelerator) is native


def test_a_torch_that_cannot_say_has_none(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert native_bfloat16("cpu") is False


@pytest.mark.parametrize(
    "asked, accelerator, native, chosen, warned",
    [
        ("auto", "cpu", True, "bf16-mixed", None),
        ("auto", "cpu", False, "32-true", None),
        ("auto", "cuda", True, "bf16-mixed", None),
        ("auto", "cuda", False, "16-mixed", None),
        ("32-true", "cpu", True, "32-true", None),
        ("32-true", "cuda", True, "32-true", None),
        ("16-mixed", "cuda", True, "16-mixed", None),
        ("16-mixed", "cpu", True, "bf16-mixed", "bfloat16 instead of float16"),
        ("bf16-mixed", "cpu", True, "bf16-mixed", None),
        ("bf16-mixed", "cpu", False, "bf16-mixed", "32-true is faster"),
        ("bf16-mixed", "cuda", False, "bf16-mixed", "16-mixed is faster"),
    ],
)
def test_precision(asked, accelerator, native, chosen, warned, machine, caplog):
    machine(["amx_bf16"] if native else [], (8, 6) if native else (7, 5))
    with caplog.at_level(logging.WARNING):
        assert choose_precision(asked, accelerator) == chosen
    assert bool(caplog.records) is bool(warned)
    assert warned is None or (warned in caplog.text and f"hardware.precision={asked}" in caplog.text)


def test_what_the_trainer_is_given(machine):
    machine(["avx512_bf16"])
    expected = {"accelerator": "cpu", "devices": 1, "precision": "bf16-mixed", "accumulate_grad_batches": 2}
    assert Hardware(**CPU).trainer_arguments() == expected | {"strategy": "auto"}
    several = Hardware(**CPU | {"devices": 2, "precision": "32-true"}).trainer_arguments()
    assert (several["devices"], several["strategy"], several["precision"]) == (2, "ddp", "32-true")


def test_a_card_that_is_there(machine):
    machine(cuda=(7, 5), cards=2)
    arguments = Hardware(**CPU | {"accelerator": "cuda", "devices": 2}).trainer_arguments()
    assert (arguments["accelerator"], arguments["precision"], arguments["strategy"]) == ("cuda", "16-mixed", "ddp")


@pytest.mark.parametrize(
    "changed, cuda, words",
    [
        ({"devices": 0}, None, ["hardware.devices=0", "at least 1"]),
        ({"batch_size": 0}, None, ["hardware.batch_size=0", "at least 1"]),
        ({"accumulate": -1}, None, ["hardware.accumulate=-1", "at least 1"]),
        ({"accelerator": "cuda"}, None, ["hardware.devices=1", "0 CUDA", "hardware=cpu"]),
        ({"accelerator": "cuda", "devices": 2}, (8, 6), ["hardware.devices=2", "1 CUDA", "choose fewer"]),
    ],
)
def test_what_this_machine_cannot_do(changed, cuda, words, machine, monkeypatch):
    machine(cuda=cuda)
    with pytest.raises(InputError) as error:
        Hardware(**CPU | changed)
    message = str(error.value)
    assert "\n" not in message
    assert all(word in message for word in words), message
