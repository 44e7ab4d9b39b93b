import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageCms

from portrait_matting.errors import InputError
from portrait_matting.page.background import Background
from portrait_matting.page.studio import Studio, file_stem, reduced

GREY, GREEN = (90, 90, 90), (0, 255, 0)


@pytest.fixture
def studio(matter, tmp_path):
    folder = tmp_path / "studio"
    folder.mkdir()
    return Studio(matter, folder)


@pytest.fixture
def photo(tmp_path):
    def photo(width=40, height=30, colour=GREY, name="upload.png", **options):
        Image.new("RGB" if len(colour) == 3 else "RGBA", (width, height), colour).save(tmp_path / name, **options)
        return tmp_path / name

    return photo


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture).astype(int)


def test_the_cut_out_has_the_photos_size_name_and_profile(studio, photo):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    sitting = studio.cut_out(photo(3000, 20, icc_profile=profile), "Zoë [1].final.jpg")
    assert sitting.cut_out.name == "Zoë [1].final.png"
    with Image.open(sitting.cut_out) as saved:
        assert (saved.mode, saved.size, saved.info["icc_profile"]) == ("RGBA", (3000, 20), profile)
    rgba = pixels(sitting.cut_out)
    assert (rgba[:, :1500] == (*GREY, 255)).all()
    assert np.isin(rgba[:, 1500, 3], (127, 128)).all()
    assert (rgba[:, 1501:, 3] == 0).all()
    with Image.open(sitting.before) as before:
        assert before.size == (1280, 9)
        assert before.info["icc_profile"] == profile


def test_the_photos_own_alpha_is_multiplied_in_once(studio, photo):
    sitting = studio.cut_out(photo(colour=(*GREY, 102)), "a.png")
    assert (pixels(sitting.cut_out)[:, :20, 3] == 102).all()
    shown = pixels(studio.show(sitting, Background("colour", "#00ff00")))
    saved = pixels(studio.picture(sitting, Background("colour", "#00ff00")))
    expected = np.multiply(GREY, 0.4) + np.multiply(GREEN, 0.6)
    assert np.abs(shown[:, :16] - expected).max() <= 4  # JPEG
    assert np.abs(saved[:, :16] - expected).max() <= 4


def test_another_background_does_not_ask_the_network(studio, matter, photo):
    sitting = studio.cut_out(photo(2560, 64), "a.jpg")
    for number, kind in enumerate(("colour", "picture", "blur", "transparent")):
        background = Background(kind, "#00ff00", photo(50, 50, (10, 20, 200), f"behind{number}.png"))
        shown, saved = studio.show(sitting, background), studio.picture(sitting, background)
        assert pixels(shown).shape == (32, 1280, 3)
        assert np.abs(pixels(shown)[:, :620] - GREY).max() <= 4
        right = {"colour": GREEN, "picture": (10, 20, 200), "blur": GREY}.get(kind)
        if right is None:
            assert saved is None
            assert {204, 255} <= set(np.unique(pixels(shown)[:, 660:]))
        else:
            assert saved.name == "a.jpg"
            assert pixels(saved).shape == (64, 2560, 3)
            assert np.abs(pixels(shown)[:, 660:] - right).max() <= 4
            assert np.abs(pixels(saved)[:, 1300:] - right).max() <= 4
    assert matter.calls == 1


def test_a_picture_that_is_not_chosen_yet_is_transparent(studio, photo):
    sitting = studio.cut_out(photo(), "a.jpg")
    assert studio.picture(sitting, Background("picture")) is None
    assert (pixels(studio.show(sitting, Background("picture")))[:, 30:] > 190).all()


@pytest.mark.parametrize("content", [b"no photo\n" * 9, b"\x89PNG\r\n\x1a\n" + bytes(99)])
def test_what_is_no_photo_is_named_as_its_owner_knows_it(studio, tmp_path, content):
    (tmp_path / "upload.jpg").write_bytes(content)
    with pytest.raises(InputError, match=r"^notes\.jpg ") as raised:
        studio.cut_out(tmp_path / "upload.jpg", "notes.jpg")
    assert str(tmp_path) not in str(raised.value)
    assert "\n" not in str(raised.value)
    assert list(studio.folder.iterdir()) == []


def test_a_photo_with_too_many_pixels_is_refused(studio, photo):
    studio.most_pixels = 1199
    with pytest.raises(InputError, match=r"a\.jpg has 40x30 pixels"):
        studio.cut_out(photo(), "a.jpg")


def test_a_photo_that_takes_too_long_is_given_up(studio, matter, photo):
    studio.seconds = 0.05
    matter.go_on.clear()
    with pytest.raises(InputError, match=r"a\.jpg took longer than 0\.05 s"):
        studio.cut_out(photo(), "a.jpg")
    matter.go_on.set()
    for _ in range(100):
        if not list(studio.folder.iterdir()):
            break
        time.sleep(0.02)
    assert list(studio.folder.iterdir()) == []
    studio.seconds = 10
    assert studio.cut_out(photo(), "a.jpg").cut_out.exists()


def test_a_forgotten_photo_says_so(studio, photo):
    sitting = studio.cut_out(photo(), "a.jpg")
    studio.forget(sitting)
    studio.forget(None)
    assert list(studio.folder.iterdir()) == []
    for ask in (studio.show, studio.picture):
        with pytest.raises(InputError, match="a is no longer here: drop the photo again"):
            ask(sitting, Background("colour"))


def test_only_the_newest_pictures_are_kept(studio, photo):
    sitting = studio.cut_out(photo(), "before.jpg")
    shown = [studio.show(sitting, Background()) for _ in range(12)]
    assert [path.exists() for path in shown] == [False] * 8 + [True] * 4
    assert sitting.cut_out.exists()
    assert sitting.before.exists()


def test_ten_at_once_get_their_own_and_the_network_sees_one_at_a_time(studio, matter, photo):
    colours = [(20 * person, 100, 250 - 20 * person) for person in range(10)]
    paths = [photo(colour=colour, name=f"{person}.png") for person, colour in enumerate(colours)]
    with ThreadPoolExecutor(10) as people:
        sittings = list(people.map(lambda path: studio.cut_out(path, path.name), paths))
    assert matter.most_inside == 1
    for person, (sitting, colour) in enumerate(zip(sittings, colours, strict=True)):
        assert sitting.stem == str(person)
        assert (pixels(sitting.cut_out)[:, :20, :3] == colour).all()


@pytest.mark.parametrize(
    "name, stem",
    [
        ("IMG 0001.JPG", "IMG 0001"),
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\me.v2.png", "me.v2"),
        ('a<b>:"c|d?*.jpg', "abcd"),
        ("x\n\x00y.jpg", "xy"),
        ("Zoe\u0308.jpg", "Zo\u00eb"),
        ("", "photo"),
        ("...", "photo"),
        ("ä" * 200 + ".jpg", "ä" * 60),
    ],
)
def test_file_stem(name, stem):
    assert file_stem(name) == stem


def test_reduced():
    picture = np.arange(64, dtype=np.float32).reshape(8, 8)
    assert reduced(picture, 8) is picture
    np.testing.assert_allclose(reduced(picture, 4), picture.reshape(4, 2, 4, 2).mean((1, 3)))
    assert reduced(np.zeros((1, 20000, 3), np.uint8), 1000).shape == (1, 1000, 3)
