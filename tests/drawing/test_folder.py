import os
import pickle

import pytest

from portrait_matting.drawing import folder as module
from portrait_matting.drawing.files import contents
from portrait_matting.drawing.folder import DrawingFolder
from portrait_matting.drawing.recipe import Recipe
from portrait_matting.drawing.style import Style
from portrait_matting.errors import InputError

RECIPE = Recipe("drawn", 32, 28)
CUT_OUTS = Recipe("drawn", 32, 28, cut_outs=True)


@pytest.fixture
def folder(tmp_path):
    made = DrawingFolder(tmp_path / "deep" / "out")
    yield made
    made.close()


def fill(folder, recipe, indices):
    for index in indices:
        for path, content in contents(Style(recipe), index).items():
            folder.write(path, content)


@pytest.mark.parametrize("recipe", [RECIPE, CUT_OUTS])
def test_what_is_missing_or_not_whole_is_known(folder, recipe):
    folder.open(recipe)
    assert folder.missing(recipe, 4) == [0, 1, 2, 3]
    fill(folder, recipe, range(6))
    assert folder.missing(recipe, 6) == []
    assert (folder.beyond(recipe, 6), folder.beyond(recipe, 2)) == ([], [2, 3, 4, 5])
    names = sorted(path for path in folder.root.rglob("drawn_0_*") if "_000001" in path.name or "_000003" in path.name)
    os.truncate(names[0], 40)
    names[-1].write_bytes(b"")
    assert folder.missing(recipe, 6) == [1, 3]
    if not recipe.cut_outs:
        (folder.root / "alphas" / "drawn_0_000005.png").unlink()
        assert folder.missing(recipe, 6) == [1, 3, 5]


def test_what_is_not_ours_does_not_count(folder):
    folder.open(CUT_OUTS)
    fill(folder, CUT_OUTS, range(2))
    for name in ("drawn_1_000009.png", "drawn_0_x.png", "drawn_0_000009.jpg", "mine.png"):
        (folder.root / name).write_bytes(b"")
    assert folder.beyond(CUT_OUTS, 2) == []
    assert folder.missing(CUT_OUTS, 2) == []


def test_what_was_left_half_written_is_cleared_away(folder):
    folder.open(RECIPE)
    (folder.unfinished / "4711").write_bytes(b"half")
    folder.close()
    folder.open(RECIPE)
    assert list(folder.unfinished.iterdir()) == []
    folder.finish()
    assert sorted(path.name for path in folder.root.iterdir()) == ["alphas", "images", "recipe.json"]


def test_a_second_command_is_refused_while_the_first_or_a_worker_of_it_lives(folder, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    folder.open(RECIPE)
    worker, second = pickle.loads(pickle.dumps(folder)), DrawingFolder(folder.root)
    worker.join()
    for holder in (folder, worker):
        with pytest.raises(InputError, match="another process draws into"):
            second.open(RECIPE)
        holder.close()
    second.open(RECIPE)
    second.close()


def test_another_recipe_holds_nothing(folder):
    folder.open(RECIPE)
    folder.close()
    with pytest.raises(InputError, match="without --cut-outs, this is with --cut-outs"):
        folder.open(CUT_OUTS)
    folder.open(RECIPE)
