from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from portrait_matting.errors import InputError
from portrait_matting.labelling.note import Note, going_on

PATH = Path("out/labels.json")
NOTE = Note(
    "network",
    "a.onnx",
    "bilinear",
    "12" * 32,
    100,
    "onnx",
    320,
    320,
    "imagenet",
    "squash",
    "alpha",
    None,
    "whole, mirrored",
    min_confidence=0.9,
)


def test_a_new_folder_is_begun_today():
    assert going_on("", NOTE, PATH) == replace(NOTE, begun=date.today().isoformat())


def test_what_decides_no_byte_may_change():
    before = replace(NOTE, begun="2020-02-20")
    wanted = replace(NOTE, name="renamed.onnx", min_confidence=0.5)
    assert going_on(before.text(), wanted, PATH) == replace(before, min_confidence=0.5)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"source": "mattes", "name": "m"}, "by a network, a.onnx, this is by mattes, m"),
        ({"sha256": "34" * 32}, "by a.onnx of SHA-256 121212121212…, this is by a.onnx of SHA-256 343434343434…"),
        ({"input_height": 256}, "with --input-size 320, this is with --input-size 256"),
        ({"normalisation": "unit"}, "with --normalisation imagenet, this is with --normalisation unit"),
        ({"fit": "pad"}, "with --fit squash, this is with --fit pad"),
        ({"values": "logits"}, "with values alpha, this is with values logits"),
        ({"channel": 1}, "without --channel, this is with --channel 1"),
        ({"refinement": "detail"}, "with --refinement bilinear, this is with --refinement detail"),
        ({"version": "9.9"}, "this is by version 9.9"),
    ],
)
def test_what_decides_the_labels_cannot_change(change, says):
    with pytest.raises(InputError, match=r"^out was labelled ") as refused:
        going_on(replace(NOTE, begun="2020-02-20").text(), replace(NOTE, **change), PATH)
    assert says in str(refused.value)


@pytest.mark.parametrize("existing", ["{", "[1]", "{}", '{"size": 512}', "null"])
def test_a_file_of_something_else_is_refused(existing):
    with pytest.raises(InputError, match="is no note of labels"):
        going_on(existing, NOTE, PATH)
