"""Blending, skinning and normals by hand; the whole body against anny's own forward pass."""

import numpy as np
import pytest

from portrait_matting.people.bodies.blend import blend, moved_by
from portrait_matting.people.bodies.body import make_body, normals, skin
from portrait_matting.people.bodies.pose import X, Y, Z, rotation
from portrait_matting.people.bodies.shape import sample_shape

_ANCESTRIES = ("african", "asian", "caucasian")


def test_shapes_are_added_by_their_scales():
    template = np.arange(6, dtype=np.float32).reshape(2, 3)
    shapes = np.array([[[1, 0, 0], [0, 0, 0]], [[9, 9, 9], [9, 9, 9]], [[0, 2, 0], [0, 0, -4]]], np.int16)
    found = blend(template, shapes, moved_by(shapes), np.array([0, 2]), np.array([0.5, 0.25], np.float32))
    assert found.tolist() == [[0.5, 1.5, 2], [3, 4, 4]]
    assert template.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_the_parts_of_shapes_that_move_nothing_are_passed_over():
    rng = np.random.default_rng(0)
    shapes = np.zeros((4, 500, 3), np.int16)
    shapes[0, 3, 1], shapes[0, 400:, 2], shapes[1, 0, 0], shapes[1, -1, -1] = 7, 5, -2, 3
    shapes[3] = rng.integers(-9, 9, (500, 3))
    parts, starts = moved_by(shapes)
    assert starts.tolist() == [0, 2, 4, 4, len(parts)], "the third moves nothing"
    assert parts[:4].tolist() == [[10, 11], [1202, 1500], [0, 1], [1499, 1500]]
    template, scales = rng.normal(size=(500, 3)).astype(np.float32), np.float32([0.5, -2, 3, 0.25])
    found = blend(template, shapes, (parts, starts), np.arange(4), scales)
    assert found == pytest.approx(template + np.tensordot(scales, shapes.astype(np.float32), 1), abs=1e-5)


def test_a_vertex_goes_to_the_mean_of_where_its_bones_take_it():
    rest = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    weights = np.array([[0.75, 0.25, 0], [1, 0, 0]], np.float32)
    indices = np.array([[1, 0, 0], [0, 0, 0]], np.int16)
    bones = np.zeros((2, 3, 4), np.float32)
    bones[0, :, :3] = np.eye(3)
    bones[1, :, :3], bones[1, :, 3] = rotation(Z, 90), (0, 0, 4)
    assert skin(rest, weights, indices, bones) == pytest.approx(np.array([[0.25, 0.75, 3], [0, 1, 0]]))


def test_normals_are_means_by_area():
    points = np.array([[0, 0, 0], [2, 0, 0], [0, 2, 0], [0, 0, 1], [9, 9, 9]], np.float32)
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    found = normals(points, triangles)
    assert found[1] == pytest.approx([0, 0, 1])
    assert found[3] == pytest.approx([1, 0, 0])
    assert found[0] == pytest.approx(np.array([1, 0, 2]) / 5**0.5)
    assert found[4] == pytest.approx([0, 0, 0]), "in no triangle"


@pytest.mark.slow
def test_a_body_is_that_of_anny(bodies, tmp_path):
    anny, torch = pytest.importorskip("anny"), pytest.importorskip("torch")
    from anny.models.model_data import TopologyConfig
    from scipy.spatial import cKDTree

    before = anny.paths.get_anny_cache_path()
    anny.paths.set_anny_cache_path(tmp_path)
    try:
        reference = anny.Anny(
            topology=TopologyConfig(base_mesh="makehuman", remove_unattached_vertices=False),
            phenotypes="all",
            local_changes="default",
            facial_actions="all",
            phenotype_blendshapes="original",
            skinning_method="lbs",
        ).to(torch.float32)
    finally:
        anny.paths.set_anny_cache_path(before)
    shape = sample_shape(np.random.default_rng(3), bodies)
    pose = {"neck01": rotation(Z, 30), "upperarm01.L": rotation(Y, 40) @ rotation(X, 20)}
    body = make_body(bodies, shape, pose)

    labels = [label.partition(":")[2] for label in reference.blendshape_labels if label.startswith("local_change:")]
    names = dict(zip(labels[::2], reference.local_change_labels, strict=True))
    arguments = {
        "phenotype_kwargs": dict(shape.phenotype)
        | dict(zip(("african", "asian", "caucasian"), shape.ancestry, strict=True)),
        "local_changes_kwargs": {names[name]: value for name, value in shape.local.items()},
        "facial_actions": dict(shape.expression),
    }
    with torch.no_grad():
        rest = reference(pose_parameters=None, **arguments)
        bones = torch.eye(4).repeat(len(body.bones), 1, 1)
        bones[:, :3] = torch.from_numpy(body.bones)
        poses = (bones @ rest["rest_bone_poses"][0])[None]
        posed = reference(pose_parameters=poses, pose_parameterization="world", **arguments)
    distance, nearest = cKDTree(rest["rest_vertices"][0].numpy()).query(body.rest)
    assert distance.max() < 5e-4, "metres: shapes are kept in 16 bits"
    assert posed["vertices"][0].numpy()[nearest] == pytest.approx(body.points, abs=1e-3)


@pytest.mark.slow
def test_bodies_are_people(bodies):
    for seed in range(12):
        shape = sample_shape(np.random.default_rng(seed), bodies)
        body = make_body(bodies, shape, {})
        height = body.rest[bodies.meshes["body"][0].ravel(), 2].max() - body.rest[:, 2].min()
        assert 0.4 < height < 1.7, "metres from the thighs up"
        assert 0.08 < body.head_height < 0.16
        left, right = body.eyes
        assert left[0] > 0 > right[0], "the left eye is on the person's left"
        assert left[1] < body.joints[bodies.bone("head"), 1], "the face looks along -y"


@pytest.mark.slow
def test_a_body_can_stand_elsewhere(bodies):
    shape = sample_shape(np.random.default_rng(0), bodies)
    place = np.concatenate([rotation(Z, 90), [[0.5], [0], [0.1]]], 1)
    here, there = make_body(bodies, shape, {}), make_body(bodies, shape, {}, place)
    assert there.points == pytest.approx(here.points @ rotation(Z, 90).T + (0.5, 0, 0.1), abs=1e-5)
    assert there.carried(here.eyes, "head") == pytest.approx(here.eyes @ rotation(Z, 90).T + (0.5, 0, 0.1), abs=1e-5)
