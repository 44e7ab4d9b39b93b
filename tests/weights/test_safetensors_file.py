"""Weights as safetensors: read as they were written, the same bytes each time, and every damage is one line."""

import json
import struct

import pytest
import safetensors.torch
import torch

from portrait_matting.errors import InputError
from portrait_matting.weights.safetensors_file import is_safetensors, read, write

RECIPE = {"model": {"_target_": "a.b", "normalisation": {"mean": [0.1, 0.2, 0.3]}}, "hardware": {"input_size": 320}}
STATE = {"weight": torch.linspace(-1, 1, 12).reshape(3, 4).t(), "large": torch.tensor([7e4]), "count": torch.tensor(3)}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "small.safetensors"
    write(path, STATE, RECIPE, {"licence": "Apache-2.0", "when": torch.float16})
    return path


def test_it_is_read_as_it_was_written(path):
    content = read(path)
    assert content.recipe == RECIPE
    assert content.about == {"licence": "Apache-2.0", "when": "torch.float16"}
    assert torch.equal(content.state["weight"], STATE["weight"].half())
    assert torch.equal(content.state["large"], STATE["large"])  # more than half precision holds
    assert content.state["count"] == 3
    assert is_safetensors(path)


def test_equal_weights_are_equal_bytes(path, tmp_path):
    for again in range(5):
        write(tmp_path / "other.safetensors", STATE, RECIPE, {"licence": "Apache-2.0", "when": torch.float16})
        assert (tmp_path / "other.safetensors").read_bytes() == path.read_bytes(), again


def test_it_is_known_whatever_it_is_called(path, tmp_path):
    assert is_safetensors(path.rename(tmp_path / "best.ckpt"))
    assert not is_safetensors(tmp_path / "nowhere.ckpt")


def test_one_by_somebody_else_has_no_recipe(tmp_path):
    safetensors.torch.save_file({"weight": torch.ones(2)}, tmp_path / "a.safetensors", {"format": "pt"})
    content = read(tmp_path / "a.safetensors")
    assert content.recipe is None
    assert torch.equal(content.state["weight"], torch.ones(2))


def flipped(content, at):
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def test_every_damage_is_told_in_one_line(path):
    whole = path.read_bytes()
    header = 8 + struct.unpack("<Q", whole[:8])[0]
    recipe, data = whole.index(b"320"), len(whole) - 3
    size = whole.index(b"F16")  # BF16 has as many bytes
    damaged = {
        "empty of tensors": whole[:header],
        "cut in its header": whole[:40],
        "cut at its end": whole[:-2],
        "longer": whole + b"xx",
        "a tensor's bit": flipped(whole, data),
        "the recipe's bit": flipped(whole, recipe),
        "a type": whole[:size] + b"I16" + whole[size + 3 :],
        "short": whole[:5],
        "zeros": bytes(len(whole)),
    }
    for what, content in damaged.items():
        path.write_bytes(content)
        with pytest.raises(
            InputError, match=r"small\.safetensors is truncated or damaged \(.*\): copy it again"
        ) as told:
            read(path)
        assert len(str(told.value).splitlines()) == 1, what


def test_any_flipped_bit_is_seen(path):
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        path.write_bytes(flipped(whole, at))
        with pytest.raises(InputError):
            read(path)


def test_a_pickle_by_that_name_is_not_opened(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    torch.save({"state_dict": Trap()}, tmp_path / "a.safetensors")
    with pytest.raises(InputError, match=r"is a zip archive, not a safetensors file as its name says: if torch\.save"):
        read(tmp_path / "a.safetensors")
    assert not (tmp_path / "sprung").exists()


def test_a_page_by_that_name(tmp_path):
    (tmp_path / "a.safetensors").write_text("<!doctype html><html></html>")
    with pytest.raises(InputError, match="is an HTML page"):
        read(tmp_path / "a.safetensors")


def test_the_header_says_what_it_is(path):
    with safetensors.safe_open(path, "pt") as file:
        [(key, text)] = file.metadata().items()
    assert key == "portrait_matting"
    assert json.loads(text)["recipe"] == RECIPE
