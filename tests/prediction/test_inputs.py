import os
from pathlib import Path

import pytest

from portrait_matting.errors import InputError
from portrait_matting.prediction.inputs import find_inputs
from portrait_matting.prediction.names import shown, target


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(*inputs: object, **options: object) -> dict[str, str]:
    """Of each file found the name of its result."""
    found = find_inputs([str(path) for path in inputs], **options)
    assert [one.path for one in found.inputs] == sorted((one.path for one in found.inputs), key=str)
    return {one.path.name: str(one.name) for one in found.inputs}


def reasons(found) -> dict[str, str]:
    return {path.name: reason for path, reason in found.skipped}


def test_a_folder_keeps_its_folders(tmp_path):
    make(tmp_path, "b.JPG", "a.png", "one/c.webp", "one/two/d.tiff", "one/list.csv", "notes.txt", "film.mp4")
    found = find_inputs([str(tmp_path)])
    assert [str(one.name) for one in found.inputs] == ["a", "b", "one/c", "one/two/d"]
    assert [one.path for one in found.inputs][2] == tmp_path / "one" / "c.webp"
    assert (found.skipped, found.others) == ([], 3)


def test_films_are_taken_if_asked_for(tmp_path):
    make(tmp_path, "a.png", "film.mp4")
    assert names(tmp_path, videos=True) == {"a.png": "a", "film.mp4": "film"}


def test_a_file_is_taken_whatever_its_suffix(tmp_path):
    make(tmp_path, "a.raw", "b", ".c.jpg")
    assert names(*(tmp_path / name for name in ("a.raw", "b", ".c.jpg"))) == {"a.raw": "a", "b": "b", ".c.jpg": ".c"}


@pytest.mark.parametrize(
    "name, stem",
    [
        ("my.photo.v2.jpg", "my.photo.v2"),
        ("with spaces, commas = [1].jpg", "with spaces, commas = [1]"),
        ("Größe 写真 🙂.jpg", "Größe 写真 🙂"),
        ("-f.jpg", "-f"),
        ("two\nlines.jpg", "two\nlines"),
        ("\udcff\udcfe.jpg", "\udcff\udcfe"),
        ("a*b?.jpg", "a*b?"),
        ("..jpg", "..jpg"),
        ("...jpg", "...jpg"),
        ("a..jpg", "a."),
        ("back\\slash.jpg", "back\\slash"),
    ],
)
def test_odd_names(name, stem, tmp_path):
    make(tmp_path / "named", name, "other.jpg", "a_b_.jpg", "1.jpg")
    assert names(tmp_path / "named" / name) == {name: stem}  # and no other, though it reads like a glob
    if not name.startswith("."):
        assert names(tmp_path)[name] == f"named/{stem}"
    result = target(tmp_path / "out", Path(stem), ".png")
    assert result.parent == tmp_path / "out"
    assert result.name == f"{stem}.png"


@pytest.mark.parametrize(
    "pattern, expected",
    [
        ("*.jpg", {"a.jpg": "a"}),
        ("**/*.jpg", {"a.jpg": "a", "b.jpg": "one/b", "c.jpg": "one/two/c", "d.jpg": "other [1]/d"}),
        ("one/**/*.jpg", {"b.jpg": "b", "c.jpg": "two/c"}),
        ("o*/*.jpg", {"b.jpg": "one/b", "d.jpg": "other [1]/d"}),
        ("on?", {"b.jpg": "one/b", "c.jpg": "one/two/c"}),
        ("*", {"a.jpg": "a", "b.jpg": "one/b", "c.jpg": "one/two/c", "d.jpg": "other [1]/d", "e.png": "e"}),
        ("[ae].*", {"a.jpg": "a", "e.png": "e"}),
        ("other [1]/*.jpg", {"d.jpg": "d"}),  # the folder is called so
        (".h*.jpg", {".hidden.jpg": ".hidden"}),
    ],
)
def test_globs_keep_the_folders_below_their_first_parts(pattern, expected, tmp_path):
    make(tmp_path, "a.jpg", "e.png", "one/b.jpg", "one/two/c.jpg", "other [1]/d.jpg", "text.txt", ".hidden.jpg")
    assert names(tmp_path / pattern) == expected


def test_globs_from_here(tmp_path, monkeypatch):
    make(tmp_path, "a.jpg", "one/b.jpg")
    monkeypatch.chdir(tmp_path / "one")
    assert names("*.jpg") == {"b.jpg": "b"}
    assert names("../*.jpg") == {"a.jpg": "a"}
    assert names("..") == {"a.jpg": "a", "b.jpg": "one/b"}
    assert names("../*/../*.jpg") == {"a.jpg": "a"}


def test_a_file_that_is_named_twice_is_taken_once(tmp_path, monkeypatch):
    make(tmp_path, "one/a.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "one")
    monkeypatch.chdir(tmp_path)
    found = find_inputs(["one/a.jpg", "one/a.jpg", "./one", str(tmp_path / "one"), "*/*.jpg", "link/a.jpg"])
    assert [str(one.name) for one in found.inputs] == ["a"]


def test_hidden_files_and_folders_are_passed_over(tmp_path):
    make(tmp_path, "a.jpg", "._a.jpg", ".DS_Store", "__MACOSX/b.jpg", ".cache/c.jpg", "one/.d/e.jpg")
    for path in (tmp_path, tmp_path / "**" / "*"):
        assert names(path) == {"a.jpg": "a"}
    assert names(tmp_path / ".cache") == {"c.jpg": "c"}


def test_results_of_one_name_are_told_apart(tmp_path):
    make(tmp_path, "a.jpg", "a.png", "a_png.jpg", "a.webp", "A.bmp", "b/a.jpg", "one/a.png", "b__c.jpg", "b__c.png")
    named = {os.path.relpath(one.path, tmp_path): str(one.name) for one in find_inputs([str(tmp_path)]).inputs}
    assert named == {
        "A.bmp": "A",  # capitals first, as sort does
        "a.jpg": "a_jpg",
        "a.png": "a_png_2",  # a_png is the name of another
        "a.webp": "a_webp",
        "a_png.jpg": "a_png",
        "b/a.jpg": "b/a",
        "b__c.jpg": "b__c",
        "b__c.png": "b__c_png",
        "one/a.png": "one/a",
    }


def test_files_of_one_name_from_several_folders(tmp_path):
    make(tmp_path, *(f"{folder}/{name}" for folder in "wxyz" for name in ("a.jpg", "é.jpg")), "v/a", "v/e\u0301.jpg")
    found = find_inputs([str(path) for path in tmp_path.glob("*/*")])
    results = [str(one.name) for one in found.inputs]
    assert results == [
        "a",
        "e\u0301",
        *("a_jpg", "é_jpg", "a_jpg_2", "é_jpg_2", "a_jpg_3", "é_jpg_3", "a_jpg_4", "é_jpg_4"),
    ]
    make(tmp_path, "u/a", "t/a")
    assert [str(find_inputs([str(tmp_path / f"{f}/a") for f in "tuv"]).inputs[i].name) for i in range(3)] == [
        *("a", "a_2", "a_3")
    ]


def test_earlier_results_are_no_inputs(tmp_path):
    make(tmp_path, "a.jpg", "out/a.png", "out/one/b.png", "one/b.jpg", "outer/c.jpg")
    expected = {"a.jpg": "a", "b.jpg": "one/b", "c.jpg": "outer/c"}
    for path in (tmp_path, tmp_path / "**" / "*", tmp_path / "*"):
        assert names(path, exclude=tmp_path / "one" / ".." / "out") == expected
    assert names(tmp_path / "**/*.png", tmp_path / "a.jpg", exclude=tmp_path / "out") == {"a.jpg": "a"}
    assert names(tmp_path / "out" / "a.png", exclude=tmp_path / "out") == {"a.png": "a"}  # since it is named
    assert names(tmp_path / "out" / "one", exclude=tmp_path / "out") == {"b.png": "b"}
    assert names(tmp_path / "out" / "o*" / "*.png", exclude=tmp_path / "out" / "elsewhere") == {"b.png": "one/b"}
    for path in (tmp_path / "out", tmp_path / "out" / "*.png"):
        with pytest.raises(InputError, match="choose another output folder"):
            find_inputs([str(path)], exclude=tmp_path / "out")


def test_the_output_folder_may_be_above_the_photos(tmp_path):
    make(tmp_path, "photos/a.jpg", "photos/one/b.jpg")
    for path in (tmp_path / "photos", tmp_path / "photos" / "**" / "*.jpg"):
        assert names(path, exclude=tmp_path) == {"a.jpg": "a", "b.jpg": "one/b"}


def test_links(tmp_path):
    make(tmp_path, "in/a.jpg", "in/one/b.jpg", "elsewhere/c.jpg")
    folder = tmp_path / "in"
    (folder / "loop").symlink_to(folder)
    (folder / "one" / "up").symlink_to(folder / "one")
    (folder / "self.jpg").symlink_to(folder / "self.jpg")
    (folder / "nothing.jpg").symlink_to(tmp_path / "nowhere")
    (folder / "outside").symlink_to(tmp_path / "elsewhere")
    (folder / "file.jpg").symlink_to(tmp_path / "elsewhere" / "c.jpg")
    found = find_inputs([str(folder)])
    assert [str(one.name) for one in found.inputs] == ["a", "file", "one/b"]
    assert reasons(found) == {
        "nothing.jpg": "is a link to nothing: check where it leads",
        "self.jpg": "is a link to nothing: check where it leads",
        "outside": "is a link to another folder: name that folder",
    }
    assert names(folder / "**" / "*.jpg") == {"a.jpg": "a", "file.jpg": "file", "b.jpg": "one/b"}
    assert names(folder / "outside") == {"c.jpg": "c"}


def test_what_is_no_file_is_reported(tmp_path):
    make(tmp_path, "a.jpg", "x.jpg/b.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    os.mkfifo(tmp_path / "pipe")
    found = find_inputs([str(tmp_path), str(tmp_path / "pipe")])
    assert [str(one.name) for one in found.inputs] == ["a", "x.jpg/b"]
    assert set(reasons(found)) == {"pipe.jpg", "pipe"}
    assert found.others == 1


@pytest.mark.parametrize(
    "given, reason",
    [
        ("missing.jpg", "does not exist"),
        ("*.png", "fits no picture"),
        ("a[.jpg", "fits no picture"),
        ("[b].jpg", "fits no picture"),
        ("empty", "holds no picture (1 other files)"),
        ("x\0.jpg", "does not exist"),
        ("*\0.jpg", "fits no picture"),
        ("x" * 300 + "*", "fits no picture"),
        ("https://example.org/a.jpg", "is an address, not a file: download it, and name the file"),
        ("https://example.org/a.jpg?w=3", "is an address"),
        ("file:///photos/a.jpg", "is an address"),
    ],
)
def test_what_gives_nothing_is_reported(given, reason, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make(tmp_path, "a.jpg", "empty/list.txt")
    found = find_inputs(["a.jpg", given])
    assert [str(one.name) for one in found.inputs] == ["a"]
    [(path, said)] = found.skipped
    assert path in (given, Path(given))
    assert reason in said
    with pytest.raises(InputError) as error:
        find_inputs([given])
    assert shown(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_no_input_at_all(tmp_path):
    with pytest.raises(InputError, match="name a photo"):
        find_inputs([])
    with pytest.raises(InputError, match="empty"):
        find_inputs([""])
    with pytest.raises(InputError, match="and 2 more"):
        find_inputs([str(tmp_path / f"{i}\n.jpg") for i in range(5)])


def test_a_folder_that_may_not_be_opened(tmp_path, monkeypatch):
    make(tmp_path, "a.jpg", "locked/b.jpg")
    scandir = os.scandir

    def locked(folder):
        if str(folder).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", locked)
    found = find_inputs([str(tmp_path)])
    assert [str(one.name) for one in found.inputs] == ["a"]
    assert "Permission denied" in reasons(found)["locked"]


@pytest.mark.parametrize("name", ["../a", "one/../../a", "/a", "..", "", ".", "a\0"])
def test_a_result_never_leaves_its_folder(name, tmp_path):
    with pytest.raises(InputError, match="below the output folder"):
        target(tmp_path, Path(name), ".png")


def test_the_target_keeps_dots_and_folders(tmp_path):
    assert target(tmp_path, Path("one/my.photo.v2"), ".png") == tmp_path / "one" / "my.photo.v2.png"


def test_what_is_shown_is_one_printable_line():
    assert shown(Path("Größe 写真 🙂 [1].jpg")) == "Größe 写真 🙂 [1].jpg"
    assert shown("a\n\x1b[31m\u2028\u202e\udcff") == "a\\n\\x1b[31m\\u2028\\u202e\\udcff"


@pytest.mark.timeout(20)
@pytest.mark.slow
def test_thousands_of_files(tmp_path):
    make(tmp_path, *(f"{folder}/img.jpg" for folder in range(3000)))
    found = find_inputs([str(path) for path in tmp_path.glob("*/*.jpg")])  # all of one name
    assert len({one.name for one in found.inputs}) == 3000
    assert len(find_inputs([str(tmp_path)]).inputs) == 3000


def test_hostile_files_are_taken_or_reported(hostile, tmp_path):
    good = set(hostile(tmp_path, 200, 0))
    found = find_inputs([str(tmp_path)])
    taken = {one.path for one in found.inputs}
    assert good <= taken
    assert len({str(one.name).casefold() for one in found.inputs}) == len(taken)
    folders = {path for path in tmp_path.iterdir() if path.is_dir()}
    assert taken | {path for path, _ in found.skipped} | folders == set(tmp_path.iterdir())
