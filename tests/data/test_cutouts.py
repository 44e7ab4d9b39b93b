import logging
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from portrait_matting.data import cutouts as module
from portrait_matting.data.cutout_file import read_cut_out
from portrait_matting.data.cutouts import CutOutsDataModule
from portrait_matting.data.truth import check_truth, truths
from portrait_matting.errors import InputError

LOADING = {"input_size": 16, "batch_size": 2, "workers": 0, "augment": [], "seed": 0}
SIZE = {"height": 40, "width": 32}
SPLITS = ("train", "val", "test")


def rgba(number: int = 0, height: int = 50, width: int = 40) -> np.ndarray:
    """A person of one colour with soft shoulders, who ends below."""
    alpha = np.zeros((height, width), np.float32)
    cv2.ellipse(alpha, (width // 2, height), (width // 3, height // 2), 0, 0, 360, 1.0, -1)
    alpha = cv2.GaussianBlur(alpha, (5, 5), 1)
    colours = np.full((height, width, 3), (10 * number, 200, 255 - 10 * number), np.uint8)
    return np.dstack([colours, np.rint(255 * alpha).astype(np.uint8)])


def save(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)


@pytest.fixture
def root(tmp_path):
    for number in range(20):
        save(tmp_path / "people" / f"p{number:02}.png", rgba(number))
    return tmp_path / "people"


@pytest.fixture
def photos(tmp_path):
    for number in range(30):
        save(tmp_path / "photos" / f"{number:02}.png", np.full((50, 60, 3), (0, 8 * number, 0), np.uint8))
    return tmp_path / "photos"


def data(root, **changed) -> CutOutsDataModule:
    return CutOutsDataModule(**{"root": str(root), **SIZE, **LOADING} | changed)


def message(root, **changed) -> str:
    with pytest.raises(InputError) as error:
        data(root, **changed)
    assert "\n" not in str(error.value)
    return str(error.value)


def epochs(made: CutOutsDataModule, count: int) -> list[torch.Tensor]:
    made.setup("fit")
    loader, images = made.train_dataloader(), []
    for epoch in range(count):
        loader.sampler.set_epoch(epoch)
        images += [image for batch in loader for image in batch["image"]]
    return images


def test_a_portrait_is_a_person_before_a_background(root):
    image, alpha = data(root).portraits("train")[0]
    assert (image.dtype, image.shape) == (np.uint8, (40, 32, 3))
    assert (alpha.dtype, alpha.shape) == (np.float32, (40, 32))
    assert alpha.max() == 1
    assert alpha.min() == 0
    assert np.abs(image[alpha == 1][:, 1].astype(int) - 200).max() <= 2


def test_every_epoch_shows_everybody_otherwise_and_a_seed_gives_the_same_run(root):
    first = epochs(data(root), 3)
    assert len({image.numpy().tobytes() for image in first}) == len(first) == 48
    assert all(map(torch.equal, first, epochs(data(root), 3)))
    assert not any(map(torch.equal, first, epochs(data(root, seed=1), 3)))


def test_workers_change_nothing(root):
    assert all(map(torch.equal, epochs(data(root), 2), epochs(data(root, workers=2), 2)))


def test_an_epoch_that_was_stopped_goes_on_with_the_very_samples(root):
    made = [data(root) for _ in range(2)]
    for each in made:
        each.setup("fit")
    whole = made[0].train_dataloader()
    batches, state = [], None
    for batch in whole:
        batches.append(batch["image"])
        if len(batches) == 3:
            state = whole.state_dict()
    again = made[1].train_dataloader()
    again.load_state_dict(state)
    rest = [batch["image"] for batch in again]
    assert len(rest) == len(batches) - 3
    assert all(map(torch.equal, rest, batches[3:]))


def test_two_processes_see_what_one_sees(root, monkeypatch):
    alone = {image.numpy().tobytes() for image in epochs(data(root), 1)}
    together = []
    for rank in range(2):
        made = data(root)
        monkeypatch.setattr(made, "_rank", lambda rank=rank: (rank, 2))
        together += [image.numpy().tobytes() for image in epochs(made, 1)]
    assert len(together) == 16
    assert set(together) == alone


def test_a_subset_is_put_before_other_backgrounds_too(root):
    images = epochs(data(root, subset=0.5), 2)
    assert len(images) == 16
    assert len({image.numpy().tobytes() for image in images}) == 16


def test_what_is_scored_stays_whatever_the_seed_and_changes_with_draw_seed(root, photos):
    made = [data(root, backgrounds=str(photos), **own) for own in ({}, {"seed": 7}, {"draw_seed": 1})]
    for split in ("val", "test"):
        first, same, other = (each.portraits(split)[0] for each in made)
        np.testing.assert_array_equal(first[0], same[0])
        np.testing.assert_array_equal(first[1], same[1])
        assert not np.array_equal(first[0], other[0])


def test_a_portrait_that_is_scored_depends_on_its_name_alone(root, photos):
    """Another file beside it, another split, and an evaluation of all change nothing."""
    choice = {"root": str(root), **SIZE, "val_share": 0.1, "test_share": 0.1, "draw_seed": 0, "backgrounds": None}
    everybody = CutOutsDataModule.scored("all", **choice)
    alone = CutOutsDataModule.scored("test", **choice)
    for name, index in zip(alone.names, range(len(alone.names)), strict=True):
        image, alpha = everybody.portraits[everybody.names.index(name)]
        np.testing.assert_array_equal(image, alone.portraits[index][0])
        np.testing.assert_array_equal(alpha, alone.portraits[index][1])


def test_backgrounds_that_are_scored_are_not_trained_on(root, photos):
    made = data(root, backgrounds=str(photos), augment=[])
    training, testing = made.portraits("train"), made.portraits("test")
    greens = lambda image, alpha: set(image[alpha == 0][:, 1].tolist())  # noqa: E731
    trained = set().union(
        *(greens(*training.anew(index, np.random.default_rng(seed))) for index in range(2) for seed in range(50))
    )
    scored = set().union(*(greens(*part[index]) for part in (testing, training) for index in range(len(part))))
    assert len(trained) > 10
    assert not trained & scored


def test_splits_by_shares_and_by_folders(root, tmp_path):
    sizes = {split: len(data(root, val_share=0.2, test_share=0.1).portraits(split)) for split in SPLITS}
    assert sizes == {"train": 14, "val": 4, "test": 2}
    for number, split in enumerate(("train", "train", "train", "val", "test")):
        save(tmp_path / "split" / split / "anna" / f"{number}.webp", rgba(number))
    made = data(tmp_path / "split")
    assert made.names("train") == [(f"anna/{number}", f"anna/{number}") for number in range(3)]
    choice = {"root": str(tmp_path / "split"), **SIZE, "val_share": 0.1, "test_share": 0.1, "draw_seed": 0}
    assert CutOutsDataModule.scored("auto", **choice, backgrounds=None).names == ["anna/4"]
    assert len(CutOutsDataModule.scored("all", **choice, backgrounds=None).names) == 5


def test_all_of_an_unsplit_folder_is_scored_unless_it_was_trained_on(root):
    choice = {"root": str(root), **SIZE, "val_share": 0.1, "test_share": 0.1, "draw_seed": 0, "backgrounds": None}
    assert len(CutOutsDataModule.scored("auto", **choice).names) == 20
    held_out = CutOutsDataModule.scored("auto", trained_on=True, **choice)
    assert (held_out.split, len(held_out.names)) == ("test", 2)


OPAQUE = np.dstack([rgba()[..., :3], np.full((50, 40), 255, np.uint8)])
BAD = {
    "no alpha channel": (rgba()[..., :3], "has no alpha channel: a cut-out is RGBA"),
    "grey": (rgba()[..., 3], "has no alpha channel"),
    "opaque": (OPAQUE, "is opaque all over: nobody is cut out of it"),
    "nearly opaque": (np.dstack([OPAQUE[..., :3], OPAQUE[..., 3] - 3]), "is opaque all over"),
    "transparent": (rgba() * np.uint8((1, 1, 1, 0)), "is transparent all over: nobody is to be seen in it"),
    "class mask": (np.dstack([OPAQUE[..., :3], rgba()[..., 3] // 255]), "is transparent all over"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_file_in_which_nobody_is_cut_out_is_named(tmp_path, kind):
    picture, says = BAD[kind]
    save(tmp_path / "a.png", picture)
    with pytest.raises(InputError, match=f"a.png {says}"):
        read_cut_out(tmp_path / "a.png")


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n no more"])
def test_a_broken_file_is_named(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.png cannot be decoded as an image"):
        read_cut_out(tmp_path / "a.png")


@pytest.mark.parametrize("suffix, options", [("png", {}), ("webp", {"lossless": True, "exact": True}), ("tiff", {})])
def test_every_kind_of_cut_out_is_read(tmp_path, suffix, options):
    Image.fromarray(rgba(3)).save(tmp_path / f"a.{suffix}", **options)
    colours, alpha = read_cut_out(tmp_path / f"a.{suffix}")
    np.testing.assert_array_equal(colours, rgba(3)[..., :3])
    np.testing.assert_allclose(alpha, rgba(3)[..., 3] / 255, atol=1e-6)


def test_a_palette_and_16_bits_are_read(tmp_path):
    Image.fromarray(rgba(3)).quantize(64).save(tmp_path / "palette.png")
    wide = rgba(3).astype(np.uint16) * 257
    cv2.imwrite(str(tmp_path / "wide.png"), cv2.cvtColor(wide, cv2.COLOR_RGBA2BGRA))
    for name in ("palette.png", "wide.png"):
        assert np.abs(read_cut_out(tmp_path / name)[1] - rgba(3)[..., 3] / 255).max() < 0.2


def test_grey_with_alpha_is_a_cut_out(tmp_path):
    grey = Image.merge("LA", [Image.fromarray(rgba()[..., 1]), Image.fromarray(rgba()[..., 3])])
    grey.save(tmp_path / "a.png")
    colours, alpha = read_cut_out(tmp_path / "a.png")
    np.testing.assert_array_equal(colours, np.repeat(rgba()[..., 1:2], 3, axis=2))
    np.testing.assert_allclose(alpha, rgba()[..., 3] / 255, atol=1e-6)


def test_one_bad_file_is_counted_in_training_and_more_stop_the_run(root, caplog):
    save(root / "p00.png", OPAQUE)
    made = data(root, val_share=0.05, test_share=0.05)
    others = {name for split in ("val", "test") for name in made.portraits(split).names}
    if "p00" in others:
        pytest.skip("the bad one is not in the training split")
    with caplog.at_level(logging.WARNING):
        assert len(epochs(made, 1)) == 18
    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith("skipped portrait 1, of at most 1 that may be bad: ")
    assert "p00.png is opaque all over" in line
    for name in made.portraits("train").names[:2]:
        save(root / f"{name}.png", OPAQUE)
    with pytest.raises(InputError, match=r"2 of 18 portraits cannot be used, .*opaque all over"):
        epochs(data(root, val_share=0.05, test_share=0.05), 2)


def test_a_folder_of_opaque_pictures_is_refused_before_any_work(root):
    for number in range(20):
        save(root / f"p{number:02}.png", OPAQUE)
    with pytest.raises(InputError, match=r"16 cannot be used; the first: .*p\d+\.png is opaque all over"):
        check_truth(truths(data(root).portraits("train")), "DIR, train split")


def test_good_cut_outs_pass_without_a_word(root, caplog):
    with caplog.at_level(logging.INFO):
        made = data(root)
        for split in SPLITS:
            check_truth(truths(made.portraits(split)), "DIR")
    assert caplog.records == []


def test_people_in_black_and_white_pass_without_a_word(tmp_path, caplog):
    """A black picture with a person in it who is mostly white looks like a matte, and is none."""
    for number in range(20):
        grey = rgba(number)
        grey[..., :3] = np.where(grey[..., 3:] > 0, np.uint8(235 + number), np.uint8(0))
        save(tmp_path / f"{number}.png", grey)
    with caplog.at_level(logging.INFO):
        check_truth(truths(data(tmp_path).portraits("train")), "DIR")
    assert caplog.records == []


def test_a_broken_background_is_named_and_counted(root, photos, caplog):
    made = data(root, backgrounds=str(photos))
    trained_on, *others = made.portraits("train")._anew.paths
    trained_on.write_bytes(b"no picture")
    with caplog.at_level(logging.WARNING):
        epochs(made, 6)
    [line] = [record.getMessage() for record in caplog.records]
    assert f"skipped portrait 1, of at most 1 that may be bad: {trained_on} cannot be decoded" in line
    for path in others:
        path.write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"cannot be used.*photos/\d+\.png cannot be decoded"):
        epochs(made, 1)


def test_what_the_folder_must_be(root, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "jpegs").mkdir()
    Image.fromarray(rgba()[..., :3]).save(tmp_path / "jpegs" / "a.jpg")
    for half in ("images", "alphas"):
        (tmp_path / "pairs" / half).mkdir(parents=True)
    assert message(tmp_path / "missing").endswith("is not a folder: give one of RGBA pictures of people")
    assert "holds no cut-out: give a folder with files in .avif" in message(tmp_path / "empty")
    assert "holds no cut-out, only 1 .jpg, which are not transparent" in message(tmp_path / "jpegs")
    assert "has images/ and alphas/, which data=folder reads" in message(tmp_path / "pairs")
    assert "data.backgrounds" in message(root, backgrounds=str(tmp_path / "missing"))
    assert "holds no picture" in message(root, backgrounds=str(tmp_path / "empty"))
    assert message(root, height=8) == "data.height=8 is too small: choose at least 16"
    assert message(root, width=9000) == "data.width=9000 is too large: choose at most 8192"
    assert message(root, draw_seed=-1) == "data.draw_seed=-1 is too small: choose at least 0"
    assert "must leave a share to train on" in message(root, val_share=0.9, test_share=0.1)
    assert "20 cut-out(s) less 10 for val and 10 for test leave none" in message(root, val_share=0.49, test_share=0.5)


def test_jpegs_among_cut_outs_are_left_out_with_a_word_and_the_sheet_of_draw_without(root, caplog):
    Image.fromarray(rgba()[..., :3]).save(root / "sheet.jpg")
    data(root)
    assert caplog.records == []
    Image.fromarray(rgba()[..., :3]).save(root / "other.jpg")
    data(root)
    assert "left out 1 .jpg, which cannot be transparent" in caplog.text


def test_own_colours_are_estimated_where_a_photo_s_background_is_in_them(root, monkeypatch):
    """Once a file is known to be right, no time is spent on it."""
    asked = []

    def own(colours, alpha):
        asked.append(colours[0, 0, 0])
        return colours if colours[0, 0, 0] else np.zeros_like(colours)

    monkeypatch.setattr(module, "own_colours", own)
    portraits = data(root).portraits("train")
    for _ in range(3):
        for index in range(len(portraits)):
            image, alpha = portraits[index]
            if portraits.names[index] == "p00":
                assert image[alpha == 1].max() == 0
    tainted = "p00" in portraits.names
    assert len(asked) == len(portraits) + 2 * tainted
