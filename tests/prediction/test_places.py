"""Predict as newcomers call it, with a photo alone: where the result goes, and what the next call takes for a photo."""

import errno
import re

import numpy as np
import pytest
from PIL import Image

from portrait_matting.errors import InputError
from portrait_matting.predict import main
from portrait_matting.prediction import destination
from portrait_matting.prediction.cutout_file import Style
from portrait_matting.prediction.places import beside

FLAGS = ["--input-size", "32", "--workers", "2", "--device", "cpu", "--precision", "32-true"]


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Runs the command from `tmp_path`, by the network of the package; gives its exit code and what it said."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        code = 0
        try:
            main([*FLAGS, *map(str, arguments)])
        except SystemExit as end:
            code = end.code
        said = capsys.readouterr()
        return code, re.sub(r" in \d+\.\d s", "", said.out + said.err).strip()

    return call


def save(path, seed=0, size=(40, 30)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)).save(path)


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_photo_alone(call, tmp_path):
    save(tmp_path / "photo.jpg")
    before = (tmp_path / "photo.jpg").read_bytes()
    assert call("photo.jpg") == (0, "1 cut out into photo_cut_out.png")
    assert files(tmp_path) == {"photo.jpg", "photo_cut_out.png"}
    assert (tmp_path / "photo.jpg").read_bytes() == before
    assert Image.open(tmp_path / "photo_cut_out.png").mode == "RGBA"
    assert call("photo.jpg") == (0, "0 cut out beside photo.jpg, 1 was there already")
    save(tmp_path / "photo.jpg", 1)
    assert "1 cut out into photo_cut_out.png, 1 of them again" in call("photo.jpg")[1]
    assert files(tmp_path) == {"photo.jpg", "photo_cut_out.png"}


@pytest.mark.parametrize(
    "flags, name",
    [
        (["--matte"], "photo_matte.png"),
        (["--format", "webp"], "photo_cut_out.webp"),
        (["--background", "white", "--format", "jpg"], "photo_cut_out.jpg"),
    ],
)
def test_what_it_is_called(flags, name, call, tmp_path):
    save(tmp_path / "photo.png")
    assert call("photo.png", *flags) == (0, f"1 cut out into {name}")
    assert files(tmp_path) == {"photo.png", name}


def test_several_photos_each_beside_itself(call, tmp_path):
    for seed, name in enumerate(["a.jpg", "a.png", "one/b.jpg", "one/c.v2.jpg"]):
        save(tmp_path / name, seed)
    code, said = call("a.jpg", "a.png", "one/b.jpg", tmp_path / "one/c.v2.jpg")
    assert code == 0
    assert "named apart, since another photo or file has the name: a.png becomes a_cut_out_png.png" in said
    assert "4 cut out beside their photos, as NAME_cut_out.png" in said
    made = {"a_cut_out.png", "a_cut_out_png.png", "one/b_cut_out.png", "one/c.v2_cut_out.png"}
    assert files(tmp_path) == {"a.jpg", "a.png", "one/b.jpg", "one/c.v2.jpg"} | made


def test_a_folder_gets_a_folder_beside_it(call, tmp_path, monkeypatch):
    save(tmp_path / "photos/a.jpg")
    save(tmp_path / "photos/one/b.jpg", 1)
    assert call("photos") == (0, "2 cut out into photos_cut_outs")
    assert files(tmp_path / "photos_cut_outs") == {"a.png", "one/b.png"}
    assert call("photos/") == (0, "0 cut out into photos_cut_outs, 2 were there already")
    assert call("photos", "--matte") == (0, "2 cut out into photos_mattes")
    monkeypatch.chdir(tmp_path / "photos")
    assert call(".") == (0, f"0 cut out into {tmp_path / 'photos_cut_outs'}, 2 were there already")
    assert call("../photos/one/..")[0] == 0
    assert files(tmp_path / "photos") == {"a.jpg", "one/b.jpg"}


def test_photos_and_folders_together_each_once(call, tmp_path):
    save(tmp_path / "photos/a.jpg")
    save(tmp_path / "photos/b.jpg", 1)
    save(tmp_path / "c.jpg", 2)
    said = "3 cut out beside their photos, as NAME_cut_out.png and into photos_cut_outs"
    assert call("photos", "c.jpg", "photos/a.jpg", "./c.jpg") == (0, said)
    made = {"c_cut_out.png", "photos/a_cut_out.png", "photos_cut_outs/b.png"}
    assert files(tmp_path) == {"photos/a.jpg", "photos/b.jpg", "c.jpg"} | made


@pytest.mark.parametrize("again", [["."], ["*"], ["*.*"], ["**/*"], "every file", ["."] + ["--output", "new"]])
def test_results_are_not_cut_out_by_the_next_call(again, call, tmp_path, monkeypatch):
    save(tmp_path / "album/a.jpg")
    save(tmp_path / "album/one/b.jpg", 1)
    save(tmp_path / "album/own_cut_out.png", 2)  # by no predict: a photo
    (tmp_path / "album/notes.txt").touch()
    monkeypatch.chdir(tmp_path / "album")
    assert call("a.jpg")[0] == 0
    assert call("a.jpg", "--matte")[0] == 0
    assert call("one")[0] == 0
    before = files(tmp_path / "album")
    code, said = call(*(sorted(p for p in before if "txt" not in p) if again == "every file" else again))
    assert code == 0, said
    assert "passed over, since they are results of predict: " in said
    new = {path.rpartition("/")[2] for path in files(tmp_path) - {f"album/{path}" for path in before}}
    assert new <= {"own_cut_out_cut_out.png", "b_cut_out.png", "a.png", "b.png", "own_cut_out.png"}


def test_a_result_that_is_named_alone_is_cut_out(call, tmp_path):
    save(tmp_path / "photo.jpg")
    assert call("photo.jpg")[0] == 0
    assert call("photo_cut_out.png") == (0, "1 cut out into photo_cut_out_cut_out.png")
    assert call("photo_cut_out.png", "--background", "white", "--output", "white") == (0, "1 cut out into white")
    save(tmp_path / "only/photo.jpg")
    call("only/photo.jpg")
    (tmp_path / "only/photo.jpg").unlink()
    line = "only/photo_cut_out.png is a result of predict: name one alone, or give --output DIR"
    assert call("only") == (2, f"error: nothing to cut out: {line}")
    assert call("only", "--output", "new") == (0, "1 cut out into new")


def test_nobody_elses_file_is_written_over(call, tmp_path):
    save(tmp_path / "photo.jpg", size=(40, 30))
    save(tmp_path / "photo_cut_out.png", 5, size=(20, 20))
    theirs = (tmp_path / "photo_cut_out.png").read_bytes()
    code, said = call("photo.jpg")
    assert code == 0
    assert "photo_cut_out_jpg.png" in said
    assert (tmp_path / "photo_cut_out.png").read_bytes() == theirs
    Image.fromarray(np.zeros((40, 30, 4), np.uint8)).save(tmp_path / "photo_cut_out.png")  # could be the result
    theirs = (tmp_path / "photo_cut_out.png").read_bytes()
    (tmp_path / "photo_cut_out_jpg.png").unlink()
    code, said = call("photo.jpg")
    assert "0 cut out beside photo.jpg, 1 was there already, 1 of them without a mark" in said
    assert (tmp_path / "photo_cut_out.png").read_bytes() == theirs


def test_an_edited_result_stays(call, tmp_path):
    save(tmp_path / "photo.jpg")
    call("photo.jpg")
    result = tmp_path / "photo_cut_out.png"
    result.write_bytes(result.read_bytes() + b"edited")
    edited = result.read_bytes()
    code, said = call("photo.jpg", "--flip")
    assert code == 2
    assert "was changed by somebody since it was made" in said
    assert result.read_bytes() == edited


@pytest.fixture
def locked(monkeypatch):
    """Folders of that name cannot be written, whoever runs this."""
    written = destination.write_bytes

    def write(path, content):
        if path.parent.name == "locked":
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        written(path, content)

    monkeypatch.setattr(destination, "write_bytes", write)


def test_a_folder_that_cannot_be_written_is_one_line(call, locked, tmp_path):
    save(tmp_path / "locked/a.jpg")
    save(tmp_path / "b.jpg", 1)
    line = "locked cannot be written (Read-only file system): give --output DIR"
    assert call("locked/a.jpg") == (2, f"error: {line}")
    code, said = call("locked/a.jpg", "b.jpg")
    assert code == 1
    assert f"locked/a.jpg is not cut out: {line}" in said
    assert "1 cut out into b_cut_out.png, 1 could not be done" in said
    assert call("locked/a.jpg", "--output", "out") == (0, "1 cut out into out")


def test_a_file_in_the_place_of_the_folder(call, tmp_path):
    save(tmp_path / "photos/a.jpg")
    (tmp_path / "photos_cut_outs").touch()
    assert call("photos") == (2, "error: photos_cut_outs is a file: give --output DIR")


@pytest.mark.parametrize(
    "given, says",
    [
        ("https://example.org/a.jpg", "https://example.org/a.jpg is an address, not a file: download it, and name the"),
        ("nowhere.jpg", "nowhere.jpg does not exist: check the path"),
        ("empty", "empty holds no picture (0 other files)"),
        ("*.png", "*.png fits no picture: check the pattern"),
        ("/", "there is no place for results: give --output DIR"),
    ],
)
def test_what_gives_nothing(given, says, call, tmp_path):
    (tmp_path / "empty").mkdir()
    code, said = call(given)
    assert code == 2
    assert len(said.splitlines()) == 1
    assert says in said
    assert files(tmp_path) == set()


def test_one_of_several_that_is_none(call, tmp_path):
    save(tmp_path / "a.jpg")
    code, said = call("a.jpg", "b.jpg")
    assert code == 1
    assert "b.jpg does not exist" in said
    assert "1 cut out into a_cut_out.png, 1 could not be done" in said


def test_videos_beside_themselves(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("clip.mp4", "films/other.mov"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"film")
    todo = beside(["clip.mp4", "films"], Style())
    assert [(str(place.folder), [str(file.name) for file in place.inputs]) for place in todo.places] == [
        (".", ["clip_cut_out"]),
        ("films_cut_outs", ["other"]),
    ]
    with pytest.raises(InputError, match="films holds no picture"):
        beside(["films"], Style(matte=True))
