import cv2
import numpy as np
import pytest

from portrait_matting.drawing.files import contents
from portrait_matting.drawing.folder import DrawingFolder
from portrait_matting.drawing.recipe import Recipe
from portrait_matting.drawing.sheet import arranged, write_sheet
from portrait_matting.drawing.style import Style


@pytest.mark.parametrize(
    ("count", "rows", "across"), [(1, 1, 1), (10, 1, 10), (11, 2, 6), (24, 3, 8), (60, 6, 10), (57, 6, 10)]
)
def test_rows_are_few_and_alike(count, rows, across):
    sheet = arranged([np.full((20, 14, 3), number, np.uint8) for number in range(count)])
    assert sheet.shape == (8 + rows * 28, 8 + across * 22, 3)
    last = divmod(count - 1, across)
    assert sheet[8 + 28 * last[0], 8 + 22 * last[1]].tolist() == [count - 1] * 3


@pytest.mark.parametrize("cut_outs", [False, True])
def test_the_first_sixty_are_shown(tmp_path, cut_outs):
    recipe = Recipe("drawn", 32, 28, cut_outs=cut_outs)
    folder = DrawingFolder(tmp_path / "out")
    folder.open(recipe)
    for index in range(3):
        for path, content in contents(Style(recipe), index).items():
            folder.write(path, content)
    write_sheet(folder, recipe, range(3))
    before = (folder.root / "sheet.jpg").read_bytes()
    sheet = cv2.imread(str(folder.root / "sheet.jpg"))
    assert sheet.shape == (8 + 40, 8 + 3 * 36, 3)
    if not cut_outs:
        first = cv2.imread(str(folder.root / "images/drawn_0_000000.jpg"))
        assert np.abs(sheet[8:40, 8:36].astype(int) - first).mean() < 6
    write_sheet(folder, recipe, range(3))
    assert (folder.root / "sheet.jpg").read_bytes() == before
    folder.close()
