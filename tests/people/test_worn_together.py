"""What one thing that is worn does to another."""

from types import SimpleNamespace

import numpy as np
import pytest

from portrait_matting.people import outfit as module
from portrait_matting.people.bodies.body import make_body
from portrait_matting.people.bodies.complexion import sample_complexion
from portrait_matting.people.bodies.shape import sample_shape
from portrait_matting.people.clothes import clothes, coats, wardrobe
from portrait_matting.people.clothes.clothes import dress, whole
from portrait_matting.people.clothes.wrap import hooded
from portrait_matting.people.hair.beard import grow_beard
from portrait_matting.people.hair.covered_hair import at_rest
from portrait_matting.people.hair.styles import STYLES
from portrait_matting.people.rendering.camera import look_at
from portrait_matting.people.sitter import Sitter
from portrait_matting.people.things import headwear
from portrait_matting.people.things.head_cover import Headwear
from portrait_matting.people.things.mask import wear_mask


def streams(name: str) -> np.random.Generator:
    return np.random.default_rng(len(name))


@pytest.fixture(scope="module")
def sitter(bodies) -> Sitter:
    body = make_body(bodies, sample_shape(np.random.default_rng(4), bodies, (25, 40)), {})
    return Sitter(body, sample_complexion(np.random.default_rng(4), 30), None)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["full", "long", "moustache"])
def test_a_beard_does_not_grow_through_a_mask(sitter, kind, monkeypatch):
    monkeypatch.setattr(module, "_WITH_MASK", 1.1)
    monkeypatch.setattr(module, "grow_beard", lambda body, skin, rng, **_: grow_beard(body, skin, rng, kind))
    camera = look_at(sitter.body.eyes.mean(0), 0, 0, 0, 2.0, 300, (40, 40), 80, 80)
    bare, masked = (
        module.outfit(sitter, streams, frozenset({"beards", *more}), camera).strands for more in ((), ("masks",))
    )
    rng = streams("masks")
    rng.random()
    mask = wear_mask(sitter.body, rng)
    level = sitter.body.eyes[:, 2].mean() - 0.02  # brows are above it
    before, left = (
        np.concatenate([at_rest(sitter.body, each.points).reshape(-1, 3) for each in strands])
        for strands in (bare, masked)
    )
    before, left = (points[points[:, 2] < level] for points in (before, left))
    assert mask.hides(before).mean() > 0.2
    assert mask.hides(left).sum() <= 0.02 * len(before)
    if kind == "long":
        assert len(left) > 0.2 * len(before), "what hangs out below is seen"


@pytest.mark.slow
def test_what_is_before_and_below_a_mask_is_not_under_it(sitter):
    for seed in range(4):
        mask = wear_mask(sitter.body, np.random.default_rng(seed))
        rest = mask.surfaces[0].rest.reshape(22, 33, 3)[2:-2, 2:-2].reshape(-1, 3)
        assert mask.hides(rest).all()
        eyes = sitter.body.eyes
        assert not mask.hides(eyes).any()
        assert not mask.hides(eyes - (0, 0, 0.25)).any(), "the chest"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["beanie", "headscarf", "hood"])
def test_brows_are_hidden_by_what_is_worn_over_them_and_by_nothing_else(sitter, kind, monkeypatch):
    camera = look_at(sitter.body.eyes.mean(0), 0, 0, 0, 2.0, 300, (40, 40), 80, 80)
    shares = []
    for seed in range(8):
        worn = headwear.wear_headwear(sitter.body, np.random.default_rng(seed), kind)
        monkeypatch.setattr(module, "_headwear", lambda *_, worn=worn: worn)
        bare, left = (
            np.concatenate([at_rest(sitter.body, each.points).reshape(-1, 3) for each in strands])
            for strands in (
                module.outfit(sitter, streams, frozenset(pieces), camera).strands for pieces in ((), {"headwear"})
            )
        )
        over = worn.hides if worn.over_face is None else worn.over_face
        shares.append(over(bare).mean())
        assert over(left).sum() <= 0.02 * len(bare)
        assert len(left) >= 0.8 * (~over(bare)).sum()
    assert (max(shares) > 0.3) if kind == "beanie" else (max(shares) < 0.6)


@pytest.mark.slow
@pytest.mark.parametrize("style", ["wavy", "long back", "ponytail"])
def test_long_hair_lies_on_coats_and_not_in_them(sitter, style, monkeypatch):
    monkeypatch.setattr(module, "sample_style", lambda shape, rng: STYLES[style])
    monkeypatch.setattr(clothes, "sample_second", lambda rng, body: coats.SECOND["puffer"](rng))
    camera = look_at(sitter.body.eyes.mean(0), 0, 0, 0, 2.0, 300, (40, 40), 80, 80)
    found = module.outfit(sitter, streams, frozenset({"hair", "layers"}), camera)
    hair = np.concatenate([each.points.reshape(-1, 3) for each in found.strands])
    hair = hair[hair[:, 2] < sitter.body.joints[sitter.body.data.bone("neck01"), 2] + 0.02]
    hair = hair[np.random.default_rng(0).choice(len(hair), 1200)]
    for garment in whole(found.surfaces):
        outside = np.flatnonzero((garment.hem > 0.005) & (garment.points[:, 2] > hair[:, 2].min() - 0.1))
        if not len(outside):
            continue  # trousers
        nearest = outside[np.linalg.norm(hair[:, None] - garment.points[None, outside], axis=2).argmin(1)]
        depth = -((hair - garment.points[nearest]) * garment.normals[nearest]).sum(1)
        assert (depth > 0.005).mean() < 0.012


@pytest.mark.parametrize("hood", [False, True])
def test_nobody_wears_two_hoods(hood, monkeypatch):
    kinds = {kind: (lambda body, rng, kind=kind: Headwear([], kind), 0.5) for kind in ("hood", "beanie")}
    monkeypatch.setattr(headwear, "KINDS", kinds)
    monkeypatch.setattr(module, "_WITH_HEADWEAR", 1.1)
    man = SimpleNamespace(body=SimpleNamespace(shape=SimpleNamespace(phenotype={"gender": 0.9}, age=30)))
    dressed = [SimpleNamespace(hood=False), SimpleNamespace(hood=hood)]
    worn = {module._headwear(man, np.random.default_rng(seed), dressed).hides for seed in range(20)}
    assert worn == ({"beanie"} if hood else {"beanie", "hood"})


@pytest.mark.slow
def test_clothes_know_their_hoods(sitter, monkeypatch):
    made = {True: 0, False: 0}
    for kind in ("hoodie", "sweater"):
        first = wardrobe.FIRST[kind](np.random.default_rng(0), False, 0.5)
        monkeypatch.setattr(clothes, "sample_first", lambda rng, body, first=first: first)
        monkeypatch.setattr(clothes, "sample_second", lambda rng, body: None)
        for pieces in (frozenset(), frozenset({"layers"})):
            worn = dress(sitter.body, np.random.default_rng(1), pieces)
            made[hooded(worn)] += 1
    assert made == {True: 1, False: 3}, "only a hoodie with layers has one"


def test_sunglasses_are_not_pushed_up_over_a_hat(monkeypatch):
    asked = []

    def wear_glasses(body, rng, pushed_up=None):
        asked.append(pushed_up)
        return []

    monkeypatch.setattr(module, "wear_glasses", wear_glasses)
    monkeypatch.setattr(module, "_WITH_GLASSES", 1.1)
    someone = SimpleNamespace(body=SimpleNamespace(shape=SimpleNamespace(phenotype={"gender": 0.9})), holds=None)
    for worn in (None, Headwear([], lambda points: points[:, 0] > 0)):
        module._things(someone, streams, frozenset({"glasses"}), worn, None, [])
    assert asked == [None, False]
