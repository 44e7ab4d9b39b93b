"""Whatever people wear or hold fits their own heads, hands and shoulders, and is the same for the same seed."""

import numpy as np
import pytest

from portrait_matting.people.bodies.body import Body, make_body
from portrait_matting.people.bodies.pose import Z, rotation
from portrait_matting.people.bodies.shape import sample_shape
from portrait_matting.people.rendering.surface import Samples
from portrait_matting.people.things.bag import wear_bag
from portrait_matting.people.things.earrings import wear_earrings
from portrait_matting.people.things.glasses import wear_glasses
from portrait_matting.people.things.headphones import wear_headphones
from portrait_matting.people.things.headwear import KINDS, wear_headwear
from portrait_matting.people.things.held import SIZES, grip_for, hold
from portrait_matting.people.things.mask import wear_mask
from portrait_matting.people.things.necklace import wear_necklace
from portrait_matting.people.things.skull import Skull, fit

THINGS = {
    "glasses": wear_glasses,
    "earrings": wear_earrings,
    "necklace": wear_necklace,
    "mask": lambda body, rng: wear_mask(body, rng).surfaces,
    "headphones": wear_headphones,
    **{kind: lambda body, rng, kind=kind: wear_bag(body, rng, kind) for kind in ("rucksack", "across", "lanyard")},
    **{kind: lambda body, rng, kind=kind: list(wear_headwear(body, rng, kind).surfaces) for kind in KINDS},
    **{kind: lambda body, rng, kind=kind: hold(body, "R", rng, kind) for kind in SIZES},
}


@pytest.fixture(scope="module")
def crowd(bodies) -> list[Body]:
    """A man or woman who looks aside, and a child."""
    pose = {"neck01": rotation(Z, 15), "head": rotation(Z, 10)}
    shapes = (sample_shape(np.random.default_rng(k), bodies, ages) for k, ages in ((0, (20, 60)), (1, (5, 8))))
    return [make_body(bodies, shape, pose) for shape in shapes]


def samples(surface, count: int = 50) -> Samples:
    corners = surface.triangles[np.linspace(0, len(surface.triangles) - 1, count).astype(int)]
    position, normal = surface.points[corners].mean(1), surface.normals[corners[:, 0]]
    rest = position if surface.rest is None else surface.rest[corners].mean(1)
    uv = np.random.default_rng(0).random((count, 2)).astype(np.float32)
    ones = np.ones(count, np.float32)
    return Samples(position, normal, rest, uv, np.ones((count, 3), np.float32), ones, 0.002 * ones)


@pytest.mark.parametrize("name", THINGS)
def test_surfaces_are_whole_and_look_like_something(crowd, name):
    for body in crowd:
        for seed in range(3):
            surfaces = THINGS[name](body, np.random.default_rng(seed))
            assert surfaces, f"{name} of seed {seed} is not there"
            for surface in surfaces:
                assert surface.points.dtype == surface.normals.dtype == np.float32
                assert surface.triangles.dtype == np.int32
                assert np.isfinite(surface.points).all()
                assert surface.triangles.max() < len(surface.points)
                assert np.abs(np.linalg.norm(surface.normals, axis=1) - 1).max() < 1e-3
                look = surface.look(samples(surface))
                assert look.albedo.shape == look.normal.shape == (50, 3)
                assert look.albedo.dtype == look.normal.dtype == np.float32
                assert look.albedo.min() >= 0
                assert look.albedo.max() <= 1


@pytest.mark.parametrize("name", THINGS)
def test_a_seed_is_a_thing(crowd, name):
    first, second = (THINGS[name](crowd[0], np.random.default_rng(7)) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(one.points, other.points)
        assert np.array_equal(one.look(samples(one)).albedo, other.look(samples(other)).albedo)


@pytest.mark.parametrize("kind", KINDS)
def test_headwear_neither_floats_nor_cuts_into_the_head(crowd, kind):
    for body in crowd:
        skull = Skull(body)
        whole = fit(skull, 0.3, 0)
        for seed in range(3):
            worn = wear_headwear(body, np.random.default_rng(seed), kind)
            bone = body.bones[body.data.bone("head")].astype(float)
            cover = worn.surfaces[0].points
            rest = (cover - bone[:, 3]) @ bone[:, :3]
            rest = rest[rest[:, 2] > skull.eyes[2] + 0.6 * skull.size]
            x, y, z = whole.local(rest).T
            radius = np.sqrt(x * x + y * y + z * z)
            off = radius - whole.at(np.arctan2(x, -y), np.arcsin(z / radius))
            assert off.min() > -0.006, "it cuts into the head"
            assert np.percentile(off, 10) < 0.035, "it floats"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("headband",)])
def test_hair_under_headwear_is_hidden_and_the_face_is_not(crowd, kind):
    for body in crowd:
        skull = Skull(body)
        top = skull.centre(1.0)[None]
        worn = wear_headwear(body, np.random.default_rng(1), kind)
        assert worn.hides(top).all()
        assert worn.hides(top + (0, 0, 0.05)).all(), "hair that stands high would come through"
        if kind != "headscarf":
            nose = skull.eyes[None] + np.array([[0, -0.05, -0.03]])
            assert not worn.hides(nose).any()


def test_nothing_of_the_eyes_is_before_the_glasses(crowd):
    for body in crowd:
        for seed in range(6):
            surfaces = wear_glasses(body, np.random.default_rng(seed), dark=False)
            lenses = [surface for surface in surfaces if surface.opacity < 1]
            assert len(lenses) == 1
            eyes = body.rest[np.unique(body.data.meshes["eyes"][0])]
            assert lenses[0].rest[:, 1].max() < eyes[:, 1].min() + 0.012
            middle = lenses[0].rest[:, :2].mean(0)
            assert abs(middle[0] - body.eyes[:, 0].mean()) < 0.002


def test_earrings_hang_from_the_lobes_and_not_through_a_scarf(crowd):
    body = crowd[0]
    scarf = wear_headwear(body, np.random.default_rng(0), "headscarf")
    assert wear_earrings(body, np.random.default_rng(0), scarf) == []
    for surface in wear_earrings(body, np.random.default_rng(0)):
        ears = np.concatenate([body.carried(Skull(body).ear(side), "head") for side in "LR"])
        away = np.linalg.norm(surface.points[:, None] - ears[None], axis=2).min(1)
        assert away.min() < 0.006


@pytest.mark.parametrize("kind", SIZES)
def test_fingers_close_around_what_they_hold(bodies, kind):
    shape = sample_shape(np.random.default_rng(2), bodies, (25, 30))
    body = make_body(bodies, shape, grip_for(kind, "L"))
    weights = np.array([(i, j, 4 - i - j) for i in range(5) for j in range(5 - i)]) / 4
    held = hold(body, "L", np.random.default_rng(0), kind)
    things = np.concatenate([(weights @ surface.points[surface.triangles]).reshape(-1, 3) for surface in held])
    away = []
    for finger in (2, 3, 4):
        name = f"finger{finger}-3.L"
        tip = body.carried(body.joints[bodies.bone(name)], name)
        away.append(np.linalg.norm(things - tip, axis=1).min())
    assert min(away) < 0.022, "a finger is 1 cm thick on each side of its bones"
    assert max(away) < 0.033


@pytest.mark.slow
def test_sunglasses_that_are_pushed_up_lie_on_the_head_and_not_in_it(bodies):
    for seed in range(12):
        body = make_body(bodies, sample_shape(np.random.default_rng(seed), bodies, (6, 80)), {})
        for surface in wear_glasses(body, np.random.default_rng(seed), dark=True, pushed_up=True):
            off = fit(Skull(body), 0.3, 0).above(surface.rest.astype(float))
            assert off.min() > -0.001, "they sink in"
            assert np.median(off) < 0.03, "they float"
        assert surface.rest[:, 2].mean() > body.eyes[:, 2].mean() + 0.4 * body.head_height, "lenses are up"
