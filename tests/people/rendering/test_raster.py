"""The depth buffer against a look through every sample, one ray at a time."""

import numpy as np
import pytest

from portrait_matting.people.rendering.camera import Camera, look_at
from portrait_matting.people.rendering.raster import see
from portrait_matting.people.rendering.surface import Appearance, Surface

CAMERA = Camera(np.zeros(3), np.eye(3)[0], np.eye(3)[2], np.eye(3)[1], 20.0, (16.0, 12.0), 24, 32)


def surface(points, triangles, **more) -> Surface:
    points = np.asarray(points, np.float32)
    return Surface(
        points, np.asarray(triangles, np.int32), np.zeros_like(points), lambda s: Appearance(s.colour, s.normal), **more
    )


def rays(camera: Camera) -> np.ndarray:
    y, x = np.mgrid[: camera.height, : camera.width] + 0.5
    right, up = (x - camera.centre[0]) / camera.focal, (camera.centre[1] - y) / camera.focal
    return camera.forward + right[..., None] * camera.right + up[..., None] * camera.up


def nearest(camera: Camera, points: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Depth and triangle by Möller and Trumbore's test of every ray with every triangle."""
    depth, found = np.full((camera.height, camera.width), np.inf), np.full((camera.height, camera.width), -1)
    direction = rays(camera)
    for number, (a, b, c) in enumerate(points[triangles].astype(np.float64)):
        p = np.cross(direction, c - a)
        determinant = p @ (b - a)
        t = camera.position - a
        u = p @ t / determinant
        q = np.cross(t, b - a)
        v, z = direction @ q / determinant, (c - a) @ q / determinant
        hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (z > 0) & (z < depth)
        depth[hit], found[hit] = z[hit], number
    return depth, found


def test_each_sample_sees_the_nearest_triangle():
    rng = np.random.default_rng(0)
    points = rng.uniform((-1.5, 1, -1.2), (1.5, 4, 1.2), (90, 3)).astype(np.float32)
    triangles = np.arange(90, dtype=np.int32).reshape(30, 3)
    seen = see([surface(points, triangles)], CAMERA)
    depth, triangle = nearest(CAMERA, points, triangles)
    assert (seen.triangle == triangle).mean() > 0.995, "but for samples on an edge"
    same = seen.triangle == triangle
    assert seen.depth[same] == pytest.approx(depth[same], rel=1e-5)
    rows, columns = np.nonzero(same & (triangle >= 0))
    corners = points[triangles[triangle[rows, columns]]]
    second, third = seen.weights[rows, columns].T[..., None]
    at = corners[:, 0] * (1 - second - third) + corners[:, 1] * second + corners[:, 2] * third
    expected = CAMERA.position + rays(CAMERA)[rows, columns] * depth[rows, columns, None]
    assert at == pytest.approx(expected, abs=1e-4), "weights are those of the point in the room"


@pytest.mark.parametrize("yaw", [0, 33, 171])
def test_no_sample_falls_between_triangles(yaw):
    rng = np.random.default_rng(1)
    around, along = 60, 40
    angle, up = np.meshgrid(np.linspace(0, 2 * np.pi, around, endpoint=False), np.linspace(0.01, np.pi - 0.01, along))
    ball = np.stack([np.sin(up) * np.cos(angle), np.sin(up) * np.sin(angle), np.cos(up)], -1).reshape(-1, 3)
    ball *= 1 + 0.002 * rng.normal(size=(len(ball), 1))
    a, b = np.meshgrid(np.arange(along - 1), np.arange(around), indexing="ij")
    n = [(a + i) * around + (b + j) % around for i, j in ((0, 0), (0, 1), (1, 1), (1, 0))]
    quads = np.stack(n, -1).reshape(-1, 4)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    camera = look_at(np.zeros(3), yaw, 20, 5, 4.0, 700.0, (200.3, 199.7), 400, 400)
    seen = see([surface(ball, triangles)], camera)
    y, x = np.mgrid[:400, :400] + 0.5
    radius = np.hypot(x - 200.3, y - 199.7)
    inside = radius < 0.96 * 700 / np.sqrt(4.0**2 - 1)
    assert (seen.surface[inside] == 0).all()
    assert seen.depth[inside].max() < 4.0, "and none sees the far side"


def test_a_hem_cuts_within_triangles():
    square = [(-1, 2, -1), (1, 2, -1), (1, 2, 1), (-1, 2, 1)]
    hem = np.array([-1, 1, 1, -1], np.float32)  # metres right of the middle
    seen = see([surface(square, [[0, 1, 2], [0, 2, 3]], hem=hem)], CAMERA)
    covered = seen.surface == 0
    assert covered[12, 16:26].all()
    assert not covered[:, :16].any()
    assert covered.sum() == 10 * 20


def test_what_is_behind_the_camera_is_not_seen():
    behind = surface([(-1, -2, -1), (1, -2, -1), (0, -2, 1)], [[0, 1, 2]])
    across = surface([(-1, -2, -1), (1, 2, -1), (0, 2, 1)], [[0, 1, 2]])
    assert (see([behind, across], CAMERA).surface == -1).all()


def test_a_camera_looks_at_its_target():
    target = np.array([0.1, 0.2, 1.5])
    for yaw, pitch, roll in ((0, 0, 0), (40, 15, -8), (180, -20, 3)):
        camera = look_at(target, yaw, pitch, roll, 1.3, 300.0, (100.0, 80.0), 200, 180)
        pixels, depth = camera.project(target[None])
        assert pixels[0] == pytest.approx([100, 80], abs=1e-3)
        assert depth[0] == pytest.approx(1.3, rel=1e-6)
    above = look_at(target, 0, 30, 0, 1.3, 300.0, (100.0, 80.0), 200, 180)
    assert above.position[2] > target[2], "a positive pitch looks down from above"
    left = look_at(target, 90, 0, 0, 1.3, 300.0, (100.0, 80.0), 200, 180)
    assert left.position[0] > target[0] + 1, "a positive yaw looks from the person's left"
