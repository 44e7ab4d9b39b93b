import logging
import time

import numpy as np
import pytest
from PIL import Image

from portrait_matting.data.alpha_facts import alpha_facts
from portrait_matting.data.alpha_verdict import judge, judge_mattes
from portrait_matting.data.folder import FolderDataModule, FolderDataset
from portrait_matting.data.truth import LOOKED_AT, check_truth, sample, truths
from portrait_matting.errors import InputError
from portrait_matting.synthetic import draw_portrait

DRAWN = [draw_portrait("train", 0, index, 64, 56) for index in range(12)]
PORTRAITS = [(photo, alpha) for photo, alpha in DRAWN if alpha.any()][:8]


def grey(values) -> Image.Image:
    return Image.fromarray(np.rint(np.asarray(values, np.float64)).astype(np.uint8))


def hard(alpha) -> np.ndarray:
    return alpha > 0.5


def palette(alpha) -> Image.Image:
    """A class mask in the colours of Pascal VOC: 15 is a person."""
    picture = Image.fromarray((hard(alpha) * 15).astype(np.uint8), mode="P")
    picture.putpalette([0, 0, 0] * 15 + [192, 128, 128] + [0, 0, 0] * 240)
    return picture


def write(root, make, image=None):
    """Portraits whose alphas are `make(index, alpha)`."""
    (root / "images").mkdir()
    (root / "alphas").mkdir()
    pairs = []
    for index, (photo, alpha) in enumerate(PORTRAITS):
        own, truth = root / "images" / f"{index}.png", make(index, alpha)
        (Image.fromarray(photo) if image is None else image(index, alpha)).save(own)
        path = root / "alphas" / f"{index}.{'tif' if truth.mode == 'F' else 'png'}"
        truth.save(path)
        pairs.append((own, path))
    return truths(FolderDataset(pairs))


LEGAL = {
    "soft": lambda _, alpha: grey(alpha * 255),
    "hard": lambda _, alpha: grey(hard(alpha) * 255),
    "one bit": lambda _, alpha: Image.fromarray(hard(alpha)),
    "sixteen bits": lambda _, alpha: Image.fromarray(np.rint(alpha * 65535).astype(np.uint16)),
    "float": lambda _, alpha: Image.fromarray(alpha),
    "grey as RGB": lambda _, alpha: grey(alpha * 255).convert("RGB"),
    "a cut-out": lambda index, alpha: Image.fromarray(
        np.dstack([PORTRAITS[index][0], np.rint(alpha * 255)]).astype("u1")
    ),
}


@pytest.mark.parametrize("kind", LEGAL)
def test_what_is_right_passes_without_a_word(kind, tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        check_truth(write(tmp_path, LEGAL[kind]), "DIR, train split")
    assert caplog.text == ""


WRONG = {
    "0 and 1": (lambda _, a: grey(hard(a)), "none holds a value above 1 of 255: class masks"),
    "1 and 0": (lambda _, a: grey(~hard(a)), "none holds a value above 1 of 255: class masks"),
    "ids to 8": (lambda _, a: grey(hard(a) * (1 + np.arange(56) // 7)), "none holds a value above 8 of 255"),
    "ids of VOC": (lambda _, a: grey(hard(a) * 15), "none holds a value above 15 of 255"),
    "8 of 16 bits": (lambda _, a: Image.fromarray(np.rint(a * 255).astype(np.uint16)), "8-bit values in 16-bit files"),
    "black": (lambda _, a: grey(a * 0), "all are 0 all over"),
    "white": (lambda _, a: grey(a * 0 + 255), "none holds a value below 255"),
    "254 and 255": (lambda _, a: grey(254 + hard(a)), "none holds a value below 254"),
    "127 and 128": (lambda _, a: grey(127 + hard(a)), "all values lie between 127 and 128"),
    "grey": (lambda _, a: grey(a * 0 + 128), "all values lie between 128 and 128"),
    "any grey": (lambda index, a: grey(a * 0 + 30 * index), "each is of one value all over"),
    "0 and 128": (lambda _, a: grey(hard(a) * 128), "the values 0, 128 of 255"),
    "inverted": (lambda _, a: grey(255 - a * 255), "inverted"),
    "inverted, hard": (lambda _, a: grey(~hard(a) * 255), "inverted"),
    "trimaps": (lambda _, a: grey(np.where(a < 0.02, 0, np.where(a > 0.98, 255, 128))), "trimaps"),
    "mixed": (lambda index, a: grey(hard(a) * (255 if index % 3 else 1)), "3 hold no value above 1 of 255"),
    "photos": (lambda index, _: Image.fromarray(PORTRAITS[index][0]), "8 cannot be used; the first: .*colour picture"),
    "grey photos": (lambda index, _: Image.fromarray(PORTRAITS[index][0]).convert("L"), "are the photos in grey"),
    "others' photos": (lambda index, _: Image.fromarray(PORTRAITS[index - 1][0]).convert("L"), "photos instead of"),
    "opaque cut-outs": (lambda index, _: Image.fromarray(PORTRAITS[index][0]).convert("RGBA"), "colour picture"),
    "a palette": (lambda _, a: palette(a), "palette, as class masks are"),
    "floats to 255": (lambda _, a: Image.fromarray(a * 255), "outside"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_alpha_is_refused_with_numbers(kind, tmp_path):
    make, words = WRONG[kind]
    with pytest.raises(InputError, match=words) as error:
        check_truth(write(tmp_path, make), "DIR, train split")
    assert str(error.value).startswith("DIR, train split: of 8 pairs looked at (8 in all)")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_swapped_folders_are_refused(mode, tmp_path):
    found = write(
        tmp_path,
        lambda index, _: Image.fromarray(PORTRAITS[index][0]).convert(mode),
        lambda _, alpha: grey(alpha * 255),
    )
    with pytest.raises(InputError, match="swap images/ and alphas/"):
        check_truth(found, "DIR")


def test_a_portrait_without_a_person_is_legal_and_counted(tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        check_truth(write(tmp_path, lambda index, alpha: grey(alpha * 255 * (index != 3))), "DIR, val split")
    [record] = caplog.records
    assert record.levelno == logging.INFO
    assert record.message == "DIR, val split: of 8 pairs looked at (8 in all) 1 shows nobody (black all over)"


@pytest.mark.parametrize("value, words", [(0, "1 shows nobody"), (255, "1 opaque all over")])
def test_a_single_portrait_is_warned_of_only(value, words, tmp_path, caplog):
    check_truth(write(tmp_path, lambda _, alpha: grey(alpha * 0 + value))[:1], "DIR, val split")
    assert words in caplog.text


def test_a_single_class_mask_is_refused(tmp_path):
    with pytest.raises(InputError, match="class masks"):
        check_truth(write(tmp_path, WRONG["0 and 1"][0])[:1], "DIR, val split")


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda index, a: grey(hard(a) * (255 if index else 1)), "1 with no value above 20 of 255"),
        (lambda _, a: grey(a * 200), "none holds a value above 200 of 255"),
        (lambda index, a: grey(a * 255 if index > 2 else 255 - a * 255), "3 opaque in both upper corners"),
    ],
)
def test_what_is_odd_is_warned_of(make, words, tmp_path, caplog):
    check_truth(write(tmp_path, make), "DIR")
    assert words in caplog.text


def test_a_few_files_that_cannot_be_read_are_left_to_the_run(tmp_path, caplog):
    found = write(tmp_path, LEGAL["soft"])
    found[2][1].write_bytes(b"")
    check_truth(found, "DIR")
    assert caplog.text == ""


def test_the_sample_is_small_and_the_same_in_every_run():
    assert sample(5) == [0, 1, 2, 3, 4]
    assert sample(40_000) == sample(40_000)
    assert len(set(sample(40_000))) == LOOKED_AT


def test_many_pairs_cost_no_more_than_few(tmp_path):
    found = write(tmp_path, LEGAL["soft"])
    began = time.perf_counter()
    check_truth(found * 5000, "DIR")
    assert time.perf_counter() - began < 2


def test_drawn_portraits_have_no_files_to_look_at():
    class Drawn:
        pass

    assert truths(Drawn()) == []
    check_truth([], "DIR")


def test_mattes_may_be_as_bad_as_they_like_but_no_class_masks(caplog):
    judge_mattes([alpha_facts(alpha * 0) for _, alpha in PORTRAITS], "predictions=DIR")
    assert "all are 0 all over" in caplog.text
    judge_mattes([alpha_facts(alpha * 0.03) for _, alpha in PORTRAITS], "predictions=DIR")
    with pytest.raises(InputError, match="class masks"):
        judge_mattes([alpha_facts(hard(alpha) / np.float32(255)) for _, alpha in PORTRAITS], "predictions=DIR")


def test_real_portraits(real_portraits, caplog):
    loading = {"input_size": 320, "batch_size": 1, "workers": 0, "augment": [], "seed": 0}
    data = FolderDataModule(root=str(real_portraits / "soft_alpha"), **loading)
    with caplog.at_level(logging.INFO):
        check_truth(truths(data.portraits("train")), "DIR")
    assert caplog.text == ""


def test_a_few_portraits_may_all_show_nobody(caplog):
    few = [alpha_facts(np.zeros((8, 8), np.float32))] * 4
    judge(few, "DIR, val split: of 4 pairs looked at")
    assert "4 show nobody (black all over)" in caplog.text
    with pytest.raises(InputError, match="all are 0 all over"):
        judge([*few, few[0]], "DIR")
