import cv2
import numpy as np
import pytest

from portrait_matting.matte.composite import over_colour
from portrait_matting.reporting.panel import COLOUR, panel, sheet, write_picture


def read(path) -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def portrait(height=40, width=32) -> tuple[np.ndarray, np.ndarray]:
    image = np.full((height, width, 3), (200, 30, 90), np.uint8)
    alpha = np.zeros((height, width), np.float32)
    alpha[:, : width // 2] = 1
    return image, alpha


def test_a_panel_shows_image_truth_matte_and_cut_out():
    image, truth = portrait()
    matte = np.full((40, 32), 0.5, np.float32)
    row = panel(image, truth, matte, height=40)
    assert row.dtype == np.uint8
    pictures = np.split(row, 4, axis=1)
    np.testing.assert_array_equal(pictures[0], image)
    np.testing.assert_array_equal(pictures[1], np.repeat(truth[..., None] * 255, 3, axis=2))
    np.testing.assert_array_equal(pictures[2], np.full((40, 32, 3), 128))
    np.testing.assert_array_equal(pictures[3], over_colour(image, matte, COLOUR))


@pytest.mark.parametrize("size, width", [((50, 40), 80), ((100, 400), 133), ((1000, 3), 1)])
def test_a_panels_width(size, width):
    image, truth = portrait(*size)
    assert panel(image, truth, truth, height=100).shape == (100, 4 * width, 3)


def test_a_sheet_holds_rows_of_any_width():
    rows = [np.full((10, width, 3), grey, np.uint8) for width, grey in ((400, 10), (200, 20))]
    picture = sheet(rows)
    height = picture.shape[0] - 2 * 14
    assert picture.shape == (height + 28, 400, 3)
    np.testing.assert_array_equal(picture[height + 2 : height + 12], rows[0])
    np.testing.assert_array_equal(picture[height + 16 : height + 26, :200], rows[1])
    assert (picture[height + 16 : height + 26, 200:] == 255).all()
    assert (picture[:height] < 100).any()  # titles


def test_a_picture_is_written_whole_and_in_its_colours(tmp_path):
    image, _ = portrait()
    write_picture(tmp_path / "samples.png", image)
    write_picture(tmp_path / "samples.png", image[:, ::-1])  # replaces
    np.testing.assert_array_equal(read(tmp_path / "samples.png"), image)
    assert [path.name for path in tmp_path.iterdir()] == ["samples.png"]


def test_a_grey_picture_is_written_as_it_is(tmp_path):
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    write_picture(tmp_path / "matte.png", grey)
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "matte.png"), cv2.IMREAD_UNCHANGED), grey)


def test_a_folder_that_is_gone_is_an_error(tmp_path):
    with pytest.raises(OSError, match=r"No such file or directory: '.*gone/samples\.png'"):
        write_picture(tmp_path / "gone" / "samples.png", portrait()[0])


def test_a_row_says_where_its_portrait_is_from():
    row = np.full((60, 200, 3), 90, np.uint8)
    plain = sheet([row, row])
    told = sheet([row, row], ["drawn", ""])
    assert told.shape == plain.shape
    changed = (told != plain).any(axis=2)
    assert changed[24:44].any()
    assert not changed[50:].any()
    np.testing.assert_array_equal(row, np.full((60, 200, 3), 90, np.uint8))
