"""Whole portraits: the same for the same seed, exact alphas, and each piece apart from the others."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from hashlib import sha256
from itertools import combinations

import cv2
import numpy as np
import pytest

from portrait_matting.errors import InputError
from portrait_matting.people import PIECES, draw_person_layers, draw_person_portrait, portrait
from portrait_matting.people.company import sample_company
from portrait_matting.people.sitter import sample_sitter
from portrait_matting.people.streams import Streams

SIZE = 128, 112
QUIET = frozenset(PIECES) - {"company", "bystanders", "sensor", "focus"}  # one person, as the lens would have it
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _bodies(bodies) -> None:
    """Skips where anny is not installed."""


def solid(folder, level: int) -> str:
    folder.mkdir()
    cv2.imwrite(str(folder / "plain.png"), np.full((64, 64, 3), level, np.uint8))
    return str(folder)


def digest(index: int) -> str:
    image, alpha = draw_person_portrait("train", 3, index, *SIZE)
    return sha256(image.tobytes() + alpha.tobytes()).hexdigest()


def test_a_portrait_follows_from_its_seed_in_any_process_and_order():
    here = [digest(index) for index in (0, 1, 2)]
    assert [digest(index) for index in (2, 0)] == [here[2], here[0]]
    code = (
        "from hashlib import sha256\nfrom portrait_matting.people import draw_person_portrait\n"
        f"image, alpha = draw_person_portrait('train', 3, 1, *{SIZE})\n"
        "print(sha256(image.tobytes() + alpha.tobytes()).hexdigest())"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert there == here[1]
    assert len({*here, digest(3)}) == 4


def test_splits_and_seeds_share_nobody(bodies):
    """Another split or seed is somebody else in another place, and not the same person with another noise."""
    people = [(split, seed, index) for split in ("train", "val", "test") for seed in (0, 1) for index in range(3)]
    alphas = np.stack([draw_person_layers(*each, *SIZE, QUIET).alpha for each in people])
    shapes = [sample_sitter(bodies, Streams(*each).of(1), QUIET).body.shape for each in people]
    faces = np.stack([list(shape.local.values()) for shape in shapes])
    apart = faces.std(0).mean()
    for i, j in combinations(range(len(people)), 2):
        assert np.abs(alphas[i] - alphas[j]).mean() > 0.02, (people[i], people[j])
        assert np.abs(faces[i] - faces[j]).mean() > 0.5 * apart, (people[i], people[j])
        assert all(shapes[i].phenotype[name] != shapes[j].phenotype[name] for name in shapes[i].phenotype)


@pytest.mark.parametrize("index", range(6))
def test_the_alpha_solves_from_a_black_and_a_white_background(index, tmp_path):
    pieces = QUIET - {"place_light", "sources"}  # the light does not come from the background then
    black, white = (
        draw_person_layers("train", 5, index, *SIZE, pieces, solid(tmp_path / name, level))
        for name, level in (("black", 0), ("white", 255))
    )
    assert np.array_equal(black.alpha, white.alpha)
    alpha, dark, bright = black.alpha.copy(), black.background.copy(), white.background.copy()
    if np.abs(bright - dark).min() < 0.5:
        pytest.skip("a studio's backdrop, or a drawn wall: the same in both")
    pictures = [layers.composite().astype(np.float64) / 255 for layers in (black, white)]
    solved = 1 - ((pictures[1] - pictures[0]) / (bright - dark)).mean(-1)
    assert np.abs(solved - alpha).max() < 2 / 255


def test_colours_and_alphas_are_within_their_range():
    for index in range(8):
        image, alpha = draw_person_portrait("test", 0, index, *SIZE)
        assert image.shape == (*SIZE, 3)
        assert image.dtype == np.uint8
        assert alpha.dtype == np.float32
        assert alpha.shape == SIZE
        assert 0 <= alpha.min() <= alpha.max() <= 1
        assert image.std() > 5


def test_hair_is_soft_and_people_are_whole():
    layers = [draw_person_layers("train", 1, index, 256, 224, QUIET) for index in range(10)]
    alphas = np.stack([each.alpha for each in layers])
    whole = (alphas > 0.99).mean((1, 2))
    soft = ((alphas > 0.02) & (alphas < 0.98)).mean((1, 2))
    assert (whole > 0.08).all(), "somebody is there"
    assert np.median(soft) > 0.01
    for alpha in alphas:  # nothing of a person floats apart from the person, nor are there holes in it
        count, _, stats, _ = cv2.connectedComponentsWithStats((alpha > 0.5).astype(np.uint8))
        areas = np.sort(stats[1:, cv2.CC_STAT_AREA])
        assert count == 2 or areas[-1] > 0.97 * areas.sum()


class _Made:
    """What portraits were made of, as their parts gave it, portrait by portrait."""

    def __init__(self, monkeypatch) -> None:
        self.people, self.cameras, self.places, self.lights, self.lenses = [], [], [], [], []
        self._keep(monkeypatch, "frame", self.cameras)
        self._keep(monkeypatch, "draw_place", self.places)
        self._keep(monkeypatch, "light_of", self.lights)
        self._keep(monkeypatch, "sample_lens", self.lenses)
        monkeypatch.setattr(portrait, "sample_sitter", self._sat)

    @staticmethod
    def _keep(monkeypatch, name: str, kept: list) -> None:
        make = getattr(portrait, name)

        def made(*arguments):
            kept.append(make(*arguments))
            return kept[-1]

        monkeypatch.setattr(portrait, name, made)

    def _sat(self, data, streams, *more):
        sitter = sample_sitter(data, streams, *more)
        if streams.person == 1:
            self.people.append(sitter)
        return sitter


def _same(one, other) -> bool:
    """Whether two things are the same, arrays and what is in them bit for bit."""
    if is_dataclass(one):
        return type(one) is type(other) and all(
            _same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one)
        )
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return np.array_equal(one, other)


_MOVES = {"poses", "objects", "company"}  # pieces by which bodies are elsewhere: the camera looks at them
_NO_MATTER_OF_ALPHA = ("skin", "place_light", "sources", "shadows", "sensor", "patterns", "bystanders", "backdrops")


@pytest.mark.parametrize("piece", PIECES)
def test_each_piece_can_be_switched_off(piece, monkeypatch):
    indices = [i for i in range(12) if len(sample_company(Streams("train", 7, i)("company"))) == 1][:4]
    drawn = []
    for pieces in (set(PIECES), set(PIECES) - {piece}):
        with monkeypatch.context() as patch:
            made = _Made(patch)
            drawn.append(([draw_person_portrait("train", 7, index, *SIZE, pieces) for index in indices], made))
    (whole, before), (without, after) = drawn
    for image, alpha in without:
        assert np.isfinite(alpha).all()
        assert image.std() > 0
    if piece in ("views", "poses", "hair", "folds", "skin", "place_light", "sources", "shadows", "sensor"):
        assert any(not np.array_equal(a[0], b[0]) for a, b in zip(whole, without, strict=True))
    if piece in _NO_MATTER_OF_ALPHA:
        for (_, alpha), (_, same) in zip(whole, without, strict=True):
            assert np.array_equal(alpha, same), f"{piece} is no matter of the alpha"
    for one, other in zip(before.people, after.people, strict=True):
        assert _same(one.body.shape, other.body.shape)
        assert _same(one.complexion, other.complexion)
        assert piece == "poses" or _same(one.posture, other.posture)
        assert piece in ("poses", "objects") or one.holds == other.holds
    if piece not in {"backdrops"}:
        assert _same(tuple(before.places), tuple(after.places))
    if piece not in _MOVES | {"views"}:
        assert _same(tuple(before.cameras), tuple(after.cameras))
    if piece not in _MOVES | {"views", "place_light", "sources", "backdrops"}:
        assert _same(tuple(before.lights), tuple(after.lights))
    if piece not in _MOVES | {"views", "focus", "backdrops"}:
        assert _same(tuple(before.lenses), tuple(after.lenses))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("dev", 0, 0), "split='dev' is unknown"),
        (("train", -1, 0), "must not be negative"),
        (("train", 0, 0, 32, 32), "too small for people"),
        (("train", 0, 0, 128, 128, ["hair", "wings"]), "no piece wings: the pieces of a portrait are views, "),
        (("train", 0, 0, 128, 128, PIECES, "nowhere"), "nowhere is not a folder"),
    ],
)
def test_what_it_cannot_draw(arguments, words):
    with pytest.raises(InputError, match=words):
        draw_person_layers(*arguments)
