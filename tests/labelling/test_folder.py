import os

import numpy as np
import pytest

from portrait_matting.errors import InputError
from portrait_matting.labelling import folder as labelling_folder
from portrait_matting.labelling.folder import LabelFolder, check_place
from portrait_matting.labelling.label_file import digest, encode
from portrait_matting.labelling.note import Note

NOTE = Note("mattes", "mattes", "bilinear")
LABEL, MARK = encode(np.eye(8, dtype=np.float32), digest(b"x"), 0.7)


@pytest.fixture
def folder(tmp_path):
    opened = LabelFolder(tmp_path / "out")
    opened.open(NOTE)
    yield opened
    opened.close()


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "anna" / "1.JPG"
    path.parent.mkdir()
    path.write_bytes(b"photo")
    return path


def listed(folder):
    return {
        path.relative_to(folder.root).as_posix()
        for name in ("images", "alphas", "left_out")
        for path in (folder.root / name).rglob("*")
        if path.is_file()
    }


KEPT, LEFT_OUT = {"images/anna/1.JPG", "alphas/anna/1.png"}, {"left_out/anna/1.png"}


def test_a_kept_label_has_its_photo_beside_it_as_a_link(folder, photo):
    assert folder.put("anna/1", photo, True, LABEL, copy=False) == len(LABEL)
    assert listed(folder) == KEPT
    assert (folder.root / "images/anna/1.JPG").samefile(photo)
    assert folder.mark("anna/1") == MARK


def test_a_copy_is_made_where_it_is_asked_for_or_no_link_can_be(folder, photo, monkeypatch):
    assert folder.put("anna/1", photo, True, LABEL, copy=True) == len(LABEL) + 5
    image = folder.root / "images/anna/1.JPG"
    assert not image.samefile(photo)

    def refused(*_):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refused)
    assert folder.put("anna/1", photo, True, LABEL, copy=False) == len(LABEL) + 5
    assert image.read_bytes() == b"photo"
    assert not list((folder.root / ".unfinished").iterdir())


def test_labels_move_out_and_in_again(folder, photo):
    folder.put("anna/1", photo, False, LABEL, copy=False)
    assert listed(folder) == LEFT_OUT
    folder.put("anna/1", photo, True, None, copy=False)
    assert listed(folder) == KEPT
    folder.put("anna/1", photo, False, None, copy=False)
    assert listed(folder) == LEFT_OUT
    assert folder.mark("anna/1") == MARK
    assert photo.read_bytes() == b"photo"


def test_what_a_kill_between_two_steps_leaves_is_put_right(folder, photo):
    folder.put("anna/1", photo, True, LABEL, copy=False)
    (folder.root / "images/anna/1.JPG").unlink()
    folder.put("anna/1", photo, True, None, copy=False)
    assert listed(folder) == KEPT
    folder.left_out("anna/1").parent.mkdir(parents=True, exist_ok=True)
    folder.left_out("anna/1").write_bytes(LABEL)
    folder.put("anna/1", photo, True, None, copy=False)
    assert listed(folder) == KEPT


def test_a_photo_that_changed_is_linked_anew(folder, photo):
    folder.put("anna/1", photo, True, LABEL, copy=True)
    photo.write_bytes(b"other")
    folder.put("anna/1", photo, True, LABEL, copy=True)
    assert (folder.root / "images/anna/1.JPG").read_bytes() == b"other"


def test_removing_leaves_other_names(folder, photo):
    folder.put("anna/1", photo, True, LABEL, copy=False)
    folder.put("anna/11", photo, True, LABEL, copy=False)
    folder.remove("anna/1")
    assert listed(folder) == {"images/anna/11.JPG", "alphas/anna/11.png"}


def test_a_renamed_photo_takes_its_old_image_away(folder, photo):
    folder.put("anna/1", photo, True, LABEL, copy=False)
    folder.remove_renamed({"anna/1": photo})
    assert listed(folder) == KEPT
    folder.remove_renamed({"anna/1": photo.with_suffix(".png")})
    assert listed(folder) == {"alphas/anna/1.png"}


def test_what_is_there_of_other_photos_is_listed(folder, photo):
    folder.put("anna/1", photo, True, LABEL, copy=False)
    folder.put("b.c", photo, False, LABEL, copy=False)
    assert [(record.name, record.kept) for record in folder.earlier(())] == [("anna/1", True), ("b.c", False)]
    assert [record.name for record in folder.earlier({"anna/1"})] == ["b.c"]


def test_folders_of_other_things_are_refused(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="holds other things already"):
        LabelFolder(tmp_path / "full").open(NOTE)
    with pytest.raises(InputError, match="is a file: give an empty"):
        LabelFolder(tmp_path / "full" / "letter.txt").open(NOTE)
    (tmp_path / "full" / "labels.json").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="is no note of labels"):
        LabelFolder(tmp_path / "full").open(NOTE)
    assert {path.name for path in (tmp_path / "full").iterdir()} == {"letter.txt", "labels.json"}


def test_one_command_at_a_time(folder, monkeypatch):
    monkeypatch.setattr(labelling_folder, "_PATIENCE", 0.1)
    with pytest.raises(InputError, match=r"another process labels into .*out \(.*\): wait for its end"):
        LabelFolder(folder.root).open(NOTE)


@pytest.mark.parametrize(
    ("photos", "output", "says"),
    [
        ("a", "a", "OUTPUT is PHOTOS"),
        ("a", "a/b/c", "lies in PHOTOS"),
        ("a/b", "a", "lies in OUTPUT"),
        ("nowhere", "o", "PHOTOS .*nowhere is no folder: check the path"),
        ("a/f", "o", "PHOTOS .*f is a file: give the folder that it lies in"),
    ],
)
def test_places_that_would_mix_are_refused(photos, output, says, tmp_path):
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/f").write_text("")
    check_place(tmp_path / "a", tmp_path / "ab")
    with pytest.raises(InputError, match=says):
        check_place(tmp_path / photos, tmp_path / output)
