import os
import subprocess
import sys
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from portrait_matting.sweeps.job_folder import hold, job_folder, named


@pytest.mark.parametrize(
    "overrides, name",
    [
        (["seed=1", "loss.criterion.edge_weight=5"], "edge_weight-5+seed-1"),
        (["loss.criterion.edge_weight=5", "seed=1"], "edge_weight-5+seed-1"),  # the same whatever the order
        (["hardware.precision=bf16-mixed", "hardware.input_size=160"], "input_size-160+precision-bf16-mixed"),
        (["learning_rate=one_cycle", "seed=0"], "learning_rate-one_cycle+seed-0"),
        (["loss.weights=[1,0,0]"], "weights-1_0_0"),
        (["loss.weights=[1, 0, 0]"], "weights-1_0_0"),
        (["learning_rate.max_lr=1e-2"], "max_lr-0.01"),
        (["learning_rate.max_lr=0.010"], "max_lr-0.01"),
        (["learning_rate.max_lr=1", "learning_rate.finder.max_lr=2"], "finder.max_lr-2+learning_rate.max_lr-1"),
        (["model.weights=null", "hardware.compile=True"], "compile-true+weights-null"),
        (["seed=-1"], "seed--1"),
        ([], "job"),
    ],
)
def test_a_folder_is_called_by_what_differs(overrides, name):
    assert job_folder(overrides) == name


def test_what_is_constant_is_not_in_the_name():
    overrides = ["data.root=/a b/c", "seed=1", "trainer.max_epochs=9", "+trainer.x=1"]
    assert job_folder(overrides, ["data.root", "trainer.max_epochs", "trainer.x"]) == "seed-1"


AWKWARD = [
    "model.weights=/runs/a/checkpoints/best.ckpt",
    "model.weights=/runs/b/checkpoints/best.ckpt",
    "model.weights='a, file = with [everything] in {it}.ckpt'",
    "model.weights='äöü'",
    "model.weights=..",
    f"model.weights=/{'deep/' * 100}best.ckpt",
    "data.names=[a_b,c]",
    "data.names=[a,b_c]",
    "data.names={a: 1}",
    "data.names=ends.",
    "data.names=..ends..",
    "model.weights='C:\\runs\\best.ckpt'",
    "data.names='a<b>c:d|e?f*g'",
    "+con.x=1",
    "+nul=1",
]
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


def test_names_need_no_quotes_are_one_level_deep_and_differ():
    names = [job_folder([override, "seed=0"]) for override in AWKWARD]
    assert len(set(names)) == len(names)
    for name in names:
        assert name.isascii()
        assert not set(name) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+._"), name
        assert len(name) < 80
        assert not name.endswith((".", " ")), "Windows cuts that off"
        assert name.split(".")[0].lower() not in DEVICES
        path = f"runs/sweep/x/{name}/checkpoints/best.ckpt"
        assert OverridesParser.create().parse_overrides([f"checkpoint={path}"])[0].value() == path


def test_no_key_is_a_device_of_windows():
    names = [job_folder(overrides) for overrides in (["+aux.x=1", "+b.x=2"], ["+com1=1"], ["+nul.x=1", "+b.x=1"])]
    assert not [name for name in names if name.split(".")[0].lower() in DEVICES]


def test_many_keys_fit_into_what_a_file_system_takes():
    overrides = [f"group.some_rather_long_key_{k}=0.0123456789012345" for k in range(20)]
    name = job_folder(overrides)
    assert len(name) < 255
    assert name != job_folder([*overrides[:-1], "group.some_rather_long_key_19=1"])


def test_dashboards_read_the_same_keys():
    overrides = ["loss.criterion.edge_weight=5", "seed=1", "data.root=x"]
    assert named(overrides, ["data.root"]) == {"edge_weight": "5", "seed": "1"}


def test_a_folder_belongs_to_one_process_until_it_ends(tmp_path: Path):
    held = hold(tmp_path / "job")
    code = (
        "from pathlib import Path\nfrom portrait_matting.sweeps.job_folder import hold\n"
        f"hold(Path({str(tmp_path)!r}) / 'job')"
    )

    def other():
        command = [sys.executable, "-c", code]
        return subprocess.run(command, env=os.environ | {"PYTHONWARNINGS": "error"}, capture_output=True, text=True)

    refused = other()
    assert refused.returncode
    assert f"job is being trained in by another process (process {os.getpid()} on " in refused.stderr
    held.close()
    assert other().returncode == 0, "and what ended without closing it has let it go"
    hold(tmp_path / "job").close()


def test_a_folder_that_cannot_be_made_is_no_lock_of_another(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):  # an InputError is none
        hold(tmp_path / "file" / "job")
