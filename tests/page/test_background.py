from pathlib import Path

import numpy as np
import pytest

from portrait_matting.errors import InputError
from portrait_matting.page.background import Background, checkerboard, rgb

PICTURE = np.full((2, 3, 3), 7, np.uint8)


@pytest.mark.parametrize(
    "colour, expected",
    [
        ("#2E7d5b", (46, 125, 91)),
        ("#01020380", (1, 2, 3)),
        ("rgb(1, 2, 3)", (1, 2, 3)),
        ("rgba(46.4,124.6, 91.2, 0.5)", (46, 125, 91)),
        ("rgba(300, 0, 0, 1)", (255, 0, 0)),
    ],
)
def test_colours_of_the_picker(colour, expected):
    assert rgb(colour) == expected


@pytest.mark.parametrize("colour", ["", "green", "#12345", "rgb(1, 2)", "rgb(1.2.3, 2, 3)", "#gggggg", None])
def test_what_is_no_colour(colour):
    with pytest.raises(InputError, match="is no colour: give #rrggbb"):
        rgb(colour)


@pytest.mark.parametrize(
    "background, expected",
    [
        (Background("transparent", picture=Path("a.jpg")), None),
        (Background("colour", "#010203"), (1, 2, 3)),
        (Background("picture"), None),
        (Background("blur"), "blur"),
    ],
)
def test_behind(background, expected):
    assert background.behind(lambda path: PICTURE) == expected
    assert background.is_transparent == (expected is None)


def test_a_picture_is_read():
    assert Background("picture", picture=Path("a.jpg")).behind({Path("a.jpg"): PICTURE}.get) is PICTURE


def test_an_unknown_kind():
    with pytest.raises(InputError, match="background 'beach' is unknown: choose one of transparent, colour"):
        Background("beach")


def test_checkerboard():
    board = checkerboard(48, 96)  # squares of 2 pixels
    assert board.shape == (48, 96, 3)
    assert np.unique(board).tolist() == [204, 255]
    assert (board[0:2, 0:2] == 255).all()
    assert (board[0:2, 2:4] == 204).all()
    assert (board[2:4, 0:2] == 204).all()
    assert checkerboard(1, 1).shape == (1, 1, 3)
