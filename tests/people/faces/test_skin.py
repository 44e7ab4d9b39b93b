"""The skin, the eyes and the mouth of a body."""

import gc
from dataclasses import replace

import numpy as np
import pytest

from portrait_matting.people.bodies.body import make_body
from portrait_matting.people.bodies.complexion import Complexion
from portrait_matting.people.bodies.shape import Shape, coefficients, sample_shape
from portrait_matting.people.faces.lids import lid_rim, lids_after
from portrait_matting.people.faces.mouth import mouth
from portrait_matting.people.faces.skin import body_surfaces
from portrait_matting.people.faces.skin_map import ZONES, skin_map
from portrait_matting.people.rendering.surface import Samples

PHENOTYPE = {"gender": 0.9, "age": 0.68, "muscle": 0.5, "weight": 0.5, "height": 0.5, "proportions": 0.5}
PHENOTYPE |= {"cupsize": 0.5, "firmness": 0.5}
COLOURS = Complexion(
    *(np.float32(c) for c in ((0.5, 0.3, 0.2), (0.5, 0.15, 0.15), (0.1, 0.2, 0.4), (0.02, 0.01, 0.01))), 0.0
)
ALL = frozenset(["skin"])


def body(bodies, **expression):
    return make_body(bodies, Shape(PHENOTYPE, expression=expression), {})


def surfaces(of, seed=3, pieces=ALL, **settings):
    return body_surfaces(of, COLOURS, np.random.default_rng(seed), pieces, **settings)


def seen(surface, chosen=None):
    """The samples at the vertices of a surface."""
    chosen = np.arange(len(surface.points)) if chosen is None else chosen
    uv = np.zeros((len(surface.points), 2), np.float32)
    if surface.corners is not None:
        uv[surface.triangles.ravel()] = surface.corners.reshape(-1, 2)
    ones = np.ones(len(chosen), np.float32)
    return Samples(
        surface.points[chosen],
        surface.normals[chosen],
        (surface.points if surface.rest is None else surface.rest)[chosen],
        uv[chosen],
        np.ones((len(chosen), 3), np.float32) if surface.colours is None else surface.colours[chosen],
        np.inf * ones,
        0.001 * ones,
    )


def of_zone(bodies, name):
    """The vertices that are wholly in a zone."""
    triangles, corners = bodies.meshes["body"]
    at = np.clip(bodies.uv[corners] * (1024, -1024) + (0, 1024), 0, 1023).astype(int)
    share = skin_map()[0][at[..., 1], at[..., 0], ZONES.index(name)]
    return np.unique(triangles[share > 230])


def test_zones_are_where_they_belong_and_on_both_sides(bodies):
    zones, folds = skin_map()
    assert zones.shape == (1024, 1024, 16)
    assert folds.shape == (1024, 1024, 4)
    assert zones.dtype == np.uint8
    place = {name: bodies.template[of_zone(bodies, name)] for name in ("lips", "nail", "palm", "beard", "rim")}
    assert abs(place["lips"][:, 2].mean() - 0.661) < 0.004
    assert (place["beard"][:, 2] < 0.72).all()
    assert (place["beard"][:, 1] < -0.03).all()
    assert len(place["nail"])
    assert len(place["palm"])
    assert (np.abs(place["nail"][:, 0]) > 0.35).all(), "at the fingers of arms that are held out"
    for points in place.values():
        left, right = (points[:, 0] > 0.001).sum(), (points[:, 0] < -0.001).sum()
        assert left == pytest.approx(right, rel=0.35)


def test_one_seed_has_one_skin(bodies):
    first, again, other = (surfaces(body(bodies), seed)[0] for seed in (3, 3, 4))
    chosen = np.unique(first.triangles)[::7]
    looks = [skin.look(seen(skin, chosen)) for skin in (first, again, other)]
    for one, same in zip(looks[0], looks[1], strict=True):
        assert np.array_equal(one, same)
    assert not np.array_equal(looks[0].albedo, looks[2].albedo)
    assert ((looks[0].albedo >= 0) & (looks[0].albedo <= 1)).all()
    assert np.linalg.norm(looks[0].normal, axis=1) == pytest.approx(1, abs=1e-4)


def test_lips_are_of_their_colour_and_plain_skin_is_plain(bodies):
    skin = surfaces(body(bodies), pieces=frozenset())[0]
    lips = of_zone(bodies, "lips")
    assert np.median(skin.look(seen(skin, lips)).albedo, 0) == pytest.approx(COLOURS.lips, abs=0.05)
    chest = np.unique(skin.triangles)[(bodies.template[np.unique(skin.triangles), 2] < 0.5)]
    assert skin.look(seen(skin, chest)).albedo == pytest.approx(np.tile(COLOURS.skin, (len(chest), 1)), abs=1e-6)
    skin = surfaces(body(bodies))[0]
    assert np.median(skin.look(seen(skin, lips)).albedo, 0) == pytest.approx(COLOURS.lips, abs=0.05)
    assert skin.look(seen(skin, chest)).albedo.std(0).min() > 0.005


@pytest.mark.parametrize("pieces", [ALL, frozenset()])
def test_roots_of_hair_darken_the_scalp(bodies, pieces):
    bald = surfaces(body(bodies), pieces=pieces)[0]
    top = np.unique(bald.triangles)[bodies.template[np.unique(bald.triangles), 2] > 0.8]
    share = np.zeros(len(bald.points), np.float32)
    share[top] = 1
    haired = surfaces(body(bodies), pieces=pieces, scalp=share)[0]
    assert haired.look(seen(haired, top)).albedo.mean() < 0.5 * bald.look(seen(bald, top)).albedo.mean()


def test_a_closed_mouth_has_nothing_in_it(bodies):
    closed, open_ = surfaces(body(bodies)), surfaces(body(bodies, jawOpen=0.3))
    assert len(open_) == len(closed) + 2


def test_teeth_are_seen_one_by_one_and_are_no_white_band(bodies):
    body = make_body(bodies, sample_shape(np.random.default_rng(0), bodies, (20, 30)), {})
    body = replace(body, shape=replace(body.shape, expression={"jawOpen": 0.3}))
    teeth = mouth(body, np.random.default_rng(0))[0]
    across = np.linspace(-0.028, 0.028, 400)
    front = body.rest[np.unique(teeth.triangles), 1].min()
    rest = np.stack([across, np.full(400, front), np.zeros(400)], 1).astype(np.float32)
    some = np.ones(400, np.float32)
    samples = Samples(rest, rest, rest, rest[:, :2], rest, some, 0.0003 * some)
    shown = teeth.look(samples).albedo.mean(1)
    assert 0.3 < shown.mean() < 0.62
    assert shown[np.abs(across) > 0.024].mean() < 0.75 * shown[np.abs(across) < 0.006].mean()
    darker = (shown[1:-1] < shown[:-2]) & (shown[1:-1] <= shown[2:])
    assert darker.sum() >= 6


def test_both_eyes_look_at_one_place(bodies):
    person = body(bodies)
    target = person.eyes.mean(0) + (0.25, -1.2, 0.1)
    for ball, middle, inner in zip(surfaces(person, 11, target=target)[1:3], person.eyes, (1, -1), strict=True):
        dark = ball.look(seen(ball)).albedo.mean(1) < 0.02
        gaze = ball.points[dark].mean(0) - middle
        towards = target - middle
        turn = np.degrees(np.arctan2(gaze[0], -gaze[1]) - np.arctan2(towards[0], -towards[1]))
        assert dark.any()
        assert turn * inner == pytest.approx(4.5, abs=4), "a pupil points a little outwards of what is looked at"


def test_a_lid_goes_down_with_the_gaze(bodies):
    person = body(bodies)
    down = np.tile([0, -np.cos(0.4), -np.sin(0.4)], (2, 1))
    rim = lid_rim()
    upper = rim[bodies.template[rim, 2] > person.eyes[0, 2] + 0.003] if len(rim) else rim
    moved = lids_after(person, down)
    assert 20 < len(rim) < 45
    assert (moved[rim, 2] - person.points[rim, 2]).min() < -0.001, upper
    ahead = np.tile([0.0, -1.0, 0.0], (2, 1))
    assert np.array_equal(lids_after(person, ahead), person.points)


def test_no_eye_behind_a_closed_lid(bodies):
    both = surfaces(body(bodies))
    assert len(surfaces(body(bodies, eyeBlinkLeft=1.0))) == len(both) - 1
    assert len(surfaces(body(bodies, eyeBlinkLeft=1.0, eyeBlinkRight=1.0))) == len(both) - 2


def test_the_inside_of_a_smiling_childs_mouth_stays_inside(bodies):
    """MakeHuman's came through the skin above the lips."""
    child = Shape(PHENOTYPE | {"age": 0.08}, expression={"mouthSmileLeft": 0.6, "mouthSmileRight": 0.6})
    person = make_body(bodies, child, {})
    skin = surfaces(person)[0]
    inside = of_zone(bodies, "mouth")
    inside = inside[bodies.template[inside, 1] > -0.14]
    back = skin.points[inside, 1] - person.points[inside, 1]
    assert np.median(back) > 0.002, "back from the lips"
    assert back.min() >= 0


def test_people_differ_and_all_their_shapes_are_known(bodies):
    people = [sample_shape(np.random.default_rng(seed), bodies) for seed in range(12)]
    for person in people:
        found = coefficients(bodies, person)
        assert np.isfinite(found).all()
        assert max(map(abs, person.local.values())) <= 0.6
        assert not any(name.startswith("eyeLook") for name in person.expression), "the gaze is of the eyes"
        shut = {round(person.expression[f"eyeBlink{side}"], 1) for side in ("Left", "Right")}
        assert len(shut) == 1 or max(shut) < 0.3, "eyes are shut together"
    assert len({replace(person, expression={}).phenotype["weight"] for person in people}) == 12


@pytest.mark.slow
def test_each_set_of_bodies_has_its_own_corners(bodies):
    """Also one that lies in memory where another lay before it."""
    one = body(bodies)
    for shift in np.linspace(0.01, 0.4, 20, dtype=np.float32):
        other = replace(bodies, uv=bodies.uv + shift)
        skin = surfaces(replace(one, data=other), pieces=frozenset())[0]
        assert np.array_equal(skin.corners, other.uv[other.meshes["body"][1]]), shift
        del other, skin
        gc.collect()
