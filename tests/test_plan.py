import csv
import functools
import subprocess
import sys

import pytest
import torch
from torch import nn

from portrait_matting.config.compose import compose
from portrait_matting.errors import InputError
from portrait_matting.memory import plan as memory_plan
from portrait_matting.plan import plan

QUICK = ["progress=false", "sizes=[64,128]", "input_size=64"]


@pytest.fixture
def worked(monkeypatch):
    """Footprints that can be worked by hand, of the network's parameters and the pixels, in place of the real ones."""

    @functools.cache  # a network of 44 million parameters takes a while to build
    def count(net):
        with torch.device("meta"):
            return sum(parameter.numel() for parameter in net().parameters())

    def footprint(net, loss, optimizer, batch_size, input_size, precision, recompute, *_, accumulate):
        optimizer([nn.Parameter(torch.zeros(1))], lr=1e-3)
        kept = {"none": 8, "most": 4, "all": 2}[recompute] * (1 if precision == "32-true" else 0.5)
        return memory_plan.Footprint(16 * count(net) + int(batch_size * input_size**2 * kept * 2**10), 0, 0, 0, 0)

    flops = {"none": 300, "most": 375, "all": 400}
    monkeypatch.setattr(memory_plan, "footprint", footprint)
    monkeypatch.setattr(memory_plan, "step_flops", lambda net, recompute: flops[recompute])


def planned(overrides, run_dir):
    return plan(compose([*QUICK, *overrides], run_dir, "plan"))


def test_the_table_and_the_overrides(worked, tmp_path, capsys):
    chosen = planned(["memory_gb=3", "model=u2net"], tmp_path / "plan")
    said = capsys.readouterr().out
    # (3 x 0.965 - 1.8) / 1.05 = 1.043 GB for tensors; 0.656 are weights, an image of 64 px in half precision is 1/64 GB
    assert (chosen.precision, chosen.recompute, chosen.largest, chosen.batch_size) == ("16-mixed", "none", 24, 12)
    assert "1.04 GB for tensors" in said
    [marked] = [line for line in said.splitlines() if line.startswith("*")]
    assert marked.split() == ["*", "64", "16-mixed", "none", "24", "12", "x", "1", "0.84", "GB", "1.00"]
    line = said.splitlines()[-1]
    assert "hardware.input_size=64 hardware.batch_size=12 hardware.accumulate=1 hardware.precision=16-mixed" in line


def test_the_rows_are_a_file_too(worked, tmp_path):
    planned(["memory_gb=3", "model=u2net", "recompute=[none,all]", "precisions=[32-true]"], tmp_path / "plan")
    with (tmp_path / "plan/plan.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["input_size"], row["recompute"], row["largest"]) for row in rows] == [
        ("64", "none", "12"),
        ("64", "all", "49"),
        ("128", "none", "3"),
        ("128", "all", "12"),
    ]
    assert (rows[2]["batch_size"], rows[2]["accumulate"], rows[3]["relative_time"]) == ("3", "4", "1.333")


def test_a_size_beyond_the_table_is_planned_too(worked, tmp_path, capsys):
    assert planned(["memory_gb=3", "input_size=96"], tmp_path / "plan").input_size == 96


def test_what_does_not_fit_is_said_so(worked, tmp_path, capsys):
    planned(["memory_gb=2.0", "headroom.desktop_gb=0.7", "sizes=[64,256]"], tmp_path / "plan")
    line, *_ = [line for line in capsys.readouterr().out.splitlines() if "does not fit" in line]
    assert line.split() == ["256", "32-true", "none", "does", "not", "fit", "2.00"]  # an image needs 0.5 GB of 0.22


@pytest.mark.slow
def test_the_real_prediction_and_the_door_that_takes_it(tmp_path, capsys):
    quick = ["sizes=[64]", "precisions=[32-true]", "recompute=[none]"]
    chosen = planned([*quick, "memory_gb=2.2"], tmp_path / "plan")
    assert chosen.largest >= chosen.batch_size == 12
    assert 2**25 < chosen.predicted_bytes < 0.32 * 2**30  # (2.2 x 0.965 - 1.8) / 1.05 = 0.31 GB
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  hardware=gpu_8gb")]
    cfg = compose(line.split())
    assert (cfg.hardware.batch_size, cfg.hardware.recompute, cfg.hardware.accelerator) == (12, "none", "cuda")


@pytest.mark.parametrize(
    "overrides, words",
    [
        (["memory_gb=0.1"], r"memory_gb=0.1 is too little for input_size=64: one image in 16-mixed with recompute=all"),
        (["memory_gb=-8"], "memory_gb=-8 is no size of a card"),
        (["memory_gb=lots"], "memory_gb='lots' is a str"),
        (["sizes=[8]"], "input_size=8 is too small to plan for: choose at least 33"),
        (["sizes=[big]"], "sizes="),
        (["input_size=0"], "input_size=0 is too small: choose at least 16"),
        (["effective_batch=0"], "effective_batch=0 is too small"),
        (["recompute=[some]"], "recompute="),
        (["precisions=[]"], r"precisions=\[\] leaves nothing to plan"),
        (["headroom.desktop_gb=-1"], "headroom.desktop_gb=-1"),
        (["headroom.deskop_gb=1"], "headroom.deskop_gb"),
        (["model=unet"], "model=unet is no choice"),
    ],
)
def test_what_cannot_be_planned_is_one_line(worked, tmp_path, overrides, words):
    with pytest.raises(InputError, match=words) as error:
        planned(overrides, tmp_path / "plan")
    assert "\n" not in str(error.value)


def test_what_is_needed_is_said_truly(worked, tmp_path):
    with pytest.raises(InputError) as error:
        planned(["memory_gb=1", "model=u2net"], tmp_path / "plan")
    [needed] = [word for word in str(error.value).split() if word.startswith("memory_gb=")][1:]
    assert planned([needed.strip(";,"), "model=u2net"], tmp_path / "again").largest >= 1


def test_auto_without_a_card(worked, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="memory_gb=auto needs a CUDA card: give memory_gb=8"):
        planned(["memory_gb=auto"], tmp_path / "plan")


def test_nothing_is_written_over(worked, tmp_path):
    planned(["memory_gb=3"], tmp_path / "plan")
    with pytest.raises(InputError, match=r"already holds plan\.csv"):
        planned(["memory_gb=3"], tmp_path / "plan")


def test_the_command_helps_without_torch_and_names_a_wrong_word(tmp_path):
    command = [sys.executable, "-X", "importtime", "-m", "portrait_matting.plan"]
    done = subprocess.run([*command, "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0
    assert "memory_gb: 8" in done.stdout
    assert not {"torch", "numpy"} & {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    wrong = subprocess.run([*command[:1], *command[3:], "memory=8"], cwd=tmp_path, capture_output=True, text=True)
    assert wrong.returncode == 2
    assert wrong.stderr.splitlines()[-1].startswith("error: memory is no key of the recipe")
