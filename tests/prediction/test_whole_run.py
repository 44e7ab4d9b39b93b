"""The whole command, over everything that the world may hand it."""

import re
import time

import pytest
import torch
from PIL import Image

from portrait_matting.models.u2net import u2netp
from portrait_matting.predict import main
from portrait_matting.prediction.inputs import find_inputs
from portrait_matting.prediction.photo_file import read_photo

FLAGS = ["--output", "cut", "--input-size", "16", "--workers", "2", "--device", "cpu", "--precision", "32-true"]


@pytest.mark.parametrize("count", [65, pytest.param(1000, marks=pytest.mark.slow)])
def test_hostile_files_are_named_and_all_good_ones_done(hostile, tmp_path, monkeypatch, capsys, count):
    monkeypatch.chdir(tmp_path)
    torch.save(u2netp().state_dict(), "u2netp.pth")
    good = hostile(tmp_path / "in", count, 7)
    began = time.perf_counter()
    with pytest.raises(SystemExit) as ended:
        main(["in", "--checkpoint", "u2netp.pth", *FLAGS])
    assert ended.value.code == 1
    assert time.perf_counter() - began < 10 + 0.5 * count
    out, err = capsys.readouterr()

    target = {tmp_path / one.path: tmp_path / "cut" / f"{one.name}.png" for one in find_inputs(["in"]).inputs}
    done = {source for source, file in target.items() if file.exists()}
    assert set(good) <= done
    assert set(target.values()) >= {path for path in (tmp_path / "cut").rglob("*") if path.is_file()}
    for source in done:
        assert Image.open(target[source]).size == read_photo(source).image.shape[1::-1]

    named = set(re.findall(r"in/(\d{4})-", err))
    assert named.isdisjoint(source.name[:4] for source in done)
    assert named | {source.name[:4] for source in done} == {
        path.name[:4] for path in (tmp_path / "in").iterdir() if not path.is_dir()
    }
    assert out.startswith(f"{len(done)} cut out into cut in ")
    assert out.endswith(f", {len(named)} could not be done\n")
