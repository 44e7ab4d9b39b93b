"""What is sewn of its own rather than cut from the suit: sheets of points laid over a garment."""

import numpy as np
from scipy.spatial import cKDTree

from portrait_matting.people.bodies.body import normals
from portrait_matting.people.clothes.fit import Fit
from portrait_matting.people.clothes.garment import Cloth, along
from portrait_matting.people.clothes.shell import Shell
from portrait_matting.people.rendering.surface import Look

_JAW = 0.006  # metres that cloth keeps from the jaw


class Ground:
    """What cloth lies on, at rest: a garment's form or the body's own."""

    def __init__(self, fit: Fit, form: Shell | None):
        """The ground of a form; None: the body itself."""
        whole = fit.fine if form is None else form.rest
        own = fit.suit.bust
        self.points = whole[own]
        self.normals = normals(np.ascontiguousarray(whole, np.float32), fit.suit.triangles)[own]
        self.tree = cKDTree(self.points, balanced_tree=False, compact_nodes=False)
        front = (self.normals[:, 1] < 0) & (fit.suit.sleeve[own] < 0.05)
        self._front = np.flatnonzero(front)
        self._plane = cKDTree(self.points[self._front][:, [0, 2]])

    def cleared(self, points: np.ndarray, gap, rounds: int = 2) -> np.ndarray:
        """Points (..., 3) moved out to `gap` metres from it, where they are nearer or inside."""
        flat = points.reshape(-1, 3).astype(np.float32)
        gap = np.broadcast_to(np.asarray(gap, np.float32), points.shape[:-1]).ravel()
        for _ in range(rounds):
            far, near = self.tree.query(flat, 3)
            share = 1 / (far + 0.004)
            share /= share.sum(1, keepdims=True)
            at = (self.points[near] * share[..., None]).sum(1)
            normal = (self.normals[near] * share[..., None]).sum(1)
            normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
            above = ((flat - at) * normal).sum(1)
            flat = flat + normal * np.maximum(gap - above, 0)[:, None]
        return flat.reshape(points.shape).astype(np.float32)

    def front(self, x: np.ndarray, z: np.ndarray, gap: float) -> np.ndarray:
        """The points before it at (x, z): (..., 3)."""
        far, near = self._plane.query(np.stack([x.ravel(), z.ravel()], 1), 4)
        share = 1 / (far + 0.004)
        share /= share.sum(1, keepdims=True)
        at = self.points[self._front[near]]
        y = (at[..., 1] * share).sum(1) - gap
        return np.stack([x.ravel(), y, z.ravel()], 1).reshape(*x.shape, 3).astype(np.float32)


def sheet(
    fit: Fit, rest: np.ndarray, look: Look, uv: np.ndarray | None = None, hem: np.ndarray | None = None,
    closed: bool = False, thickness: float = 0.0, flip: bool = False, casts: bool = True,
) -> list[Cloth]:  # fmt: skip
    """A grid of points at rest as a surface, carried by what is under it.

    Args:
        fit: of the body.
        rest: (rows, columns, 3).
        look: of the cloth.
        uv: (rows, columns, 2), metres on the cloth laid flat.
        hem: (rows, columns), metres from its edge.
        closed: whether the last column meets the first.
        thickness: metres; its back is as far behind.
        flip: which side is the outer one.
        casts: whether it throws a shadow.
    """
    rows, columns = rest.shape[:2]
    points = kept_from_jaw(fit, fit.carried(rest.reshape(-1, 3)))
    index = np.arange(rows * columns).reshape(rows, columns)
    right = np.roll(index, -1, 1) if closed else index[:, 1:]
    left = index if closed else index[:, :-1]
    a, b, c, d = left[:-1].ravel(), right[:-1].ravel(), right[1:].ravel(), left[1:].ravel()
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)
    if flip:
        triangles = triangles[:, ::-1].copy()
    normal = normals(points, triangles)
    if uv is None:
        wide = np.linalg.norm(np.diff(rest, axis=1, append=rest[:, -1:]), axis=2)
        down = np.linalg.norm(np.diff(rest, axis=0, append=rest[-1:]), axis=2)
        across = np.cumsum(wide, 1).mean(0)
        uv = np.stack([np.broadcast_to(across - across.mean(), (rows, columns)), -np.cumsum(down, 0) + 0.4], -1)
    flat = uv.reshape(-1, 2)
    corners = flat[triangles]
    if closed:
        round_ = np.ptp(flat[:, 0])
        corners[..., 0] += np.where(corners[..., 0] - corners[..., :1, 0] < -0.6 * round_, round_, 0)
        corners[..., 0] -= np.where(corners[..., 0] - corners[..., :1, 0] > 0.6 * round_, round_, 0)
    edge = np.full(rows * columns, 0.1, np.float32) if hem is None else hem.ravel().astype(np.float32)
    resting = rest.reshape(-1, 3).astype(np.float32)
    corners = corners.astype(np.float32)
    ways = along(points, triangles, corners, 0.01)  # without folds of the suit's panels
    front = Cloth(points, triangles, normal, look, resting, corners, ways, hem=edge, casts=casts)
    if not thickness:
        return [front]
    back = points - normal * np.float32(thickness)
    border = [index[0], index[-1]] + ([] if closed else [index[:, 0], index[:, -1]])
    strips, count = [], rows * columns
    for line in border:
        p, q = line[:-1], line[1:]
        if closed:
            p, q = line, np.roll(line, -1)
        strips += [np.stack([p, q, q + count], 1), np.stack([p, q + count, p + count], 1)]
    both = np.concatenate([triangles[:, ::-1] + count, *strips]).astype(np.int32)
    whole = np.concatenate([points, back])
    again = flat[both % count].astype(np.float32)
    under = Cloth(
        whole, both, np.concatenate([normal, -normal]), look, np.concatenate([resting] * 2), again,
        np.concatenate([ways] * 2),
        hem=np.concatenate([np.minimum(edge, 0.01)] * 2), casts=False,
    )  # fmt: skip
    return [front, under]


def kept_from_jaw(fit: Fit, points: np.ndarray) -> np.ndarray:
    """Points (n, 3) as worn, moved down where they would be within the jaw."""
    body = fit.body
    matrix = body.bones[body.data.bone("head")]
    local = (points - matrix[:, 3]) @ matrix[:, :3]  # where the head had them at rest
    chin, throat, half, low, lift = _jaw(fit)
    share = np.clip((local[:, 1] - chin) / (throat - chin), -0.3, 1)
    floor = low + lift * share - _JAW
    side = np.clip((half - np.abs(local[:, 0])) / (0.3 * half), 0, 1)
    ahead = np.clip((local[:, 1] - chin + 0.03) / 0.03, 0, 1) * np.clip((throat - local[:, 1]) / 0.02, 0, 1)
    local[:, 2] -= side * ahead * np.clip(local[:, 2] - floor, 0, 0.12)
    return (local @ matrix[:, :3].T + matrix[:, 3]).astype(np.float32)


def _jaw(fit: Fit):
    """y of the chin and of the throat behind it, half the width of the jaw, z below the chin and its rise."""
    body = fit.body
    eyes, height = body.eyes.mean(0), body.head_height
    own = body.rest[fit.suit.head]
    lower = own[(own[:, 2] < eyes[2] - 0.75 * height) & (own[:, 1] < eyes[1] + 0.35 * height)]
    low = float(lower[:, 2].min()) if len(lower) else float(eyes[2] - height)
    chin = float(lower[:, 1].min()) if len(lower) else float(eyes[1])
    return chin, chin + 0.75 * height, 0.55 * height, low, 0.12 * height
