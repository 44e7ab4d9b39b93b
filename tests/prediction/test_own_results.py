"""Which inputs are results: by their mark alone, and by where their photo is."""

import numpy as np
import pytest
from PIL import Image

from portrait_matting.matte.matter import CutOut
from portrait_matting.prediction.cutout_file import Style, encode
from portrait_matting.prediction.mark import mark_of, sealed
from portrait_matting.prediction.names import Input
from portrait_matting.prediction.own_results import split_results
from portrait_matting.prediction.photo_file import read_photo


@pytest.fixture
def album(tmp_path):
    """A photo `a.jpg`, results of it, and a picture that is called like one."""
    Image.fromarray(np.full((8, 6, 3), 90, np.uint8)).save(tmp_path / "a.jpg")
    photo = read_photo(tmp_path / "a.jpg")
    cut_out = CutOut(np.ones((8, 6), np.float32), photo.image)
    mark = mark_of(tmp_path / "a.jpg", "0" * 32)
    for name in ("a_cut_out.png", "a_matte.png", "a_cut_out_jpg.png", "A_cut_out.png", "elsewhere.png"):
        (tmp_path / name).write_bytes(sealed(encode(cut_out, photo, Style(), mark.text())))
    Image.fromarray(np.full((8, 6, 4), 90, np.uint8)).save(tmp_path / "b_cut_out.png")
    (tmp_path / "b.jpg").write_bytes((tmp_path / "a.jpg").read_bytes())
    return tmp_path


def passed_over(album, *names, searched=()):
    inputs = [Input(album / name, album / name) for name in names]
    kept, results = split_results(inputs, [album / name for name in searched])
    assert [file.path for file in inputs if file in kept or file.path in results] == [file.path for file in inputs]
    return [path.name for path in results]


RESULTS = ["a_cut_out.png", "a_matte.png", "a_cut_out_jpg.png", "A_cut_out.png", "elsewhere.png"]


def test_a_result_beside_its_photo_is_none_to_cut_out(album):
    assert passed_over(album, "a.jpg", *RESULTS, "b.jpg", "b_cut_out.png") == RESULTS


def test_without_its_photo_it_was_named_for_its_own_sake(album):
    assert passed_over(album, *RESULTS, "b_cut_out.png") == []
    assert passed_over(album, *RESULTS, searched=["a_matte.png", "b_cut_out.png"]) == ["a_matte.png"]


def test_a_folder_that_was_moved_is_known_by_names(album, tmp_path):
    moved = album.rename(tmp_path.with_name(f"{tmp_path.name}_moved"))
    assert passed_over(moved, "a.jpg", *RESULTS) == RESULTS[:4]


def test_what_cannot_be_read_is_a_photo(album):
    (album / "c_cut_out.png").write_bytes(b"")
    assert passed_over(album, "a.jpg", "c_cut_out.png", "nowhere.png") == []
