from types import SimpleNamespace

import numpy as np
import pytest

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.photography.framing import frame

VIEWS = frozenset({"views"})


def doll(x: float = 0.0, tall: float = 1.0) -> Body:
    """A head of 0.22 m on a trunk that ends 0.95 m below the eyes, times `tall`; its eyes are at the height of 0."""
    rng = np.random.default_rng(0)
    head = rng.normal(size=(600, 3))
    head = head / np.linalg.norm(head, axis=1, keepdims=True) * (0.075, 0.09, 0.11) + (0, 0.05, 0)
    trunk = rng.uniform((-0.22, -0.1, -0.95), (0.22, 0.2, -0.16), (3000, 3))
    rest = (tall * np.concatenate([head, trunk])).astype(np.float32)
    triangles = np.arange(3600, dtype=np.int32)[:, None] + np.arange(3, dtype=np.int32)
    triangles %= 3600
    names = ["root", "spine02", "head", "eye.L", "eye.R", "wrist.L", "wrist.R"]
    data = SimpleNamespace(bone=names.index, meshes={"body": (triangles, None)})
    bones = np.repeat(np.eye(4, dtype=np.float32)[None, :3], 7, 0)
    moved = np.float32([x, 0, 0])
    bones[:, :, 3] += moved
    joints = np.zeros((7, 3), np.float32)
    joints[3:5] = tall * np.array([[0.03, -0.04, 0], [-0.03, -0.04, 0]])
    return Body(data, None, rest, rest + moved, joints, bones)


def heads(bodies, camera):
    middles = np.stack([body.carried(body.eyes.mean(0) + (0, 0.05, 0), "head") for body in bodies])
    pixels, depth = camera.project(middles)
    return pixels, np.array([2 * body.head_height for body in bodies]) * camera.focal / depth


@pytest.mark.parametrize(("height", "width"), [(384, 336), (256, 400), (400, 200)])
def test_a_face_is_in_the_picture_and_the_end_of_the_body_is_not(height, width):
    body, shares = doll(), []
    low = body.points[body.rest[:, 2] < -0.91]
    for k in range(150):
        camera = frame([body], np.random.default_rng(k), height, width, VIEWS)
        (pixels,), (size,) = heads([body], camera)
        assert (pixels > -0.3 * size).all()
        assert (pixels < np.array([width, height]) + 0.3 * size).all()
        ends, depth = camera.project(low)
        seen = (depth > 0) & (ends[:, 0] > 0) & (ends[:, 0] < width)
        assert not (seen & (ends[:, 1] > 0) & (ends[:, 1] < height - 1)).any(), k
        shares.append(size / height)
    assert min(shares) < 0.36 < 0.7 < max(shares)


def test_faces_from_all_sides_and_distances():
    body = doll()
    cameras = [frame([body], np.random.default_rng(k), 96, 84, VIEWS) for k in range(300)]
    ahead = np.array([camera.forward[1] for camera in cameras])
    assert 0.005 < np.mean(ahead < -0.5) < 0.09  # from behind
    assert 0.04 < np.mean(np.abs(ahead) < 0.6) < 0.25
    high = np.array([camera.forward[2] for camera in cameras])
    assert np.mean(high < -0.25) > 0.02 < np.mean(high > 0.17)
    far = np.array([np.linalg.norm(camera.position - (0, 0.05, 0)) for camera in cameras])
    assert far.min() < 0.5 < 2.2 < far.max() < 3.6


@pytest.mark.parametrize("count", [2, 3])
def test_all_of_a_few_people_are_in_the_picture(count):
    bodies = [doll(0.45 * k, tall) for k, tall in zip(range(count), (1.0, 0.9, 1.05), strict=False)]
    for k in range(100):
        camera = frame(bodies, np.random.default_rng(k), 384, 336, VIEWS)
        pixels, _ = heads(bodies, camera)
        assert (pixels > 0).all(), k
        assert (pixels < (336, 384)).all(), k


def test_without_views_it_is_always_the_same():
    first, second = (frame([doll()], np.random.default_rng(k), 384, 336, frozenset()) for k in (0, 1))
    np.testing.assert_array_equal(first.position, second.position)
    np.testing.assert_allclose(first.forward, (0, 1, 0), atol=1e-9)
    (pixels,), (size,) = heads([doll()], first)
    assert abs(pixels[0] - 168) < 2
    assert 0.3 < size / 384 < 0.42


def test_a_stretched_hand_holds_the_camera():
    body = doll()
    body.joints[5] = (0.25, -0.6, -0.05)
    for k in range(40):
        camera = frame([body], np.random.default_rng(k), 384, 336, VIEWS)
        assert np.linalg.norm(camera.position - (0.2, -0.7, 0.05)) < 0.45
        _, (size,) = heads([body], camera)
        assert size > 100
