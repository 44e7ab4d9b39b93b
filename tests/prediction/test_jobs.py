"""Calls that follow one another into one folder: what is done again, passed over, named apart or left alone."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from portrait_matting.matte.matter import CutOut
from portrait_matting.prediction import workers
from portrait_matting.prediction.batch import cut_out_all
from portrait_matting.prediction.cutout_file import Style
from portrait_matting.prediction.inputs import find_inputs
from portrait_matting.prediction.jobs import plan_jobs
from portrait_matting.prediction.settings import Settings


class RedMatter:
    """A matter without a network: what is red is the person."""

    predictor = SimpleNamespace(device="cpu")

    def mattes(self, photos):
        return [photo[..., 0] / np.float32(255) for photo in photos]

    def cut_out(self, photo, matte):
        return CutOut(matte, photo)


class Quiet:
    def photo(self, reason):
        pass


def save(path, seed=0, size=(12, 10)):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(image).save(path)
    return path


@pytest.fixture
def call(tmp_path, monkeypatch):
    """A call of predict without its network: what it says, with the counts of what it did."""
    monkeypatch.chdir(tmp_path)
    Path("net.pth").write_bytes(b"weights")
    Path("other.pth").write_bytes(b"other weights")

    def call(*inputs, output="cut", overwrite=False, style=Style(), **options):  # noqa: B008 - it is frozen
        settings = Settings(**{"checkpoint": Path("net.pth")} | options, style=style)
        found = find_inputs([str(path) for path in inputs], exclude=Path(output)).inputs
        jobs, summary = plan_jobs(found, Path(output), style, overwrite, settings)
        summary.add(cut_out_all(jobs, RedMatter(), style, 2, Quiet()))
        return summary

    return call


def counts(summary):
    return summary.done, summary.again, summary.existed, len(summary.failed)


def holds(result, photo):
    """Whether a result is that of a photo."""
    alpha = np.asarray(Image.open(result))[..., 3]
    return np.array_equal(alpha, np.asarray(Image.open(photo).convert("RGB"))[..., 0])


def test_a_photo_of_the_same_name_that_comes_later_is_cut_out_too(call):
    png = save(Path("in/a.png"), 1)
    assert counts(call("in")) == (1, 0, 0, 0)
    jpg = save(Path("in/a.jpg"), 2)
    before = Path("cut/a.png").stat().st_mtime_ns
    summary = call("in")
    assert counts(summary) == (1, 0, 1, 0)
    [line] = summary.plans()
    assert line == "named apart, since another photo or file has the name: in/a.jpg becomes cut/a_jpg.png"
    assert Path("cut/a.png").stat().st_mtime_ns == before
    assert holds("cut/a.png", png)
    assert holds("cut/a_jpg.png", jpg)
    assert counts(call("in")) == (0, 0, 2, 0)
    assert counts(call("in/a.jpg")) == (0, 0, 1, 0)
    assert list(call("in").plans()) == []
    png.unlink()
    assert counts(call("in")) == (0, 0, 1, 0)  # its name stays, so that nothing is made twice


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_two_cards_into_one_folder(call, suffix):
    save(Path("card1/IMG_0001.jpg"), 1)
    second = save(Path(f"card2/IMG_0001.{suffix}"), 2)
    os.utime(second, ns=(Path("card1/IMG_0001.jpg").stat().st_mtime_ns,) * 2)
    assert counts(call("card1")) == (1, 0, 0, 0)
    assert counts(call("card2")) == (1, 0, 0, 0)
    assert holds(f"cut/IMG_0001_{suffix}.png", second)
    assert holds("cut/IMG_0001.png", "card1/IMG_0001.jpg")
    for inputs in (["card2"], ["card1"], ["card1", "card2"]):
        assert counts(call(*inputs)) == (0, 0, len(inputs), 0)
    assert counts(call("card2", overwrite=True)) == (1, 1, 0, 0)
    assert holds("cut/IMG_0001.png", "card1/IMG_0001.jpg")
    third = save(Path(f"card3/IMG_0001.{suffix}"), 3)
    assert counts(call("card1", "card3")) == (1, 0, 1, 0)
    assert holds(f"cut/IMG_0001_{suffix}_2.png", third)


@pytest.mark.parametrize(
    "options",
    [
        {"checkpoint": Path("other.pth")},
        {"style": Style(matte=True)},
        {"style": Style(background=(255, 255, 255))},
        {"refinement": "none"},
        {"input_size": 64},
        {"foreground": False},
    ],
    ids=lambda options: " ".join(options),
)
def test_other_options_make_it_again_and_that_is_said(call, options):
    save(Path("in/a.jpg"), 1)
    save(Path("in/b.jpg"), 2)
    call("in")
    summary = call("in", **options)
    assert counts(summary) == (2, 2, 0, 0)
    [line] = summary.plans()
    assert "2 results were made by another network or with other options" in line
    assert ", 2 of them again" in summary.line("cut")
    assert counts(call("in", **options)) == (0, 0, 2, 0)


def test_the_same_network_in_another_place_is_the_same(call):
    save(Path("in/a.jpg"))
    call("in")
    shutil.copy("net.pth", "best.ckpt")
    assert counts(call("in", checkpoint=Path("best.ckpt"))) == (0, 0, 1, 0)


@pytest.mark.parametrize("age", [-(10**9), 10**9], ids=["older", "newer"])
def test_a_photo_that_was_replaced_is_cut_out_again(call, age):
    photo = save(Path("in/a.bmp"), 1)  # equal sizes in bytes
    call("in")
    when = photo.stat().st_mtime_ns
    save(Path("elsewhere.bmp"), 2)
    os.utime("elsewhere.bmp", ns=(when + age, when + age))
    shutil.copy2("elsewhere.bmp", photo)
    summary = call("in")
    assert counts(summary) == (1, 1, 0, 0)
    assert holds("cut/a.png", photo)
    assert "1 input has changed since the last time" in next(summary.plans())
    os.utime(photo)  # newer, but the same
    assert counts(call("in")) == (0, 0, 1, 0)


def test_folders_that_were_moved_or_copied(call):
    photo = save(Path("in/one/a.jpg"), 1)
    save(Path("in/a.jpg"), 2)
    call("in")
    os.rename("cut", "moved")
    os.rename("in", "photos")
    assert counts(call("photos", output="moved")) == (0, 0, 2, 0)
    shutil.copytree("moved", "copied", copy_function=shutil.copyfile)
    assert counts(call("photos", output="copied")) == (0, 0, 2, 0)
    save(Path("photos/one/a.jpg"), 3)
    assert counts(call("photos", output="copied")) == (1, 0, 1, 0)  # perhaps it is another one: nothing is lost
    assert not photo.exists()


def test_names_that_some_disks_cannot_tell_apart(call):
    for seed, name in enumerate(("A.jpg", "e\u0301.jpg")):
        save(Path("in") / name, seed)
    call("in")
    shutil.rmtree("in")
    for seed, name in enumerate(("a.png", "\u00e9.png"), 2):
        save(Path("later") / name, seed)
    call("later")
    assert set(os.listdir("cut")) == {"A.png", "a_png.png", "e\u0301.png", "\u00e9_png.png"}
    assert holds("cut/a_png.png", "later/a.png")
    assert counts(call("later")) == (0, 0, 2, 0)


def test_a_name_apart_may_be_taken_too(call):
    for seed, name in enumerate(("a.jpg", "a_png.jpg")):
        save(Path("in") / name, seed)
    call("in")
    later = save(Path("later/a.png"), 3)
    assert counts(call("later")) == (1, 0, 0, 0)
    assert holds("cut/a_png_2.png", later)
    assert counts(call("in", "later")) == (0, 0, 3, 0)


def test_what_an_earlier_version_made_is_passed_over_and_spoken_of(call):
    for seed in range(5):
        save(Path(f"in/{seed}.jpg"), seed)
        Image.new("RGBA", (10, 12)).save(f"{seed}.png")
    Path("cut").mkdir()
    for seed in range(4):
        os.rename(f"{seed}.png", f"cut/{seed}.png")
    summary = call("in")
    assert counts(summary) == (1, 0, 4, 0)
    [line] = summary.plans()
    assert line.startswith("there already, but nothing in them says of which photo")
    assert "cut/0.png, cut/1.png, cut/2.png and 1 more; --overwrite" in line
    assert "4 were there already, 4 of them without a mark" in summary.line("cut")
    assert counts(call("in", overwrite=True)) == (5, 5, 0, 0)
    assert counts(call("in")) == (0, 0, 5, 0)
    assert set(os.listdir("cut")) == {f"{seed}.png" for seed in range(5)}


def test_what_an_earlier_version_made_of_two_photos_of_one_name(call):
    save(Path("in/a.jpg"), 1)
    png = save(Path("in/a.png"), 2)
    Path("cut").mkdir()
    Image.new("RGBA", (10, 12)).save("cut/a.png")  # of which of them?
    assert counts(call("in")) == (2, 0, 0, 0)
    assert set(os.listdir("cut")) == {"a.png", "a_jpg.png", "a_png.png"}
    assert holds("cut/a_png.png", png)
    shutil.rmtree("cut")
    Path("cut").mkdir()
    for name in ("a.png", "a_png.png"):  # it saw both
        Image.new("RGBA", (10, 12)).save(f"cut/{name}")
    summary = call("in")
    assert counts(summary) == (0, 0, 2, 0)
    assert len(summary.unmarked) == 2


@pytest.mark.parametrize(
    "mine",
    [
        Image.new("RGBA", (11, 12)),  # another size
        Image.new("L", (10, 12)),  # a matte
        Image.new("RGB", (10, 12)),
        b"no picture",
        b"",
        None,  # a folder
    ],
    ids=["size", "grey", "opaque", "text", "empty", "folder"],
)
def test_what_is_surely_not_of_this_photo_stays_and_the_result_is_named_apart(call, mine):
    photo, there = save(Path("in/a.jpg"), 1), Path("cut/a.png")
    there.parent.mkdir()
    if mine is None:
        there.mkdir()
    elif isinstance(mine, bytes):
        there.write_bytes(mine)
    else:
        mine.save(there)
    before = there.is_file() and there.read_bytes()
    assert counts(call("in")) == (1, 0, 0, 0)
    assert (there.is_file() and there.read_bytes()) == before
    assert holds("cut/a_jpg.png", photo)
    assert counts(call("in")) == (0, 0, 1, 0)
    call("in", overwrite=True)
    assert mine is None or holds(there, photo)


def test_what_is_older_than_the_photo_and_has_no_mark_is_not_taken_for_its_result(call):
    save(Path("in/a.jpg"), 1)
    Path("cut").mkdir()
    Image.new("RGBA", (10, 12)).save("cut/a.png")
    os.utime("cut/a.png", (0, 0))
    summary = call("in")
    assert (counts(summary), summary.code) == ((0, 0, 0, 1), 2)
    assert "in/a.jpg is not cut out: cut/a.png is older than the photo" in summary.failed[0]
    assert counts(call("in", overwrite=True)) == (1, 1, 0, 0)


def test_what_somebody_has_worked_on_is_not_lost(call):
    photo = save(Path("in/a.jpg"), 1)
    call("in")
    whole = Path("cut/a.png").read_bytes()
    picture = Image.open("cut/a.png")
    picture.load()
    picture.putpixel((3, 3), (1, 2, 3, 4))
    mine = bytearray(whole)
    mine[-20] ^= 1  # another program that keeps the text of a PNG
    Path("cut/a.png").write_bytes(mine)
    assert counts(call("in")) == (0, 0, 1, 0)  # it is of this photo
    summary = call("in", refinement="none")
    assert (counts(summary), summary.code) == ((0, 0, 0, 1), 2)
    assert "cut/a.png was changed by somebody since it was made" in summary.failed[0]
    picture.save("cut/a.png")  # one that does not keep it
    os.utime(photo, (0, 0))
    summary = call("in", refinement="none")
    assert counts(summary) == (0, 0, 1, 0)
    assert len(summary.unmarked) == 1
    assert Image.open("cut/a.png").getpixel((3, 3)) == (1, 2, 3, 4)


def test_photos_of_equal_content_keep_their_own_results(call):
    for folder in "xyz":
        save(Path(folder) / "a.jpg", 1)
    assert counts(call("x", "y")) == (2, 0, 0, 0)
    assert counts(call("x", "y")) == (0, 0, 2, 0)
    assert counts(call("z")) == (0, 0, 1, 0)  # what it would become is there


def let_another_call_write_first(monkeypatch, another):
    """Just before the first result is written, `another` call runs to its end."""
    write, others = workers.write_bytes, []

    def late(target, content, **options):
        if not others:
            others.append(target)
            another()
        write(target, content, **options)

    monkeypatch.setattr(workers, "write_bytes", late)


def test_a_file_that_comes_meanwhile_is_not_written_over(call, monkeypatch):
    """Two calls into one folder, which see both that a name is free."""
    save(Path("card1/a.jpg"), 1)
    save(Path("card2/a.jpg"), 2)
    let_another_call_write_first(monkeypatch, lambda: call("card1"))
    summary = call("card2")
    assert counts(summary) == (1, 0, 0, 0)
    [line] = summary.remarks()
    assert line == "named apart, since another call wrote under the name meanwhile: card2/a.jpg became cut/a_jpg.png"
    assert holds("cut/a.png", "card1/a.jpg")
    assert holds("cut/a_jpg.png", "card2/a.jpg")
    assert counts(call("card1", "card2")) == (0, 0, 2, 0)
    assert sorted(os.listdir("cut")) == ["a.png", "a_jpg.png"]


def test_the_same_call_at_the_same_time(call, monkeypatch):
    save(Path("in/a.jpg"), 1)
    let_another_call_write_first(monkeypatch, lambda: call("in"))
    assert counts(call("in")) == (1, 0, 0, 0)
    assert os.listdir("cut") == ["a.png"]


def test_another_format_stands_beside(call):
    save(Path("in/a.jpg"), 1)
    call("in")
    assert counts(call("in", style=Style("webp"))) == (1, 0, 0, 0)
    assert counts(call("in", style=Style("webp", quality=50))) == (1, 1, 0, 0)
    assert counts(call("in")) == (0, 0, 1, 0)
