"""Everyone is dressed, the same for the same seed, and nobody's skin is left out where it can be seen."""

import numpy as np
import pytest

pytest.importorskip("anny")
pytest.importorskip("numba")

from portrait_matting.people.bodies.body_data import body_data, folder

if not folder().is_dir():
    pytest.skip("the bodies are not there yet: `make people`", allow_module_level=True)

from portrait_matting.people.bodies.body import make_body
from portrait_matting.people.bodies.pose import X, Y, rotation
from portrait_matting.people.bodies.shape import sample_shape
from portrait_matting.people.clothes.clothes import covered, dress
from portrait_matting.people.clothes.suit import suit_of
from portrait_matting.people.rendering.surface import Samples

ALL = frozenset({"patterns", "folds", "layers"})


def body(seed, ages=None):
    rng = np.random.default_rng(seed)
    pose = {"upperarm01.L": rotation(Y, rng.uniform(-60, 35)), "lowerarm01.R": rotation(X, -rng.uniform(0, 110))}
    return make_body(body_data(), sample_shape(rng, body_data(), ages), pose)


def same(one, other):
    return len(one) == len(other) and all(
        np.array_equal(a.points, b.points) and np.array_equal(a.triangles, b.triangles)
        for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("pieces", [ALL, frozenset(), frozenset({"patterns"})])
def test_people_of_any_age_are_dressed(pieces):
    for seed in range(24):
        dressed = body(seed, ((3, 9), (20, 60), (60, 88))[seed % 3])
        surfaces = dress(dressed, np.random.default_rng(seed), pieces)
        assert surfaces
        for surface in surfaces:
            assert surface.points.dtype == surface.normals.dtype == np.float32
            assert surface.triangles.dtype == np.int32
            assert surface.triangles.min() >= 0
            assert surface.triangles.max() < len(surface.points)
            assert np.isfinite(surface.points[surface.triangles]).all()
            assert np.abs(surface.points[np.unique(surface.triangles)]).max() < 2.5
            for array in (surface.hem, surface.rest, surface.colours, surface.normals):
                assert array is None or len(array) == len(surface.points)
            assert surface.corners is None or surface.corners.shape == (len(surface.triangles), 3, 2)


def test_the_suit_has_no_holes_along_its_seams():
    suit = suit_of(body_data())

    def open_edges(triangles):
        edges = np.sort(np.concatenate([triangles[:, [k, (k + 1) % 3]] for k in range(3)]), 1)
        edges, count = np.unique(edges, axis=0, return_counts=True)
        assert count.max() == 2
        return edges[count == 1]

    coarse = open_edges(suit.coarse)
    middle = len(suit.vertices) + np.flatnonzero(suit.second[:, 1] < 0)
    halves = np.concatenate([np.stack([coarse[:, k], middle], 1) for k in range(2)])
    lengths = [np.linalg.norm(suit.rest[e[:, 0]] - suit.rest[e[:, 1]], axis=1).sum()
               for e in (halves, open_edges(suit.triangles))]  # fmt: skip
    assert abs(lengths[0] - lengths[1]) < 1e-4  # only the border is open, however often seams divide it


def test_the_same_seed_dresses_the_same():
    one = dress(body(5), np.random.default_rng(8), ALL)
    assert same(one, dress(body(5), np.random.default_rng(8), ALL))
    assert not same(one, dress(body(5), np.random.default_rng(9), ALL))


def looks(surface):
    """How points of a surface look, wherever they are: albedo (n, 3), which a pattern changes, and the normal."""
    rng = np.random.default_rng(0)
    normal = rng.normal(size=(500, 3)).astype(np.float32)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    near, uv, hem = (rng.uniform(0.02, 0.4, (500, size)).astype(np.float32) for size in (3, 2, 1))
    flat = np.tile(np.float32([0, 0, 0.01]), (500, 1))
    found = surface.look(Samples(near, normal, near, uv, flat, hem[:, 0], np.full(500, 1e-3, np.float32)))
    return np.asarray(found.albedo), np.asarray(found.normal)


def alike(one, other):
    return all(np.array_equal(a, b) for a, b in zip(looks(one), looks(other), strict=True))


def test_patterns_change_nothing_else():
    changed = 0
    for seed in range(16):
        worn, plain = (dress(body(seed), np.random.default_rng(seed), pieces) for pieces in (ALL, ALL - {"patterns"}))
        assert same(worn, plain)
        changed += sum(not alike(a, b) for a, b in zip(worn, plain, strict=True))
        for one, other in zip(worn, plain, strict=True):
            assert np.array_equal(looks(one)[1], looks(other)[1]), "the creases are the same"
    assert changed


@pytest.mark.slow
def test_folds_change_no_colour_and_nothing_that_is_sewn_on():
    changed = 0
    for seed in range(30):
        worn, smooth = (dress(body(seed), np.random.default_rng(seed), pieces) for pieces in (ALL, ALL - {"folds"}))
        assert len(worn) == len(smooth)
        changed += not same(worn, smooth)
        for one, other in zip(worn, smooth, strict=True):
            assert np.array_equal(looks(one)[0], looks(other)[0])
    assert changed == 30


def test_cloth_without_folds_keeps_its_weave():
    """Relief of knitwear lies along the cloth: that must still say which way it goes."""
    for seed in range(8):
        for surface in dress(body(seed), np.random.default_rng(seed), ALL - {"folds"}):
            if surface.corners is not None and surface.colours is not None:
                assert np.linalg.norm(surface.colours[np.unique(surface.triangles)], axis=1).max() > 1e-5


@pytest.mark.slow
def test_layers_leave_the_first_garment_its_looks():
    """It lies closer under a coat, where the coat hides it; its cloth, its buttons and its trousers are the same."""
    more = 0
    for seed in range(30):
        worn, single = (dress(body(seed), np.random.default_rng(seed), pieces) for pieces in (ALL, ALL - {"layers"}))
        more += len(worn) > len(single)
        for surface in single:
            assert any(alike(surface, each) for each in worn), seed
    assert more > 5


def test_what_is_covered_is_under_cloth_and_heads_and_hands_never_are():
    data = body_data()
    triangles = data.meshes["body"][0]
    head = np.where(data.weight_bones == data.bone("head"), data.weights, 0).sum(1) > 0.5
    fingers = [i for i, name in enumerate(data.labels["bones"]) if name.startswith(("finger", "metacarpal"))]
    hand = np.where(np.isin(data.weight_bones, fingers), data.weights, 0).sum(1) > 0.5
    for seed in range(6):
        dressed = body(seed)
        gone = covered(dressed, dress(dressed, np.random.default_rng(seed), ALL))
        assert gone.shape == (len(triangles),)
        assert 0.1 < gone.mean() < 0.7
        assert not gone[(head | hand)[triangles].any(1)].any()
    assert not covered(dressed, []).any()
