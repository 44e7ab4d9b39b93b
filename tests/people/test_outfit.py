"""What people wear: a piece that is switched off leaves the others as they are, and all of it has an exact alpha."""

import numpy as np
import pytest

pytest.importorskip("numba")

from portrait_matting.people.bodies.body_arrays import BodyData
from portrait_matting.people.outfit import Outfit, outfit
from portrait_matting.people.photography.framing import frame
from portrait_matting.people.portrait import PIECES
from portrait_matting.people.rendering import render as module
from portrait_matting.people.rendering.camera import Camera
from portrait_matting.people.rendering.light import even_light
from portrait_matting.people.rendering.render import Rendered, render
from portrait_matting.people.rendering.surface import Appearance, Surface
from portrait_matting.people.sitter import Sitter, sample_sitter
from portrait_matting.people.things.head_cover import Headwear

ALL = frozenset(PIECES)
WHITE = even_light((1, 1, 1))


def streams_of(seed: int):
    return lambda name: np.random.default_rng([seed, *name.encode()])


def dressed(bodies: BodyData, seed: int, pieces=ALL, size=(96, 80)) -> tuple[Sitter, Camera, Outfit]:
    streams = streams_of(seed)
    sitter = sample_sitter(bodies, streams, pieces)
    camera = frame([sitter.body], streams("views"), *size, pieces)
    return sitter, camera, outfit(sitter, streams, pieces, camera)


def test_a_head_that_is_covered_or_bare_has_the_same_necklace(bodies, monkeypatch):
    """What hides the ears leaves no earrings, and the chain as it is."""
    chains: list[list[float]] = []

    def chain(body, rng):
        chains.append(list(rng.random(3)))
        return []

    everybody = Headwear([], lambda points: np.ones(len(points), np.bool_))
    for name, value in (("_WITH_EARRINGS", (1.0, 1.0)), ("_WITH_NECKLACE", 1.0), ("wear_necklace", chain)):
        monkeypatch.setattr(f"portrait_matting.people.outfit.{name}", value)
    for hat in (None, everybody):
        monkeypatch.setattr("portrait_matting.people.outfit._headwear", lambda *_, hat=hat: hat)
        dressed(bodies, 3, ALL - {"hair", "masks", "glasses"})
    assert chains[0] == chains[1]


@pytest.mark.parametrize("piece", PIECES)
def test_a_piece_that_is_off_leaves_the_random_numbers_of_all_others(bodies, piece, monkeypatch):
    """Each part is asked for with its generator as it would be with the piece."""
    found: list[dict[str, list]] = []

    def watched(name: str, result):
        def asked(*arguments, **_):
            found[-1][name] = [each.random() for each in arguments if isinstance(each, np.random.Generator)]
            return result

        return asked

    parts = {name: [] for name in ("grow_hair", "grow_brows", "grow_beard", "dress", "hold", "wear_bag")}
    parts |= {"wear_mask": Headwear([], lambda points: np.zeros(len(points), np.bool_))}
    parts |= {f"wear_{name}": [] for name in ("glasses", "earrings", "necklace", "headphones")}
    for name, result in parts.items():
        monkeypatch.setattr(f"portrait_matting.people.outfit.{name}", watched(name, result))
    for name in ("GLASSES", "NECKLACE", "MASK", "HEADPHONES", "BAG"):
        monkeypatch.setattr(f"portrait_matting.people.outfit._WITH_{name}", 1.0)
    monkeypatch.setattr("portrait_matting.people.outfit._WITH_EARRINGS", (1.0, 1.0))
    for seed in range(3):
        for pieces in (ALL, ALL - {piece}):
            found.append({})
            dressed(bodies, seed, pieces)
        whole, without = found[-2:]
        assert without
        for name in set(whole) & set(without):
            assert whole[name] == without[name], name


def _card(camera: Camera, albedo: float) -> Surface:
    """A card behind everything, larger than the picture, that looks the same from all over."""
    half, away = 50.0, 20.0
    middle = camera.position + away * camera.forward
    ways = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    points = np.stack([middle + half * (x * camera.right + y * camera.up) for x, y in ways]).astype(np.float32)
    normals = np.tile(-camera.forward.astype(np.float32), (4, 1))

    def look(at):
        return Appearance(np.full_like(at.position, albedo), at.normal, specular=0.0)

    return Surface(points, np.array([[0, 1, 2], [0, 2, 3]], np.int32), normals, look)


def _rendered(worn: Outfit, camera: Camera, *cards: Surface, supersampling: int = 2) -> Rendered:
    return render([*worn.surfaces, *cards], worn.strands, camera, WHITE, shadows=False, supersampling=supersampling)


def _solved(worn: Outfit, camera: Camera, supersampling: int) -> np.ndarray:
    """By the matting equation, with nothing of the renderer's own alpha: what shows of a black and of a white card."""
    black, white = (
        _rendered(worn, camera, _card(camera, albedo), supersampling=supersampling).colour for albedo in (0.0, 1.0)
    )
    alpha = 1 - (white - black)
    assert np.ptp(alpha, axis=-1).max() < 1e-3
    return alpha.mean(-1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_the_alpha_of_a_dressed_person_solves_from_two_cards(bodies, seed, monkeypatch):
    _, camera, worn = dressed(bodies, seed, size=(160, 136))
    assert worn.strands
    alpha, fine = _rendered(worn, camera).alpha, _solved(worn, camera, 8)
    assert 0.1 < alpha.mean() < 0.95
    outline = ((fine > 0.02) & (fine < 0.98)) | ((alpha > 0.02) & (alpha < 0.98))
    assert outline.sum() > 200
    assert np.abs(fine - alpha)[outline].mean() < 0.03
    assert abs((fine - alpha)[outline].mean()) < 0.012, "neither wider nor narrower"

    assert (alpha[fine > 0.99] < 0.95).mean() < 0.001, "no background comes through where something meets hair"

    # a card behind people has no outline before it: all else, hair and glass and the samples, is exact before it
    monkeypatch.setattr(module, "outline_of", lambda *_: None)
    assert np.abs(_solved(worn, camera, 2) - _rendered(worn, camera).alpha).max() < 2 / 255
