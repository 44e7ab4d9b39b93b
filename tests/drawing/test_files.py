import sys
from types import ModuleType

import cv2
import numpy as np
import pytest

from portrait_matting.data import people_extra
from portrait_matting.drawing.files import contents, is_whole, paths
from portrait_matting.drawing.recipe import Recipe
from portrait_matting.drawing.style import Style
from portrait_matting.errors import InputError
from portrait_matting.synthetic import Layers, draw_portrait
from portrait_matting.synthetic.backgrounds import FolderBackgrounds

DRAWN = Recipe("drawn", 48, 42, seed=3)


@pytest.fixture
def people(monkeypatch):
    """A room whose people say by what they were drawn."""
    room, asked = ModuleType("portrait_matting.people"), []

    def layers(split, seed, index, height, width, pieces, backgrounds):
        asked.append((split, seed, index, height, width, pieces, backgrounds))
        alpha = np.zeros((height, width), np.float32)
        alpha[8:, 8:30] = 0 if index % 3 == 1 and index < 10**9 else 1
        return Layers(*(np.full((height, width, 3), value, np.float32) for value in (0.2, 0.8)), alpha)

    room.prepare = lambda: None
    room.PIECES = ("hair", "hats")
    room.draw_person_layers = layers
    room.draw_person_portrait = lambda *a, **k: (layers(*a, **k).composite(), layers(*a, **k).alpha)
    room.asked = asked
    monkeypatch.setitem(sys.modules, room.__name__, room)
    monkeypatch.setattr(people_extra, "NEEDS", ())
    return room


def decoded(content: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)


def test_an_image_and_its_alpha_are_what_is_drawn():
    image, alpha = draw_portrait("train", 3, 7, 48, 42)
    files = contents(Style(DRAWN), 7)
    assert list(files) == ["alphas/drawn_3_000007.png", "images/drawn_3_000007.jpg"]  # the image comes last
    matte, picture = map(decoded, files.values())
    assert (matte.dtype, matte.shape) == (np.uint8, (48, 42))
    assert np.abs(matte / 255 - alpha).max() <= 0.5 / 255 + 1e-6
    assert np.abs(picture[..., ::-1].astype(int) - image).mean() < 3
    assert contents(Style(DRAWN), 7) == files


def test_colours_of_a_jpeg_are_at_full_size():
    """ITU-T T.81, B.2.2: of each component in the frame header, sampling factors of 1 x 1."""
    jpeg = contents(Style(DRAWN), 0)["images/drawn_3_000000.jpg"]
    at = jpeg.index(b"\xff\xc0")
    assert [jpeg[at + 11 + 3 * part] for part in range(3)] == [0x11] * 3


def test_a_photo_stands_behind_a_drawn_person(tmp_path):
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((60, 60, 3), (0, 80 * number, 250), np.uint8))
    style = Style(DRAWN, FolderBackgrounds(str(tmp_path)))
    image, alpha = style.portrait(7)
    behind = image[alpha == 0]
    assert len(behind) > 100
    assert set(behind[:, 0].tolist()) == {250}
    assert set(behind[:, 2].tolist()) == {0}
    np.testing.assert_array_equal(alpha, Style(DRAWN).portrait(7)[1])
    assert len({style.portrait(index)[0][0, 0, 1] for index in range(8)}) > 1
    np.testing.assert_array_equal(image, style.portrait(7)[0])


def test_people_are_asked_for_by_their_contract(people, tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((9, 9, 3), np.uint8))
    recipe = Recipe("people", 48, 42, seed=5, pieces=("hair",))
    backgrounds = FolderBackgrounds(str(tmp_path))
    image, alpha = Style(recipe, backgrounds).portrait(2)
    assert people.asked[-1] == ("train", 5, 2, 48, 42, frozenset({"hair"}), backgrounds)
    assert image.shape == (48, 42, 3)
    assert alpha.max() == 1
    Style(recipe).portrait(0)
    assert people.asked[-1][-1] is None
    assert list(contents(Style(recipe), 4)) == ["alphas/people_5_000004.png", "images/people_5_000004.jpg"]


def test_a_drawing_of_nobody_is_replaced_where_people_are_cut_out(people):
    style = Style(Recipe("people", 48, 42, cut_outs=True, pieces=("hair",)))
    assert [(style.somebody(index).alpha > 0).any() for index in (0, 1, 2)] == [True] * 3
    assert [asked[2] for asked in people.asked] == [0, 1, 1 + 10**9, 2]
    people.draw_person_layers = lambda *a, **k: Layers(None, None, np.zeros((4, 4)))
    with pytest.raises(InputError, match="show nobody: give another --seed"):
        style.somebody(0)


def test_a_cut_out_is_one_file_with_straight_alpha():
    recipe = Recipe("drawn", 48, 42, seed=3, cut_outs=True)
    files = contents(Style(recipe), 2)
    assert list(files) == list(paths(recipe, 2)) == ["drawn_3_000002.png"]
    assert decoded(files["drawn_3_000002.png"]).shape == (48, 42, 4)


@pytest.mark.parametrize("name", ["alphas/drawn_3_000007.png", "images/drawn_3_000007.jpg"])
def test_a_file_is_whole_to_its_last_byte(tmp_path, name):
    content = contents(Style(DRAWN), 7)[name]
    path = tmp_path / name.rpartition("/")[2]
    assert not is_whole(path)
    path.write_bytes(content)
    assert is_whole(path)
    for broken in (b"", content[:1], content[:-1], content[: len(content) // 2], bytes(len(content)), content + b"x"):
        path.write_bytes(broken)
        assert not is_whole(path)
