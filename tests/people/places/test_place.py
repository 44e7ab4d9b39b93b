import cv2
import numpy as np
import pytest

from portrait_matting.errors import InputError
from portrait_matting.people.photography.tone import to_display, to_linear
from portrait_matting.people.places.backdrop import draw_backdrop
from portrait_matting.people.places.bystanders import COUNTS, Bystander, _whole, with_bystanders
from portrait_matting.people.places.place import draw_place
from portrait_matting.people.places.shadow_on import shadow_on
from portrait_matting.people.places.thicket import draw_thicket, overgrown, textured
from portrait_matting.people.portrait import _figure
from portrait_matting.people.rendering.camera import look_at
from portrait_matting.people.rendering.light import Source, even_light
from portrait_matting.people.rendering.render import Rendered
from portrait_matting.people.streams import Streams
from portrait_matting.synthetic.backgrounds import FolderBackgrounds

LIKE = np.float32([[0.01, 0.01, 0.012]])
NONE = np.zeros((0, 3), np.float32)


def test_places_are_light_and_decided_by_the_generator():
    walls = 0
    for k in range(40):
        place, again = (draw_place(np.random.default_rng(k), 40, 36, LIKE) for _ in range(2))
        np.testing.assert_array_equal(place.light, again.light)
        assert place.light.shape == (40, 36, 3)
        assert place.light.dtype == np.float32
        assert np.isfinite(place.light).all()
        assert place.light.min() >= 0
        walls += place.wall
    assert 5 < walls < 35


def test_pictures_of_a_folder_are_in_the_places(tmp_path):
    cv2.imwrite(str(tmp_path / "green.png"), np.full((80, 90, 3), (0, 200, 0), np.uint8))
    places = [draw_place(np.random.default_rng(k), 40, 36, NONE, str(tmp_path)) for k in range(40)]
    green = [place for place in places if (place.light[..., 1] > 10 * place.light[..., 0]).all()]
    assert len(green) > 18
    assert not any(place.wall for place in green[:3])
    bushy = [place for place in places if (place.light[0, :, 1] > 10 * place.light[0, :, 0]).all()]
    assert len(bushy) > len(green) + 2, "before some there are leaves"


def test_soft_pictures_of_a_folder_are_made_sharper(tmp_path):
    """Enlarged files, as most are, behind people in fine detail would teach that people are what is sharp."""

    def fine(light) -> float:
        shown = to_display(light).mean(2)
        return float(np.abs(cv2.Laplacian(shown, cv2.CV_32F)).mean() / shown.std())

    small = np.random.default_rng(0).uniform(60, 190, (60, 60, 3)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "soft.png"), cv2.resize(small, (180, 180), interpolation=cv2.INTER_CUBIC))
    folder = FolderBackgrounds(str(tmp_path))
    numbers = range(80)
    soft = [fine(to_linear(folder.sharp(np.random.default_rng(k), 120, 105))) for k in numbers]
    shown = [fine(draw_place(np.random.default_rng(k), 120, 105, NONE, folder, backdrops=False).light) for k in numbers]
    assert np.median(soft) < np.median(shown) < 1.6 * np.median(soft)


def test_leaves_before_a_picture_have_its_light():
    for k in range(20):
        picture = np.full((96, 80, 3), (160, 70, 50), np.uint8)
        found = overgrown(picture, np.random.default_rng(k))
        assert found.shape == picture.shape
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found[0], picture[0])
        assert np.any(np.abs(found[-8:].astype(int) - picture[-8:]) > 3, axis=2).mean() > 0.8
        assert 0.3 < found[-20:].mean() / picture.mean() < 2.5


def test_a_missing_folder_is_named(tmp_path):
    rng = np.random.default_rng(0)  # not a studio's backdrop
    with pytest.raises(InputError, match=r"^data\.backgrounds=.*nowhere is not a folder"):
        draw_place(rng, 40, 36, NONE, str(tmp_path / "nowhere"))


def test_black_stands_before_black_sometimes():
    def near(like) -> int:
        places = (draw_backdrop(np.random.default_rng(k), 24, 24, like) for k in range(200))
        return sum(np.abs(place.mean((0, 1)) - (0.3, 0.02, 0.3)).max() < 0.1 for place in places)

    assert near(np.float32([[0.3, 0.02, 0.3]])) > near(NONE) + 10


@pytest.mark.parametrize("share", [0.2, 0.227, 0.276, 0.45])  # of the figure's height, a grown-up's and a small child's
def test_bystanders_heads_are_too_small_to_count(share):
    background = np.full((300, 180, 3), 0.3, np.float32)
    figure = np.ones((96, 40, 4), np.float32) * np.float32([0.1, 0.2, 0.4, 1])
    figure[: round(96 * share), :, :3] = 0.4, 0.2, 0.1
    for k in range(40):
        one = Bystander(figure, round(96 * share) / 96)
        found = with_bystanders(background, [one], np.random.default_rng(k), head=80.0)
        changed = np.abs(found - background).max(2) > 1e-4
        head = np.flatnonzero((changed & (found[..., 0] > 1.5 * found[..., 2])).any(1))
        if len(head) and head[0]:
            assert len(head) <= 0.8 * COUNTS * 80 + 1
    assert (background == np.float32(0.3)).all()


@pytest.mark.slow
def test_bystanders_know_how_high_their_heads_are(bodies):
    wider = []
    for number in range(8):
        figure = _figure(even_light((1, 1, 1)), Streams("train", 0, 0), number, frozenset())
        filled = figure.picture[..., 3] > 0.5
        assert np.flatnonzero(filled.any(1))[0] <= 3
        assert 0.1 < figure.head < 0.4
        neck = round(figure.head * len(filled))
        wider.append(filled[neck + 6].sum() / filled[neck // 2].sum())
    assert np.median(wider) > 1.5, "below the head there are shoulders"


@pytest.mark.slow
def test_bystanders_stand_on_legs(bodies):
    for number in range(8):
        picture, _ = _whole(_figure(even_light((1, 1, 1)), Streams("train", 0, 0), number, frozenset()))
        wide = picture[..., 3].sum(1)
        thigh = np.median(wide[round(0.6 * len(wide)) : round(0.7 * len(wide))])
        assert wide[round(0.7 * len(wide)) : round(0.95 * len(wide))].min() > 0.4 * thigh


def test_people_throw_a_shadow_on_a_wall():
    alpha = np.zeros((96, 80), np.float32)
    alpha[40:, 30:50] = 1
    rendered = Rendered(alpha[..., None] * LIKE[0], alpha, np.where(alpha > 0, 1, np.inf).astype(np.float32))
    camera = look_at(np.zeros(3), 0, 0, 0, 1.0, 96, (40, 48), 96, 80)
    light = even_light((0.2, 0.2, 0.2), (Source(np.array([-0.5, -0.8, 0.33]), np.ones(3)),))
    wall = np.full((96, 80, 3), 0.5, np.float32)
    pieces = frozenset({"shadows", "sources"})
    walls = [shadow_on(wall, rendered, light, camera, np.random.default_rng(k), pieces) for k in range(20)]
    darker = [found for found in walls if found is not wall]
    assert 4 < len(darker) < 18
    for found in darker:
        assert (found <= wall).all()
        assert found[:, 50:].mean() < found[:, :30].mean()  # it falls away from the lamp
    for off in (pieces - {"shadows"}, pieces - {"sources"}):
        assert shadow_on(wall, rendered, light, camera, np.random.default_rng(1), off) is wall


def test_thickets_are_full_of_small_things():
    for k in range(12):
        found = draw_thicket(np.random.default_rng(k), 60, 50)
        assert found.shape == (60, 50, 3)
        assert found.dtype == np.float32
        assert found.min() >= 0
        lower = np.log(found[40:].mean(2) + 0.01)
        assert np.abs(np.diff(lower, axis=1)).mean() > 0.03
        flat = textured(np.ones((60, 50, 3), np.float32), np.random.default_rng(k))
        assert 0.5 < flat.mean() < 1.5
        assert flat.min() > 0.3


def test_without_backdrops_all_places_are_pictures_of_the_folder(tmp_path):
    cv2.imwrite(str(tmp_path / "red.png"), np.full((60, 60, 3), (0, 0, 255), np.uint8))
    for number in range(60):
        light = draw_place(np.random.default_rng(number), 40, 36, NONE, str(tmp_path), backdrops=False).light
        assert light[..., 0].min() > 0.2
        assert light[..., 1:].max() < 0.01
