import pytest

from portrait_matting.callbacks.gallery import write_shown
from portrait_matting.runs.gallery import Shown, read_gallery
from portrait_matting.synthetic import draw_portrait

IMAGE, TRUTH = draw_portrait("test", 0, 1, height=96, width=80)


def shown(name):
    return Shown(name, IMAGE, TRUTH, TRUTH)


def test_they_are_read_by_their_index(tmp_path):
    for index in (10, 2, 0, 123):
        write_shown(tmp_path, index, shown(f"n{index}"))
    assert [one.name for one in read_gallery(tmp_path)] == ["n0", "n2", "n10", "n123"]


def test_no_folder_holds_none(tmp_path):
    assert read_gallery(tmp_path / "gallery") == []


@pytest.mark.parametrize("kind", ["image.jpg", "truth.png", "matte.png"])
def test_a_cut_file_is_passed_over_and_named(kind, tmp_path, caplog):
    for index in range(2):
        write_shown(tmp_path, index, shown(f"n{index}"))
    path = tmp_path / f"00000_n0.{kind}"
    path.write_bytes(path.read_bytes()[:-40])
    assert [one.name for one in read_gallery(tmp_path)] == ["n1"]
    assert path.name in caplog.text


@pytest.mark.parametrize("kind", ["truth.png", "matte.png"])
def test_what_a_killed_run_left_is_passed_over(kind, tmp_path, capfd):
    for index in range(2):
        write_shown(tmp_path, index, shown(f"n{index}"))
    (tmp_path / f"00001_n1.{kind}").unlink()
    (tmp_path / "00000_n0.image.jpg").replace(tmp_path / ".77.image.jpg")
    assert read_gallery(tmp_path) == []
    assert capfd.readouterr().err == ""
