import json
from dataclasses import replace

import pytest

from portrait_matting.drawing.recipe import Recipe, check_recipe
from portrait_matting.errors import InputError
from portrait_matting.synthetic.edition import EDITION

PEOPLE = Recipe("people", 384, 336, pieces=("hair", "hands", "hats"), bodies="bodies-1-5")


def test_the_same_recipe_goes_on(tmp_path):
    for recipe in (PEOPLE, Recipe("drawn", 64, 56, 3, cut_outs=True)):
        check_recipe(recipe.text(), recipe, tmp_path / "recipe.json")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"style": "drawn", "pieces": None}, "was drawn with --style people, this is with --style drawn"),
        ({"height": 256, "width": 224}, "with --size 384, this is with --size 256"),
        ({"seed": 1}, "with --seed 0, this is with --seed 1"),
        ({"cut_outs": True}, "without --cut-outs, this is with --cut-outs"),
        ({"pieces": ("hands",)}, "with hair hats, this is with --without hair hats"),
        ({"backgrounds": "0123"}, "without --backgrounds, this is before the --backgrounds 0123"),
        ({"bodies": "bodies-2-5"}, "with the bodies bodies-1-5, this is with the bodies bodies-2-5"),
        ({"drawings": 99}, f"in edition {EDITION} of the drawings, this is in edition 99 of the drawings"),
        ({"version": "99.0"}, "this is by version 99.0"),
    ],
)
def test_another_recipe_is_refused_in_words(tmp_path, change, says):
    with pytest.raises(InputError, match=says) as error:
        check_recipe(PEOPLE.text(), replace(PEOPLE, **change), tmp_path / "recipe.json")
    assert "Give another OUTPUT, or delete that one" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_folder_of_before_editions_were_named_is_of_the_first(tmp_path):
    before = json.loads(PEOPLE.text())
    del before["drawings"]
    with pytest.raises(InputError, match=f"was drawn in edition 1 of the drawings, this is in edition {EDITION}"):
        check_recipe(json.dumps(before), PEOPLE, tmp_path / "recipe.json")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"style": "people"}', PEOPLE.text()[:-20], "\0" * 40])
def test_what_is_no_recipe_is_said(tmp_path, text):
    with pytest.raises(InputError, match="is no recipe of drawn portraits: give another OUTPUT"):
        check_recipe(text, PEOPLE, tmp_path / "recipe.json")
