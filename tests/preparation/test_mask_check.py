from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from portrait_matting.errors import InputError
from portrait_matting.preparation.mask_check import check_masks
from portrait_matting.preparation.pairing import Pair
from portrait_matting.preparation.source import Entry


def ids() -> np.ndarray:
    """A bust: classes 1 and 2, uint8 (32, 24)."""
    mask = np.zeros((32, 24), np.uint8)
    mask[8:, 6:18] = 1
    mask[10:18, 8:14] = 2
    return mask


def pairs_of(folder: Path, masks, split: str = "train"):
    pairs = []
    for index, mask in enumerate(masks):
        Image.fromarray(np.asarray(mask, np.uint8)).save(folder / f"{index}.png")
        entry = Entry(split, str(index), "mask", "", f"{index}.png", 1)
        pairs.append(Pair(split, str(index), "", entry, entry))
    return pairs, lambda entry: (folder / entry.path).read_bytes()


def test_class_masks_pass_without_a_word(tmp_path, caplog):
    check_masks(*pairs_of(tmp_path, [ids()] * 4))
    check_masks(*pairs_of(tmp_path, [np.minimum(ids(), 1)] * 4))
    check_masks([], lambda entry: b"")
    assert caplog.text == ""


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda mask: mask * 0, "all are 0 all over"),
        (lambda mask: mask * 0 + 1, "none holds a value below 255"),
        (lambda mask: mask == 0, "inverted"),
        (lambda mask: (mask > 0) * 255, "hold values up to 255, where EasyPortrait has class ids 0 to 8"),
    ],
)
def test_other_masks_are_refused_before_the_copy(make, words, tmp_path):
    with pytest.raises(InputError, match=f"val split: of 5 masks looked at .*{words}"):
        check_masks(*pairs_of(tmp_path, [make(ids())] * 5, "val"))


def test_broken_masks_are_left_to_the_copy(tmp_path):
    pairs, read = pairs_of(tmp_path, [ids(), ids() * 0, ids()])
    (tmp_path / "0.png").write_bytes(b"x")
    (tmp_path / "2.png").unlink()
    check_masks(pairs, read)
