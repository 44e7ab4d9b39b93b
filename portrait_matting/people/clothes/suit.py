"""The suit that clothes are cut from: MakeHuman's smooth suit, divided once, and where on it every point lies.

All of it is found once, on the template, and holds for every body, since all have the same vertices.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from portrait_matting.people.bodies.body import normals
from portrait_matting.people.bodies.body_arrays import BodyData
from portrait_matting.people.clothes.seams import along_seams, pairs_of, sewn
from portrait_matting.people.clothes.subdivision import edges_of, loop, smoothed

FRONT, BACK, LEFT, RIGHT = 0, 1, 2, 3
"""The panels of cloth: of the trunk before and behind, of the left and the right sleeve."""
APART = 3.0
"""Metres between the panels where they lie flat: across, the front is near 0, the back near 3, the sleeves 6 and 9."""
ANGLES, HEIGHTS = 48, 40
"""Of the grid of the trunk."""
LOW, HIGH = -0.06, 0.56
"""Metres of the template, of that grid: from where the legs part to the shoulders."""
_ARM = ("upperarm01", "upperarm02", "lowerarm01", "lowerarm02", "wrist")


@dataclass(frozen=True)
class Suit:
    """N points of the suit, M of the finer one; on the template, whose metres are those of a grown person.

    Attributes:
        vertices: int64 (N,), of the body data.
        weights, weight_bones: (N, K), as in the body data.
        first, second: int32 edges (E, 2) of the suit, by point, and the two points (E, 2) across each (-1: none).
        seams: of the points on seams, the two points (S, 2) that each lies between and how far from the first (S,).
        triangles: int32 (T, 3), of the finer suit: its points are the N, then one an edge, then those on seams.
        panels: int8 (T,), of the triangles.
        sleeve: float32 (M,), along the arm from the shoulder, 0, to the wrist, 1; below 0 on the trunk.
        around: float32 (M,), the angle around the arm in radians.
        arm: float32 (N,), 1 on arms and 0 on the trunk.
        corners: float32 (T, 3, 2), metres of cloth: across and up.
        under: int64 (V,), the finer suit's point next to each vertex of the body data; -1 where none is near.
        rest: float32 (M, 3), the finer suit on the template.
        bulge: float32 (M,), metres that the body's own skin lies outside of it.
        throat: int64, the points of the suit's upper border, around the neck.
        head: int64, the vertices of the body data that the head carries.
        grid: of each cell of the trunk's (heights, angles), the three points next to it and their shares: (G, 3).
        bust: int64, the finer suit's points on which collars, ties and scarves lie.
    """

    vertices: np.ndarray
    weights: np.ndarray
    weight_bones: np.ndarray
    first: np.ndarray
    second: np.ndarray
    coarse: np.ndarray
    seams: tuple[np.ndarray, np.ndarray]
    triangles: np.ndarray
    panels: np.ndarray
    sleeve: np.ndarray
    around: np.ndarray
    arm: np.ndarray
    corners: np.ndarray
    under: np.ndarray
    rest: np.ndarray
    bulge: np.ndarray
    throat: np.ndarray
    bust: np.ndarray
    head: np.ndarray
    grid: tuple[np.ndarray, np.ndarray]

    def finer(self, points: np.ndarray) -> np.ndarray:
        """The points (N, C) of the suit, divided by Loop's rule: float32 (M, C)."""
        return along_seams(loop(np.ascontiguousarray(points, np.float32), self.first, self.second), *self.seams)

    def smoothed(self, points: np.ndarray, share: np.ndarray, rounds: int) -> np.ndarray:
        """Points (N, 3), each moved by its `share` (N,) towards the mean of its neighbours, `rounds` times."""
        return smoothed(np.ascontiguousarray(points, np.float32), self.first, share.astype(np.float32), rounds)


def suit_of(data: BodyData) -> Suit:
    """The suit of the body data, made once."""
    if id(data) not in _MADE:
        _MADE[id(data)] = data, _make(data)  # kept with its suit, so that no other takes its place
    return _MADE[id(data)][1]


_MADE: dict[int, tuple[BodyData, Suit]] = {}


def _make(data: BodyData) -> Suit:
    whole = data.meshes["tights"][0]
    vertices, coarse = np.unique(whole, return_inverse=True)
    coarse = coarse.reshape(-1, 3).astype(np.int32)
    first, second, of_triangle = edges_of(coarse)
    count = len(vertices)
    triangles = np.concatenate(
        [np.stack([coarse[:, k], count + of_triangle[:, k], count + of_triangle[:, k - 1]], 1) for k in range(3)]
        + [count + of_triangle]
    ).astype(np.int32)
    template = data.template[vertices]
    rest = loop(template, first, second)
    weights, weight_bones = data.weights[vertices], data.weight_bones[vertices]
    arm = np.zeros(count, np.float32)
    for name in _ARM:
        for side in "LR":
            arm += np.where(weight_bones == data.bone(f"{name}.{side}"), weights, 0).sum(1)
    arm = smoothed(arm[:, None], first, np.full(count, 0.5, np.float32), 2)[:, 0]
    fine_arm = loop(arm[:, None], first, second)[:, 0]
    sleeve, around = _sleeves(data, rest, fine_arm, triangles)
    ends: list[tuple[int, int, float]] = []
    triangles = sewn(triangles, sleeve, ends)
    before = _smooth_normals(along_seams(rest, *pairs_of(ends)), triangles)[:, 1]
    on_arm = along_seams(sleeve[:, None], *pairs_of(ends))[:, 0] > 1e-3
    triangles = sewn(triangles, np.where(on_arm, 1.0, before), ends)
    seams = pairs_of(ends)
    rest, sleeve = along_seams(rest, *seams), along_seams(sleeve[:, None], *seams)[:, 0]
    turned = along_seams(np.stack([np.cos(around), np.sin(around)], 1).astype(np.float32), *seams)
    around = np.arctan2(turned[:, 1], turned[:, 0])
    panels, corners = _panels(rest, triangles, sleeve, around)
    far, under = cKDTree(rest).query(data.template)
    under = np.where(far < 0.035, under, -1)
    skin = np.unique(data.meshes["body"][0])
    skin = skin[under[skin] >= 0]
    height = ((data.template[skin] - rest[under[skin]]) * normals(rest, triangles)[under[skin]]).sum(1)
    bulge = np.zeros(len(rest), np.float32)
    np.maximum.at(bulge, under[skin], np.clip(height, 0, 0.012))
    ends = np.concatenate([triangles[:, [k, (k + 1) % 3]] for k in range(3)])
    for _ in range(2):  # and what is beside it
        wider = bulge.copy()
        np.maximum.at(wider, ends[:, 0], 0.8 * bulge[ends[:, 1]])
        np.maximum.at(wider, ends[:, 1], 0.8 * bulge[ends[:, 0]])
        bulge = wider
    border = np.unique(first[second[:, 1] < 0])
    throat = border[rest[border, 2] > 0.55]
    bust = np.flatnonzero((sleeve < 0.15) & (rest[:, 2] > 0.05) & ((np.arange(len(rest)) < count) | (rest[:, 2] > 0.4)))
    head = np.flatnonzero(np.where(data.weight_bones == data.bone("head"), data.weights, 0).sum(1) > 0.6)
    head = np.intersect1d(head, data.meshes["body"][0])
    return Suit(
        vertices, weights, weight_bones, first, second, coarse, seams, triangles, panels, sleeve, around, arm,
        corners, under, rest, bulge, throat, bust, head, _grid(rest, sleeve),
    )  # fmt: skip


def _sleeves(data: BodyData, rest: np.ndarray, arm: np.ndarray, triangles: np.ndarray):
    """How far along its arm and around it each point lies."""
    sleeve, around = np.full(len(rest), -9.0, np.float32), np.zeros(len(rest), np.float32)
    for side in "LR":
        joints = [data.joints[data.bone(f"{name}.{side}")] for name in ("upperarm01", "lowerarm01", "wrist")]
        lengths = [float(np.linalg.norm(b - a)) for a, b in pairwise(joints)]
        mine = (rest[:, 0] > 0) == (side == "L")
        own = (arm > 0.5) & mine
        best = np.full(len(rest), np.inf)
        for k in range(2):
            direction = (joints[k + 1] - joints[k]) / lengths[k]
            offset = rest - joints[k]
            along = offset @ direction
            clipped = np.clip(along, -1.0 if k == 0 else 0.0, lengths[k] if k == 0 else 1.0)
            radial = offset - clipped[:, None] * direction
            far = np.linalg.norm(radial, axis=1)
            better = own & (far < best)
            best[better] = far[better]
            across = np.cross(direction, [0.0, 1.0, 0.0])
            across /= np.linalg.norm(across)
            sleeve[better] = ((clipped + sum(lengths[:k])) / sum(lengths))[better]
            angle = np.arctan2(radial @ np.cross(direction, across), radial @ across)
            around[better] = angle[better]
            if k == 0:  # and beside it on the trunk
                around[mine & ~own] = angle[mine & ~own]
        # the trunk: less than 0, by the way to the arm along the cloth
        ends = np.concatenate([triangles[:, [k, (k + 1) % 3]] for k in range(3)])
        length = np.linalg.norm(rest[ends[:, 0]] - rest[ends[:, 1]], axis=1)
        graph = coo_matrix((length, ends.T), (len(rest), len(rest))).tocsr()
        outer = np.flatnonzero(own)
        away = dijkstra(graph, directed=False, indices=outer, min_only=True, limit=0.3)
        trunk = ~own & np.isfinite(away) & (arm <= 0.5)
        sleeve[trunk] = np.maximum(sleeve[trunk], -away[trunk] / sum(lengths))
    ends = np.unique(np.sort(np.concatenate([triangles[:, [k, (k + 1) % 3]] for k in range(3)]), 1), axis=0)
    share = np.where((sleeve > -0.15) & (sleeve < 0.9), 0.5, 0.0).astype(np.float32)
    sleeve = np.maximum(sleeve, -0.5)
    return smoothed(sleeve[:, None], ends, share, 6)[:, 0], around


def _smooth_normals(rest: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Of a form without its details."""
    normal = normals(rest[: triangles.max() + 1], triangles)
    ends = np.unique(np.sort(np.concatenate([triangles[:, [k, (k + 1) % 3]] for k in range(3)]), 1), axis=0)
    normal = smoothed(normal, ends.astype(np.int32), np.full(len(normal), 0.7, np.float32), 12)
    return normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)


def _panels(rest: np.ndarray, triangles: np.ndarray, sleeve: np.ndarray, around: np.ndarray):
    """Panels and where their cloth lies: the trunk's rolled flat from the middle, sleeves around the arm."""
    normal = _smooth_normals(rest, triangles)
    panels = np.where(normal[triangles][..., 1].mean(1) < 0, FRONT, BACK).astype(np.int8)
    on_arm = sleeve[triangles].mean(1) > 0
    panels[on_arm] = np.where(rest[triangles][on_arm][:, :, 0].mean(1) > 0, LEFT, RIGHT)
    x, y, z = rest.T
    corners = np.zeros((len(triangles), 3, 2), np.float32)
    low = np.clip((0.5 - z) / 0.1, 0, 1)
    low = low * low * (3 - 2 * low)
    for panel, plane, sign in ((FRONT, -0.13, 1), (BACK, 0.1, -1)):
        depth = sign * (y - plane)
        rolled = 0.16 * np.arctan2(x / 0.16, np.maximum(sign * (-0.02 - y), 0) / 0.11)
        aside = np.clip((np.abs(x) - 0.04) / 0.08, 0, 1)
        across = x + low * aside * aside * (3 - 2 * aside) * (rolled - x)
        up = z + np.maximum(normal[:, 2], 0) * np.maximum(depth, 0) * np.clip((z - 0.47) / 0.08, 0, 1)
        chosen = panels == panel
        corners[chosen] = np.stack([across, up], 1)[triangles[chosen]]
        corners[chosen, :, 0] += APART * panel
    sleeves = panels >= LEFT
    angles = around[triangles[sleeves]]
    angles = angles[:, :1] + (angles - angles[:, :1] + np.pi) % (2 * np.pi) - np.pi
    corners[sleeves] = np.stack([angles * 0.05, 0.55 - 0.5 * sleeve[triangles[sleeves]]], -1)
    corners[sleeves, :, 0] += APART * panels[sleeves, None]
    return panels, corners


def polar(points: np.ndarray, middle: float = -0.02) -> np.ndarray:
    """The angle of points of the template around the trunk, 0 before it, positive to the left."""
    return np.arctan2(points[:, 0], middle - points[:, 1])


def _grid(rest: np.ndarray, sleeve: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The trunk as a grid of heights and angles."""
    trunk = np.flatnonzero((sleeve < -0.02) & (rest[:, 2] > LOW - 0.03))
    places = np.stack([polar(rest[trunk]) * 0.15, rest[trunk, 2]], 1)
    turn = 2 * np.pi * 0.15
    tree = cKDTree(np.concatenate([places, places + (turn, 0), places - (turn, 0)]))
    angles, heights = np.linspace(-np.pi, np.pi, ANGLES, endpoint=False), np.linspace(LOW, HIGH, HEIGHTS)
    cells = np.stack(np.meshgrid(heights, angles * 0.15, indexing="ij"), -1)[..., ::-1].reshape(-1, 2)
    far, found = tree.query(cells, 3)
    share = 1 / (far + 0.003)
    return trunk[found % len(trunk)], (share / share.sum(1, keepdims=True)).astype(np.float32)
