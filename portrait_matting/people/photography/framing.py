"""Where the camera stands: from a face that fills the picture to half-length, from all sides, near and far."""

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.photography.view import View, from_hand, sample_view
from portrait_matting.people.rendering.camera import Camera, look_at

_WIDEST = 0.62  # the shortest focal length, in heights of the picture: 78 degrees, a telephone's camera before faces
_NEAREST = 0.5  # of the distance of heads: nothing in view is nearer to the camera, such as a hand that is held out,
_NEAREST_BESIDE = 0.14  # metres, but for the arm of who holds the camera
_EVERY = 11  # of the triangles of a body, one of so many is looked at
_STRETCHED = 1.6  # heads before the face: a hand so far off may hold the camera
_WHOLE = 0.75  # of the half of a head, from its middle, that is in the picture where there are several
_CUT = 0.05  # metres: bodies end so far around their lowest points, in mid-thigh; no picture shows that


def frame(bodies: list[Body], rng: np.random.Generator, height: int, width: int, pieces: frozenset[str]) -> Camera:
    """A camera before people.

    Args:
        bodies: one, or a few that stand together: then all their heads are in the picture, if it is not too
            narrow for them: see `holds`.
        rng: of the camera.
        height, width: of the picture in pixels.
        pieces: without "views" faces are seen from the front, level, at head and shoulders, in the middle.
    """
    heads = np.stack([_head(body) for body in bodies]).astype(np.float64)
    size = float(np.mean([2 * body.head_height for body in bodies]))
    several = len(bodies) > 1
    view = sample_view(rng, several) if "views" in pieces else View(0, 0, 0, 0.36, 1.5, 0.5, 0.32)
    around = _yaw(bodies, rng if "views" in pieces else None)
    if "views" in pieces and not several and (hand := _stretched(bodies[0], heads[0])) is not None:
        for _ in range(4):
            held = from_hand(view, hand - heads[0], around, rng)
            camera = _placed(bodies, heads, size, around, held, 0.0, height, width)
            if _nearest(bodies, camera) >= _NEAREST_BESIDE:
                return camera
        view = view._replace(yaw=view.yaw + float(rng.choice([-1, 1]) * rng.uniform(25, 60)))  # past the hand
    for _ in range(3):
        camera = _placed(bodies, heads, size, around, view, _NEAREST, height, width)
        if not several or holds(camera, bodies):
            break
        # to have all of a few people in the picture, and not their feet, it must be plainer
        view = view._replace(
            yaw=0.3 * view.yaw if abs(view.yaw) < 90 else 180, pitch=0.2 * view.pitch, roll=0.1 * view.roll
        )
    return camera


def holds(camera: Camera, bodies: list[Body]) -> bool:
    """Whether the heads of all bodies are in the picture, of each at most a little cut off."""
    pixels, depth = camera.project(np.stack([_head(body) for body in bodies]))
    if (depth <= 0).any():
        return False
    most = _WHOLE * np.array([body.head_height for body in bodies]) * camera.focal / depth
    inside = (pixels > most[:, None]) & (pixels < (camera.width, camera.height) - most[:, None])
    return bool(inside.all())


def _placed(
    bodies: list[Body],
    heads: np.ndarray,
    size: float,
    around: float,
    view: View,
    nearest: float,
    height: int,
    width: int,
) -> Camera:
    """The camera of a view: `heads` (n, 3) are `size` metres high, `around` is the yaw that is before them.

    It goes back until nothing in view is nearer than `nearest` of the way to them.
    """
    share = view.head * min(1.0, 1.3 * width / height)
    distance = max(view.distance, _WIDEST * size / share)
    middle, centre = heads.mean(0), (width / 2, height / 2)
    for _ in range(12):
        focal = share * height * distance / size
        camera = look_at(middle, around + view.yaw, view.pitch, view.roll, distance, focal, centre, height, width)
        camera = _fitted(camera, heads, size, view, len(bodies) > 1)
        if not nearest or (found := _nearest(bodies, camera)) >= nearest * distance:
            break
        distance += max(nearest * distance - found, 0.05)
    return _without_the_cut(camera, bodies, heads, size)


def _stretched(body: Body, head: np.ndarray) -> np.ndarray | None:
    """Where a hand is that is stretched out before the face as if it held a telephone, (3,); None: none is."""
    ahead = body.bones[body.data.bone("head")][:, :3] @ np.array([0.0, -1.0, 0.0])
    for side in "LR":
        bone = body.data.bone(f"wrist.{side}")
        wrist = body.carried(body.joints[bone], f"wrist.{side}")
        if (wrist - head) @ ahead > 2.0 * body.head_height * _STRETCHED:
            return wrist
    return None


def _head(body: Body) -> np.ndarray:
    """The middle of a head, as it is held: between the eyes, further back."""
    return body.carried(body.eyes.mean(0) + np.array([0.0, 0.45 * body.head_height, 0.0]), "head")


def _yaw(bodies: list[Body], rng: np.random.Generator | None) -> float:
    """Where people look on the average, degrees of yaw: faces mostly turn to the camera, whatever the trunk does."""
    ways = []
    for body in bodies:
        turned = body.bones[body.data.bone("head" if rng is None or rng.random() < 0.75 else "spine02")][:, :3]
        ways.append(turned @ np.array([0.0, -1.0, 0.0]))
    x, y, _ = np.mean(ways, 0)
    return float(np.degrees(np.arctan2(x, -y)))


def _fitted(camera: Camera, heads: np.ndarray, size: float, view: View, several: bool) -> Camera:
    """The camera, moved and for several people zoomed so that their heads are where the view has them."""
    pixels, depth = camera.project(heads.astype(np.float32))
    radius = 0.5 * size * camera.focal / np.maximum(depth, 0.05)
    aside = (1.35 if several else 1.0) * radius  # a part of the shoulders of those at the ends
    left, right = (pixels[:, 0] - aside).min(), (pixels[:, 0] + aside).max()
    top, bottom = (pixels[:, 1] - radius).min(), (pixels[:, 1] + radius).max()
    zoom = min(1.0, 0.96 * camera.width / (right - left), 0.8 * camera.height / (bottom - top)) if several else 1.0
    wide, high = zoom * (right - left), zoom * (bottom - top)
    free = camera.width - wide
    if several:
        x = 0.5 * wide + free * np.clip(view.across, 0.05, 0.95)
        y = 0.5 * high + max(camera.height - high, 0) * np.clip(view.down, 0.02, 0.6)
    else:
        x = camera.width * view.across
        y = 0.5 * high + view.down * max(camera.height - 0.6 * high, 0.25 * camera.height)
    focal = zoom * camera.focal
    at = np.array([(left + right) / 2, (top + bottom) / 2]) - camera.centre
    moved = np.array([x, y]) - camera.centre - zoom * at
    return _shifted(camera, focal, moved, float(np.mean(depth)))


def _shifted(camera: Camera, focal: float, pixels: np.ndarray, depth: float) -> Camera:
    """The camera with another focal length, moved sideways so that what is at a depth moves by so many pixels."""
    step = pixels * depth / focal
    position = camera.position - step[0] * camera.right + step[1] * camera.up
    return Camera(position, camera.right, camera.up, camera.forward, focal, camera.centre, camera.height, camera.width)


def _sampled(body: Body, every: int) -> np.ndarray:
    """Vertices of a body's surface, those of one triangle in so many: (n,)."""
    return body.data.meshes["body"][0][::every, 0]


def _nearest(bodies: list[Body], camera: Camera) -> float:
    """Metres to the nearest of bodies that is in view, or just beside it; inf where nothing is."""
    found = np.inf
    for body in bodies:
        pixels, depth = camera.project(body.points[_sampled(body, _EVERY)])
        inside = (np.abs(pixels / (camera.width, camera.height) - 0.5).max(1) < 0.6) & (depth > 0)
        if inside.any():
            found = min(found, float(depth[inside].min()))
    return found


def _without_the_cut(camera: Camera, bodies: list[Body], heads: np.ndarray, size: float) -> Camera:
    """The camera, moved up and then zoomed until it does not see where bodies end."""
    cuts = np.concatenate([_cut(body) for body in bodies])
    for _ in range(16):
        pixels, depth = camera.project(cuts)
        seen = (depth > 0) & (pixels[:, 0] > -1) & (pixels[:, 0] < camera.width + 1)
        over = float(1.01 * camera.height + 2 - pixels[seen, 1].min()) if seen.any() else 0.0
        if over <= 0:
            break
        at, deep = camera.project(heads.astype(np.float32))
        lowest = float((at[:, 1] + 0.5 * size * camera.focal / np.maximum(deep, 0.05)).max())
        # heads may go down to a half of the picture, those of a few people to where the lowest still is in it
        room = (0.8 if len(bodies) > 1 else 0.6) * camera.height - lowest
        down = np.clip(room, 0, over)
        middle = at.mean(0)
        apart = max(camera.height + over - float(middle[1]), 0.1 * camera.height)
        zoom = min(1.001 + 1.05 * max(over - down, 0) / apart, 1.25)
        still = (1 - zoom) * (middle - camera.centre)
        camera = _shifted(camera, zoom * camera.focal, still + (0, down), float(deep.mean()))
    return camera


def _cut(body: Body) -> np.ndarray:
    """Points of a body, as it is held, where it ends below: float32 (n, 3)."""
    low = body.rest[:, 2][_sampled(body, 3)]
    return body.points[_sampled(body, 3)[low < low.min() + _CUT]]
