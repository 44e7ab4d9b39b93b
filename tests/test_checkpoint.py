from pathlib import Path

import pytest
import safetensors.torch
import torch

from portrait_matting import checkpoint
from portrait_matting.errors import InputError
from portrait_matting.images.network_input import NORMALISATIONS
from portrait_matting.models.u2net import u2net, u2netp
from portrait_matting.weights import safetensors_file
from portrait_matting.weights.shipped import shipped

LITE = {"_target_": "portrait_matting.models.u2net.u2netp", "weights": None, "normalisation": "easyportrait"}


def ours(path, net=None, **more):
    state = {f"net.{key}": value for key, value in (net or u2netp()).state_dict().items()}
    torch.save({"state_dict": state, "config": {"model": LITE, "learning_rate": {"max_lr": 0.01}}, **more}, path)
    return path


def test_a_checkpoint_alone_rebuilds_the_network(tmp_path):
    net = u2netp().eval()
    restored = checkpoint.load(ours(tmp_path / "a.ckpt", net))
    image = torch.rand(1, 3, 33, 40)
    assert not restored.net.training
    assert torch.equal(restored.net(image)["matte"], net(image)["matte"])
    assert restored.config["learning_rate"]["max_lr"] == 0.01


@pytest.mark.parametrize("prefix", ["", "module."])
def test_the_reference_projects_state_dict_is_known_by_its_shapes(tmp_path, prefix):
    net = u2netp()
    torch.save({prefix + key: value for key, value in net.state_dict().items()}, tmp_path / "u2netp.pth")
    restored = checkpoint.load(tmp_path / "u2netp.pth")
    assert all(torch.equal(a, b) for a, b in zip(restored.net.parameters(), net.parameters(), strict=True))
    assert restored.normalisation == NORMALISATIONS["imagenet_by_maximum"]
    assert restored.input_size == 320
    assert restored.config["model"]["_target_"] == "portrait_matting.models.u2net.u2netp"


def test_weights_of_another_network_are_refused_and_nothing_is_changed(tmp_path):
    full = u2net()
    before = full.stage1.rebnconvin.conv_s1.weight.clone()
    with pytest.raises(InputError, match=r"a\.ckpt is of another network.*model=u2net"):
        checkpoint.load_weights(full, ours(tmp_path / "a.ckpt"))
    assert torch.equal(full.stage1.rebnconvin.conv_s1.weight, before)


@pytest.mark.parametrize(
    "model",
    [
        {"_target_": "os.getcwd"},
        {"_target_": "portrait_matting.models.join.torch.os.getcwd"},
        LITE | {"image_channels": {"_target_": "os.getcwd"}},
    ],
)
def test_a_recipe_cannot_run_code(model, tmp_path):
    path = ours(tmp_path / "a.ckpt", config={"model": model})
    with pytest.raises(InputError, match=r"model\."):
        checkpoint.load(path)


def test_a_pickle_that_would_run_code_is_refused(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    torch.save({"state_dict": Trap()}, tmp_path / "trap.ckpt")
    with pytest.raises(InputError, match="no checkpoint"):
        checkpoint.load(tmp_path / "trap.ckpt")
    assert not (tmp_path / "sprung").exists()


def test_broken_files_are_named(tmp_path):
    whole = ours(tmp_path / "a.ckpt").read_bytes()
    for name, (content, reason) in {
        "cut": (whole[: len(whole) // 2], r"is no checkpoint, or is truncated \(.*\): copy it again"),
        "cut at its end": (whole[:-10], r"is no checkpoint, or is truncated \(.*\): copy it again"),
        "empty": (b"", "is empty, no checkpoint: copy it again"),
        "text": (b"hello, I am text", "is a text, no checkpoint"),
    }.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=rf"{name} {reason}"):
            checkpoint.load(tmp_path / name)
    with pytest.raises(InputError, match="there is no checkpoint"):
        checkpoint.load(tmp_path / "nowhere.ckpt")
    torch.save([1, 2], tmp_path / "list")
    with pytest.raises(InputError, match="holds a list"):
        checkpoint.load(tmp_path / "list")
    (tmp_path / "run/checkpoints").mkdir(parents=True)
    with pytest.raises(InputError, match="run is a folder, no checkpoint: give a file in it"):
        checkpoint.load(tmp_path / "run")
    (tmp_path / "run/checkpoints/best.ckpt").touch()
    with pytest.raises(InputError, match=r"run is a folder, no checkpoint: give .*run/checkpoints/best\.ckpt"):
        checkpoint.load(tmp_path / "run")


LIGHTNING = {"pytorch-lightning_version": "2.5", "epoch": 1, "state_dict": {"model.weight": torch.zeros(2)}}


@pytest.mark.parametrize(
    "content, reason",
    [
        ({"weight": torch.zeros(2), "bias": torch.zeros(2)}, r"another network \(2 tensors, weight first\)"),
        ({1: torch.zeros(2)}, "another network"),
        (LIGHTNING, "is a Lightning checkpoint of another project"),
        (LIGHTNING | {"state_dict": None}, "is a Lightning checkpoint of another project"),
        (LIGHTNING | {"state_dict": [torch.zeros(2)]}, "is a Lightning checkpoint of another project"),
        (LIGHTNING | {"config": "resnet"}, "no recipe of a network: it is no checkpoint of portrait_matting"),
        (LIGHTNING | {"config": {"model": {"name": "resnet"}}}, "no recipe of a network"),
        ({"state": {0: {"exp_avg": torch.zeros(2)}}, "param_groups": [{"lr": 1.0}]}, "holds an optimizer's state"),
        ({"optimizer": {"state": {}, "param_groups": []}}, "holds an optimizer's state"),
        ({"model": {"weight": torch.zeros(2)}, "epoch": 3}, "whose weights, under 'model', torch.save"),
        ({"epoch": 3}, "holds a table of epoch"),
        ({}, "is an empty table"),
    ],
    ids=lambda value: None if isinstance(value, str) else "-".join(map(str, value)),
)
def test_what_is_read_and_is_none_of_ours_is_told(tmp_path, content, reason):
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(InputError, match=reason) as refused:
        checkpoint.load(tmp_path / "a.pth")
    assert len(str(refused.value).splitlines()) == 1
    if "config" in content:
        with pytest.raises(InputError):
            checkpoint.check_resumable(tmp_path / "a.pth", RECIPE)


RECIPE = {
    "model": LITE,
    "optimizer": {"_target_": "torch.optim.AdamW"},
    "data": {"_target_": "portrait_matting.data.folder.FolderDataModule"},
}


def test_a_run_goes_on_only_from_a_training_state_of_its_own_recipe(tmp_path):
    path = ours(tmp_path / "a.ckpt", config=RECIPE, optimizer_states=[])
    decaying = RECIPE["optimizer"] | {"decay_all": True}  # what recipes did before they said so
    assert checkpoint.check_resumable(path, RECIPE) == RECIPE | {"optimizer": decaying}
    for group, other in {
        "model": "portrait_matting.models.u2net.u2net",
        "optimizer": "torch.optim.SGD",
        "data": "portrait_matting.data.easyportrait.EasyPortraitDataModule",
    }.items():
        with pytest.raises(InputError, match=rf"is of {group} .*overrides that the run was started with"):
            checkpoint.check_resumable(path, RECIPE | {group: {"_target_": other}})
    with pytest.raises(InputError, match="weights alone"):
        checkpoint.check_resumable(ours(tmp_path / "weights.ckpt"), RECIPE)


@pytest.mark.parametrize("name", ["u2netp.safetensors", "u2netp.pth"])
def test_the_reference_projects_weights_as_safetensors(tmp_path, name):
    net = u2netp()
    safetensors.torch.save_file(net.state_dict(), tmp_path / name)
    restored = checkpoint.load(tmp_path / name)
    assert all(torch.equal(a, b) for a, b in zip(restored.net.parameters(), net.parameters(), strict=True))
    safetensors.torch.save_file({"weight": torch.zeros(2)}, tmp_path / name)
    with pytest.raises(InputError, match=r"the weights of another network \(1 tensors, weight first\)"):
        checkpoint.load(tmp_path / name)


def test_a_network_of_the_package_by_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert checkpoint.load("portraits").config == checkpoint.load(shipped()).config
    with pytest.raises(InputError, match=r"no checkpoint portrait, and no network of that name in the package \(portr"):
        checkpoint.load("portrait")
    with pytest.raises(InputError, match=r"portraits is of another network.*, model=u2netp$"):
        checkpoint.load_weights(u2net(), "portraits")
    with pytest.raises(InputError, match="no checkpoint portraits: check the path"):
        checkpoint.load(Path("portraits"))


def test_a_damaged_network_of_the_package_says_to_install_it_again(tmp_path, monkeypatch):
    path = tmp_path / "portraits.safetensors"
    safetensors_file.write(path, u2netp().state_dict(), {"model": LITE}, {})
    monkeypatch.setattr("portrait_matting.weights.shipped.files", lambda package: tmp_path)
    monkeypatch.setattr("portrait_matting.weights.shipped._file", lambda name: path)
    assert checkpoint.load("portraits").config["model"] == LITE
    whole = path.read_bytes()
    for content in (whole[:-9], whole[:99], whole[:-9] + bytes(9), b"", b"\x80\x02.", b"PK\3\4", b"<html>"):
        path.write_bytes(content)
        with pytest.raises(
            InputError, match=r"portraits\.safetensors is .*: install portrait-matting again \(pip inst"
        ):
            checkpoint.load("portraits")


def test_a_recipe_in_safetensors_cannot_run_code(tmp_path):
    safetensors_file.write(tmp_path / "a.safetensors", {}, {"model": {"_target_": "os.getcwd"}}, {})
    with pytest.raises(InputError, match=r"model\."):
        checkpoint.load(tmp_path / "a.safetensors")
