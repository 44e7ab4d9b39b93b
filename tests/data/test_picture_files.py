import os

import pytest

from portrait_matting.data.picture_files import find_pictures
from portrait_matting.errors import InputError


def fill(folder, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def test_pictures_at_any_depth_are_named_by_their_paths(tmp_path):
    fill(tmp_path, "a.jpg", "anna/a.png", "anna/2024/b.AVIF", "c.gif", "d.jfif", "notes.txt")
    found = find_pictures(tmp_path)
    assert found.files == {
        "a": tmp_path / "a.jpg",
        "anna/a": tmp_path / "anna/a.png",
        "anna/2024/b": tmp_path / "anna/2024/b.AVIF",
        "c": tmp_path / "c.gif",
        "d": tmp_path / "d.jfif",
    }
    assert found.left_out() == ""


def test_what_is_hidden_does_not_count(tmp_path):
    fill(tmp_path, "a.jpg", "._a.jpg", ".thumbnails/b.jpg", "__MACOSX/c.jpg", ".git/d.heic")
    found = find_pictures(tmp_path)
    assert (list(found.files), found.unread) == (["a"], {})


def test_pictures_that_are_not_read_are_counted(tmp_path):
    fill(tmp_path, "a.jpg", "b.jp2", "c.TGA", "d.ico", "e.heic", "anna/f.heic", "notes.txt")
    os.symlink(tmp_path / "nowhere", tmp_path / "g.jpg")
    assert find_pictures(tmp_path).left_out() == "2 .heic, 1 .ico, 1 .jp2, 1 .jpg, 1 .tga"


def test_a_phones_heic_beside_its_jpeg_is_no_loss(tmp_path):
    fill(tmp_path, "a.jpg", "a.heic")
    assert find_pictures(tmp_path).left_out() == ""


def test_links_to_other_folders_are_followed_once_and_loops_end(tmp_path):
    top, other = tmp_path / "top", tmp_path / "other"
    fill(top, "a.jpg", "anna/b.jpg")
    fill(other, "c.jpg", "deep/d.jpg")
    os.symlink(other, top / "linked")
    os.symlink(other, top / "twice")
    os.symlink(top, top / "anna" / "loop")
    os.symlink(other, other / "deep" / "loop")
    os.symlink(top / "anna", top / "bea")
    os.symlink(tmp_path, top / "above")
    found = find_pictures(top).files
    assert sorted(name.rpartition("/")[2] for name in found) == ["a", "b", "c", "d"]
    assert "anna/b" in found


def test_a_folder_that_is_a_link_itself_is_searched(tmp_path):
    fill(tmp_path / "there", "a.jpg", "anna/b.jpg")
    os.symlink(tmp_path / "there", tmp_path / "here")
    assert sorted(find_pictures(tmp_path / "here").files) == ["a", "anna/b"]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(InputError, match="nowhere cannot be opened"):
        find_pictures(tmp_path / "nowhere")


def test_two_of_one_name_are_refused_in_one_folder_only(tmp_path):
    fill(tmp_path, "a.jpg", "anna/a.jpg")
    assert len(find_pictures(tmp_path).files) == 2
    fill(tmp_path, "anna/a.png")
    with pytest.raises(InputError, match="one stem"):
        find_pictures(tmp_path)
