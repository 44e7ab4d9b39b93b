"""The command `export`: a checkpoint becomes a small file that every command reads."""

import json

import pytest
import torch

from portrait_matting import checkpoint
from portrait_matting.export import main
from portrait_matting.models.u2net import u2netp
from portrait_matting.weights import safetensors_file

LITE = {"_target_": "portrait_matting.models.u2net.u2netp", "weights": "start.ckpt", "normalisation": "half"}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A checkpoint with its training state, and its network."""
    torch.manual_seed(0)
    net = u2netp().eval()
    state = {f"net.{key}": value for key, value in net.state_dict().items()}
    config = {"model": LITE, "hardware": {"input_size": 72}, "data": {"_target_": "x.Y", "root": "photos"}, "seed": 1}
    path = tmp_path_factory.mktemp("run") / "best.ckpt"
    content = {"state_dict": state, "config": config, "optimizer_states": [], "about": {"licence": "mine"}}
    torch.save(content, path)
    return path, net


def call(*arguments):
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as end:
        return end.code
    return 0


def test_the_small_file_has_the_network_and_its_recipe(run, tmp_path, capsys):
    path, net = run
    small = tmp_path / "new folder" / "mine.safetensors"
    assert call(path, small) == 0
    assert small.stat().st_size <= 3_000_000
    assert capsys.readouterr().out == f"{small}: u2netp, 1.13 million parameters in half precision, 2.4 MB\n"
    restored = checkpoint.load(small)
    image = torch.rand(1, 3, 48, 48)
    assert (restored.net(image)["matte"] - net(image)["matte"]).abs().max() < 0.01
    assert restored.input_size == 72
    assert restored.config["model"] == LITE | {"weights": None}
    assert {parameter.dtype for parameter in restored.net.parameters()} == {torch.float32}
    assert safetensors_file.read(small).about == {"licence": "mine"}
    assert "photos" not in json.dumps(restored.config)
    assert call(small, tmp_path / "again.safetensors") == 0
    assert (tmp_path / "again.safetensors").read_bytes() == small.read_bytes()


def test_the_reference_projects_weights_and_networks_of_the_package(tmp_path):
    torch.save(u2netp().state_dict(), tmp_path / "u2netp.pth")
    assert call(tmp_path / "u2netp.pth", tmp_path / "a.safetensors") == 0
    assert checkpoint.load(tmp_path / "a.safetensors").config["model"]["normalisation"] == "imagenet_by_maximum"
    assert call("portraits", tmp_path / "b.safetensors") == 0
    assert checkpoint.load(tmp_path / "b.safetensors").input_size == checkpoint.load("portraits").input_size


def test_it_trains_on_and_is_no_training_state(run, tmp_path):
    path, net = run
    call(path, tmp_path / "a.safetensors")
    started = u2netp()
    checkpoint.load_weights(started, tmp_path / "a.safetensors")
    assert torch.allclose(started.outconv.weight, net.outconv.weight, atol=1e-3)
    with pytest.raises(checkpoint.InputError, match=r"holds weights alone.*model\.weights=.*a\.safetensors"):
        checkpoint.check_resumable(tmp_path / "a.safetensors", {})


@pytest.mark.parametrize(
    "given, output, says",
    [
        ("RUN", "a.onnx", "a.onnx would be no .safetensors file"),
        ("RUN", "a.ckpt", "a.ckpt would be no .safetensors file"),
        ("RUN", "folder.safetensors", "is a folder"),
        ("RUN", "there.safetensors", "is there already: --overwrite replaces it"),
        ("RUN", "text/a.safetensors", "cannot be written"),
        ("nowhere.ckpt", "a.safetensors", "there is no checkpoint nowhere.ckpt: check the path"),
        ("portrait", "a.safetensors", "did you mean portraits?"),
        ("text", "a.safetensors", "text is a text, no checkpoint"),
    ],
)
def test_what_cannot_be_is_one_line(given, output, says, run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.safetensors").mkdir()
    (tmp_path / "there.safetensors").write_text("mine")
    (tmp_path / "text").write_text("some text")
    assert call(run[0] if given == "RUN" else given, output) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert says in line
    assert (tmp_path / "there.safetensors").read_text() == "mine"
    assert not (tmp_path / "a.safetensors").exists()


def test_overwrite(run, tmp_path):
    (tmp_path / "a.safetensors").write_text("old")
    assert call(run[0], tmp_path / "a.safetensors", "--overwrite") == 0
    assert checkpoint.load(tmp_path / "a.safetensors").input_size == 72
