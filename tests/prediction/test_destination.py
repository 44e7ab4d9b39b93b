import os
from pathlib import Path

import pytest

from portrait_matting.errors import InputError
from portrait_matting.prediction.destination import Destination
from portrait_matting.prediction.names import Input


@pytest.mark.parametrize(
    "text", ["cut", "cut.v2", "2024.05", "out.d", ".hidden", "there.png", "new.png/", "../x", "~/x"]
)
def test_a_folder(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("there.png").mkdir()
    destination = Destination.named(text)
    assert destination == Destination(Path(text).expanduser())
    assert destination.format(None) == "png"
    assert destination.format("webp") == "webp"
    destination.check([Input(Path("a.jpg"), Path("a"))] * 3, ".webm")


@pytest.mark.parametrize(
    "text, format", [("of.png", "png"), ("x/of.PNG", "png"), ("of.webp", "webp"), ("of.jpg", "jpg"), ("of.jpeg", "jpg")]
)
def test_a_picture(text, format, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    destination = Destination.named(text)
    assert destination == Destination(Path(text).parent, Path(text))
    assert destination.format(None) == destination.format(format) == format
    destination.check([Input(Path("a.jpg"), Path("a"))], ".webm")
    with pytest.raises(InputError, match=r"is a name for .*leave one of them out"):
        destination.format("webp" if format != "webp" else "png")
    with pytest.raises(InputError, match="is one file, but there are 2 inputs: give a folder"):
        destination.check([Input(Path("a.jpg"), Path("a"))] * 2, ".webm")
    with pytest.raises(InputError, match=r"a video is written as \.webm"):
        destination.check([Input(Path("a.mp4"), Path("a"))], ".webm")


def test_a_video():
    destination = Destination.named("of.webm")
    destination.check([Input(Path("a.mp4"), Path("a"))], ".webm")
    with pytest.raises(InputError, match=r"a video is written as \.mp4"):
        destination.check([Input(Path("a.mp4"), Path("a"))], ".mp4")
    with pytest.raises(InputError, match=r"but the input is a photo: give \.png"):
        destination.check([Input(Path("a.jpg"), Path("a"))], ".webm")


@pytest.mark.parametrize("text", ["of.tif", "of.GIF", "x/of.heic", "of.mov"])
def test_what_is_not_written(text):
    with pytest.raises(InputError, match=rf"is not written: give a name in \.png.*or a folder \({text}/\)"):
        Destination.named(text)
    assert Destination.named(text + os.sep).file is None
