"""Hair, beards and brows on bodies: where they are, and where they are not."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("numba")

from portrait_matting.people.bodies.body import make_body, normals
from portrait_matting.people.bodies.body_data import body_data
from portrait_matting.people.bodies.complexion import sample_complexion
from portrait_matting.people.bodies.pose import X, Y, Z, rotation
from portrait_matting.people.bodies.shape import sample_shape
from portrait_matting.people.hair.beard import BEARDS, grow_beard
from portrait_matting.people.hair.brows import grow_brows
from portrait_matting.people.hair.covered_hair import at_rest
from portrait_matting.people.hair.hair import FLYAWAYS, grow_hair
from portrait_matting.people.hair.locks import nearest_of
from portrait_matting.people.hair.scalp import Hairline, density, scalp_share
from portrait_matting.people.hair.style_choice import sample_style, vary
from portrait_matting.people.hair.styles import STYLES

pytestmark = pytest.mark.usefixtures("bodies")
TURNED = {"neck01": rotation(Z, 15) @ rotation(X, -8), "head": rotation(Z, 25) @ rotation(Y, 10)}


def _body(seed: int = 3, expression: dict | None = None, ages=(25, 40), female: bool = True, pose=TURNED):
    data = body_data()
    shape = sample_shape(np.random.default_rng(seed), data, ages)
    phenotype = {**shape.phenotype, "gender": 0.9 if female else 0.1}
    shape = replace(shape, phenotype=phenotype, expression=expression or {})
    return make_body(data, shape, pose)


def _hair(body, name: str, seed: int = 0, **more):
    rng = np.random.default_rng(seed)
    complexion = sample_complexion(rng, body.shape.age)
    return grow_hair(body, complexion, rng, style=vary(STYLES[name], rng), **more)


def _depth(body, points: np.ndarray) -> np.ndarray:
    """How far points (n, 3) are behind the skin of the vertex nearest to them, metres."""
    triangles = body.data.meshes["body"][0]
    near = np.unique(triangles)
    near = near[body.rest[near, 2] > body.eyes[:, 2].mean() - 0.3]
    outside = normals(body.points, triangles)
    nearest = near[np.linalg.norm(points[:, None] - body.points[None, near], axis=2).argmin(1)]
    return -((points - body.points[nearest]) * outside[nearest]).sum(1)


@pytest.mark.parametrize("name", ["short", "long", "curly", "ponytail", "bob fringe", "dreads"])
def test_hair_lies_on_the_body_and_not_in_it(name):
    body = _body(4)
    strands = np.concatenate([each.points[:, 1:].reshape(-1, 3) for each in _hair(body, name)])
    assert np.isfinite(strands).all()
    some = strands[np.random.default_rng(0).choice(len(strands), 1500)]
    ears = np.abs(at_rest(body, some)[:, 0]) > 0.6 * body.head_height  # thin, and hair lies behind them
    assert (_depth(body, some)[~ears] > 0.006).mean() < 0.01


@pytest.mark.parametrize("name", ["long", "wavy", "medium", "long back", "long fringe"])
def test_long_hair_leaves_the_face_free(name):
    body = _body()
    eyes, height = body.eyes.mean(0), body.head_height
    for strands in _hair(body, name, flyaways=0.0):
        left, back, up = np.moveaxis((at_rest(body, strands.points) - eyes) / height, -1, 0)
        before = (np.abs(left) < 0.3) & (back < 0.1) & (up < 0.1) & (up > -0.9)
        assert before.any(1).mean() < 0.005


def test_the_same_rng_grows_the_same_hair():
    first, second = (_hair(_body(), "wavy", seed=5) for _ in range(2))
    assert all(
        (a.points == b.points).all() and (a.colours == b.colours).all() for a, b in zip(first, second, strict=True)
    )


@pytest.mark.parametrize("name", ["wavy", "long", "curly", "dreads", "ponytail", "short afro"])
def test_flyaways_leave_the_other_hairs_where_they_are(name):
    wild, tame = (_hair(_body(), name, seed=7, flyaways=share) for share in (FLYAWAYS, 0.0))
    assert len(wild) == len(tame)
    for one, other in zip(wild, tame, strict=True):
        assert one.points.shape == other.points.shape
        same = (one.points == other.points).all((1, 2)) & (one.radius == other.radius)
        assert (one.colours == other.colours).all()
        assert same.mean() > 1 - 1.5 * FLYAWAYS
    first = (wild[0].points != tame[0].points).any((1, 2))
    assert 0.2 * FLYAWAYS < first.mean() < 1.5 * FLYAWAYS


def test_hair_does_not_come_through_a_hat():
    body = _body()
    level = body.eyes[:, 2].mean() + 0.45 * body.head_height
    hat = SimpleNamespace(hides=lambda points: points[:, 2] > level)
    for name in ("long", "afro", "bun", "messy"):
        for strands in _hair(body, name, headwear=hat):
            assert (at_rest(body, strands.points)[..., 2] <= level + 1e-4).all()
    assert sum(len(strands.points) for strands in _hair(body, "long", headwear=hat)) > 1000  # hangs out below
    assert not _hair(body, "long", headwear=SimpleNamespace(hides=lambda points: np.ones(len(points), bool)))


def test_everyone_gets_some_style_and_bald_men_a_wreath():
    rng = np.random.default_rng(0)
    data = body_data()
    names = [sample_style(sample_shape(rng, data), rng).name for _ in range(300)]
    assert len(set(names)) > 18
    old = [sample_style(sample_shape(rng, data, (65, 85)), rng) for _ in range(300)]
    assert 10 < sum(style.name == "wreath" for style in old) < 60


def test_scalp_share_is_whole_on_top_and_nothing_in_the_face():
    body = _body()
    share = scalp_share(body, Hairline())
    assert share.shape == (len(body.points),)
    assert share.min() >= 0
    assert share.max() <= 1
    skin = np.unique(body.data.meshes["body"][0])
    top = skin[body.rest[skin, 2] > body.rest[skin, 2].max() - 0.015]
    assert share[top].min() > 0.9
    left, back, up = ((body.rest - body.eyes.mean(0)) / body.head_height).T
    assert not share[(np.abs(left) < 0.4) & (up < 0.3) & (back < 0.3)].any()
    thin = density(Hairline(top=0.0), np.array([0.0, 180.0]), np.array([0.9, 0.0]))
    assert np.allclose(thin, (0, 1))


def test_brows_rise_with_the_face():
    def heights(expression):
        body = _body(expression=expression, pose={})
        strands = grow_brows(body, sample_complexion(np.random.default_rng(0), 30), np.random.default_rng(1))
        points = np.concatenate([each.points.reshape(-1, 3) for each in strands])
        assert (points[:, 2] > body.eyes[:, 2].mean()).all()
        return points[points[:, 0] > 0, 2].mean(), points[points[:, 0] < 0, 2].mean()

    calm, raised = heights({}), heights({"browOuterUpLeft": 1.0})
    assert raised[0] > calm[0] + 0.001
    assert abs(raised[1] - calm[1]) < 1e-4


def test_men_have_beards_women_and_children_none():
    complexion = sample_complexion(np.random.default_rng(0), 40)
    for seed in range(8):
        assert not grow_beard(_body(), complexion, np.random.default_rng(seed))
        assert not grow_beard(_body(ages=(6, 10), female=False), complexion, np.random.default_rng(seed))
    man = _body(female=False)
    for kind in BEARDS[1:]:
        (strands,) = grow_beard(man, complexion, np.random.default_rng(1), kind)
        roots = at_rest(man, strands.points[:, 0])
        assert len(roots) > 300
        assert (roots[:, 2] < man.eyes[:, 2].mean()).all()


def test_the_nearest_centre_is_the_first_of_the_nearest():
    rng = np.random.default_rng(0)
    points, centres = rng.random((200, 3), np.float32), rng.random((31, 3), np.float32)
    centres[17] = centres[4]
    found = nearest_of(points, centres)
    assert found.tolist() == ((points[:, None] - centres) ** 2).sum(2).argmin(1).tolist()
    assert 4 in found
    assert 17 not in found


@pytest.mark.parametrize("grow", [grow_brows, grow_beard])
def test_from_afar_a_face_has_fewer_hairs_each_as_much_wider(grow):
    body = _body(female=False)
    complexion = sample_complexion(np.random.default_rng(0), 30)
    more = {"kind": "full"} if grow is grow_beard else {}
    near, far = (grow(body, complexion, np.random.default_rng(1), detail=share, **more)[0] for share in (1.0, 0.2))
    assert len(far.points) == pytest.approx(0.2 * len(near.points), rel=0.15)
    assert far.radius.mean() == pytest.approx(5 * near.radius.mean(), rel=0.05)


def test_from_afar_a_bun_has_fewer_strands_too():
    near, far = (_hair(_body(), "bun", detail=share)[1] for share in (1.0, 0.2))
    assert len(far.points) == pytest.approx(0.2 * len(near.points), rel=0.02)
