"""What each preset of conf/hardware comes to, now that it says only what it does not share."""

import pytest
import yaml
from omegaconf import OmegaConf

from portrait_matting.config.compose import CONF_DIR, compose

BASE = {
    "_target_": "portrait_matting.hardware.Hardware",
    "accelerator": "cuda",
    "devices": 1,
    "precision": "auto",
    "accumulate": 1,
    "workers": 4,
    "channels_last": True,
    "recompute": "none",
    "compile": False,
    "batch_norm": "batch",
    "fused": True,
    "effective_batch": 12,
}
PRESETS = {
    "auto": {
        "accelerator": "auto",
        "batch_size": "auto",
        "accumulate": "auto",
        "input_size": 320,
        "workers": 2,
        "recompute": "auto",
    },
    "cpu": {"accelerator": "cpu", "batch_size": 8, "input_size": 72, "workers": 2},
    "gpu_8gb": {"batch_size": 12, "input_size": 320},
    "gpu_8gb_512": {"batch_size": 4, "accumulate": 3, "input_size": 512},
    "gpu_8gb_720": {"batch_size": 4, "accumulate": 3, "input_size": 720, "recompute": "most"},
    "gpu_24gb": {"batch_size": 16, "input_size": 512, "workers": 8, "effective_batch": 16},
    "gpu_80gb": {"batch_size": 32, "input_size": 720, "workers": 12, "effective_batch": 32},
}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_comes_to(name):
    assert OmegaConf.to_container(compose([f"hardware={name}"]).hardware) == BASE | PRESETS[name]


def test_a_preset_says_nothing_twice():
    folder = CONF_DIR / "hardware"
    read = {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in folder.glob("*.yaml")}
    base = read.pop("_base")
    assert set(read) == set(PRESETS)
    for name, preset in read.items():
        assert preset.pop("defaults") == ["_base", "_self_"]
        assert {key for key, value in preset.items() if base.get(key) == value} == set(), name
