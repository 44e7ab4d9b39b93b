from pathlib import Path

import cv2
import numpy as np
import pytest

from portrait_matting.errors import InputError
from portrait_matting.synthetic.backgrounds import DrawnBackgrounds, FolderBackgrounds


def save(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image[..., ::-1])


def coordinates(height: int, width: int) -> np.ndarray:
    """A picture whose red says the column and whose green the row, in pixels."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x, y, np.zeros_like(x)], axis=2).astype(np.uint8)


def plain(colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((20, 30, 3), colour, np.uint8)


def test_all_pictures_below_the_folder_count(tmp_path):
    colours = {"a.png": (250, 0, 0), "b/c.PNG": (0, 250, 0), "b/d/e.bmp": (0, 0, 250)}
    for name, colour in colours.items():
        save(tmp_path / name, plain(colour))
    (tmp_path / "read me.txt").write_text("no picture")
    (tmp_path / "b" / "._c.png").write_bytes(b"what macOS leaves")
    backgrounds = FolderBackgrounds(str(tmp_path))
    seen = {tuple(backgrounds(np.random.default_rng(i), 16, 16)[8, 8].tolist()) for i in range(60)}
    assert seen == set(colours.values())


@pytest.mark.parametrize("frame", [(40, 40), (60, 24), (24, 60)])
@pytest.mark.parametrize("picture", [(120, 200), (200, 120)])
def test_a_crop_covers_the_frame_undistorted(tmp_path, frame, picture):
    save(tmp_path / "a.png", coordinates(*picture))
    backgrounds = FolderBackgrounds(str(tmp_path))
    largest = min(picture[0] / frame[0], picture[1] / frame[1])
    mirrored, corners = [], set()
    for seed in range(30):
        result = backgrounds(np.random.default_rng(seed), *frame)
        assert result.shape == (*frame, 3)
        assert result.dtype == np.uint8
        inner = result[6:-6, 6:-6].astype(float)  # a picture out of focus is bent at its border
        across, down = np.diff(inner[..., 0], axis=1).mean(), np.diff(inner[..., 1], axis=0).mean()
        assert abs(across) == pytest.approx(down, rel=0.15)  # in pixels of the picture for one of the frame
        assert 0.5 * largest < down < 1.1 * largest
        mirrored.append(across < 0)
        corners.add(tuple(result[0, 0].tolist()))
    assert 5 < sum(mirrored) < 25
    assert len(corners) > 15


def test_a_small_picture_is_enlarged(tmp_path):
    save(tmp_path / "a.png", plain((10, 200, 90)))
    result = FolderBackgrounds(str(tmp_path))(np.random.default_rng(0), 96, 64)
    assert result.shape == (96, 64, 3)
    np.testing.assert_array_equal(np.unique(result.reshape(-1, 3), axis=0), [[10, 200, 90]])


def test_some_pictures_are_put_out_of_focus(tmp_path):
    save(tmp_path / "a.png", np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8))
    backgrounds = FolderBackgrounds(str(tmp_path))
    contrast = np.array([backgrounds(np.random.default_rng(i), 200, 200).std() for i in range(40)])
    assert 0.25 < np.mean(contrast > 40) < 0.75
    assert contrast.min() < 15


def make(kind: str, folder: Path) -> FolderBackgrounds | DrawnBackgrounds:
    if kind == "drawn":
        return DrawnBackgrounds()
    for i in range(3):
        save(folder / f"{i}.png", np.random.default_rng(i).integers(0, 256, (50, 70, 3), dtype=np.uint8))
    return FolderBackgrounds(str(folder))


@pytest.mark.parametrize("kind", ["folder", "drawn"])
def test_the_generator_decides_and_nothing_else(tmp_path, kind):
    first, second = make(kind, tmp_path), make(kind, tmp_path)
    expected = [first(np.random.default_rng(i), 40, 32) for i in range(8)]
    for i in reversed(range(8)):
        np.testing.assert_array_equal(second(np.random.default_rng(i), 40, 32), expected[i])
    assert len({image.tobytes() for image in expected}) == 8


@pytest.mark.parametrize("size", [(16, 16), (48, 20), (400, 300)])
def test_a_drawing_fills_the_frame(size):
    image = DrawnBackgrounds()(np.random.default_rng(3), *size)
    assert image.shape == (*size, 3)
    assert image.dtype == np.uint8
    assert image.std() > 1
    assert image.max() > 60  # 0-255, not 0-1


def test_a_missing_folder(tmp_path):
    with pytest.raises(InputError, match=r"^augment\.backgrounds=.*nowhere is not a folder: give"):
        FolderBackgrounds(str(tmp_path / "nowhere"))


def test_whoever_gives_the_folder_is_named(tmp_path):
    with pytest.raises(InputError, match=r"^data\.backgrounds=.*nowhere is not a folder: .*, or null$"):
        FolderBackgrounds(str(tmp_path / "nowhere"), "data.backgrounds")
    with pytest.raises(InputError, match=r"^--backgrounds=.*nowhere is not a folder: .*, or leave it out$"):
        FolderBackgrounds(str(tmp_path / "nowhere"), "--backgrounds")
    (tmp_path / "file").write_text("text")
    with pytest.raises(InputError, match=r"file is not a folder"):
        FolderBackgrounds(str(tmp_path / "file"))


def test_a_folder_that_cannot_be_opened(tmp_path, monkeypatch):
    def locked(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", locked)  # root, as whom tests may run, may open all
    with pytest.raises(InputError, match=r"cannot be opened \(Permission denied\): check its permissions"):
        FolderBackgrounds(str(tmp_path))


def test_many_pictures_are_parted_by_their_names_and_few_are_not(tmp_path):
    for number in range(40):
        save(tmp_path / f"{number}.png", plain((number, 0, 0)))
    most, rest = FolderBackgrounds(str(tmp_path)).part(0.2)
    assert (len(most.paths), len(rest.paths)) == (32, 8)
    assert not set(most.paths) & set(rest.paths)
    assert rest(np.random.default_rng(0), 16, 16).shape == (16, 16, 3)
    for number in range(40):
        (tmp_path / f"{number}.png").rename(tmp_path / "moved" / f"{number}.png") if number else (
            tmp_path / "moved"
        ).mkdir()
    (tmp_path / "0.png").unlink()
    again = FolderBackgrounds(str(tmp_path / "moved")).part(0.2)[1]
    assert len({path.name for path in again.paths} - {path.name for path in rest.paths}) <= 1
    for number in range(20, 40):
        (tmp_path / "moved" / f"{number}.png").unlink()
    few = FolderBackgrounds(str(tmp_path / "moved"))
    assert few.part(0.2) == (few, few)


def test_an_empty_folder(tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(InputError, match=r"^augment\.backgrounds=.* holds no picture: give .*\.jpg"):
        FolderBackgrounds(str(tmp_path))


def test_a_broken_picture_is_named(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8 no more")
    backgrounds = FolderBackgrounds(str(tmp_path))
    with pytest.raises(InputError, match=r"broken\.jpg"):
        backgrounds(np.random.default_rng(0), 32, 32)


def test_a_sharp_crop_is_never_out_of_focus(tmp_path):
    rng = np.random.default_rng(0)
    cv2.imwrite(str(tmp_path / "noise.png"), rng.integers(0, 256, (64, 64, 3)).astype(np.uint8))
    backgrounds = FolderBackgrounds(str(tmp_path))
    sharp, called = (
        [draw(np.random.default_rng(k), 48, 48).std() for k in range(20)] for draw in (backgrounds.sharp, backgrounds)
    )
    assert min(sharp) > 30 > min(called)
