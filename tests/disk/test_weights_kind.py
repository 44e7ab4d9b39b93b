import argparse
import pickle
import zipfile

import numpy as np
import pytest
import torch

from portrait_matting.disk.weights_kind import why_no_weights


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def net():
    return torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1))


def zipped(path, **contents):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name.replace("__", "."), content)


def legacy(content, path):
    torch.save(content, path, _use_new_zipfile_serialization=False)


LIGHTNING = {"pytorch-lightning_version": "2.5", "state_dict": {}, "hyper_parameters": argparse.Namespace(lr=1)}
SEQUENTIAL = "torch.nn.modules.container.Sequential"


@pytest.mark.parametrize(
    "write, reason",
    [
        (lambda path: torch.save(net(), path), f"is a whole pickled network ({SEQUENTIAL})"),
        (lambda path: legacy(net(), path), f"is a whole pickled network ({SEQUENTIAL})"),
        (lambda path: torch.save({"model": net()}, path), f"is a whole pickled network ({SEQUENTIAL})"),
        (lambda path: torch.jit.script(net()).save(path), "is a TorchScript archive"),
        (lambda path: torch.save(LIGHTNING, path), "is a Lightning checkpoint of another project, and holds Python"),
        (lambda path: torch.save({"a": argparse.Namespace()}, path), "holds Python objects (argparse.Namespace)"),
        (lambda path: path.write_bytes(pickle.dumps({"w": np.zeros(2)})), "is a pickle that torch.save did not write"),
        (lambda path: zipped(path, readme__txt="x"), "is a zip archive (readme.txt), no checkpoint"),
        (lambda path: zipped(path, u2net__pth="x"), "is a zip archive that holds u2net.pth: unpack it"),
        (lambda path: zipped(path), "is a zip archive (empty), no checkpoint"),
        (lambda path: path.write_bytes(b"PK\3\4" + bytes(99)), "is no checkpoint, or is truncated (RuntimeError)"),
        (lambda path: path.write_bytes(bytes(99)), "is no checkpoint, or is truncated"),
        (lambda path: path.write_bytes(b"\x1f\x8b\x08" + bytes(99)), "is a gzip archive, no checkpoint: unpack it"),
        (lambda path: path.write_bytes(b"<!doctype html>"), "is an HTML page, perhaps of a download"),
        (lambda path: path.write_bytes(b"version https://git-lfs.github.com/spec/v1"), "run git lfs pull"),
        (lambda path: path.write_bytes(b"\xff\xd8\xff"), "is a JPEG picture, no checkpoint: give the .ckpt"),
        (lambda path: path.write_bytes(b"\x08\x07\x12\x07pytorch\x1a\x052.1:"), "is an ONNX model, no checkpoint"),
    ],
)
def test_what_a_file_is_and_the_cure_in_one_line(write, reason, tmp_path):
    path = tmp_path / "weights.pth"
    write(path)
    with pytest.raises(Exception) as refused:  # noqa: PT011 - of many types
        torch.load(path, weights_only=True)
    line = why_no_weights(path, refused.value)
    assert reason in line
    assert len(line.splitlines()) == 1
    assert ": " in line


@pytest.mark.parametrize("write", [torch.save, legacy, lambda content, path: path.write_bytes(pickle.dumps(content))])
@pytest.mark.parametrize("inside", [False, True])
def test_no_code_is_run(write, inside, tmp_path):
    path, sprung = tmp_path / "trap.pth", tmp_path / "sprung"
    write({"state_dict": Trap(sprung)} if inside else Trap(sprung), path)
    with pytest.raises(Exception) as refused:  # noqa: PT011 - of many types
        torch.load(path, weights_only=True)
    assert "no checkpoint" in why_no_weights(path, refused.value)
    assert not sprung.exists()


@pytest.mark.parametrize("name, reason", [("u2net.onnx", "reference project's u2net.pth"), ("a.h5", "a Keras file")])
def test_the_name_says_what_the_bytes_do_not(name, reason, tmp_path):
    (tmp_path / name).write_bytes(bytes(range(99)))
    assert reason in why_no_weights(tmp_path / name, ValueError())
