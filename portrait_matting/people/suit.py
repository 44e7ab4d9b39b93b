"""The suit that clothes are cut from: MakeHuman's smooth suit, divided once, and where on it every point lies.

All of it is found once, on the template, and holds for every body, since all have the same vertices.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numba import njit
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from portrait_matting.people.body_data import BodyData

FRONT, BACK, LEFT, RIGHT = 0, 1, 2, 3
"""The panels of cloth: of the trunk before and behind, of the left and the right sleeve."""
APART = 3.0
"""Metres between the panels where they lie flat: across, the front is within 1 of 0, the back of 3, the sleeves 6, 9."""
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

    def finer(self, points: np.ndarray) -> np.ndarray:
        """The points (N, C) of the suit, divided by Loop's rule: float32 (M, C)."""
        return _along_seams(_loop(np.ascontiguousarray(points, np.float32), self.first, self.second), *self.seams)

    def smoothed(self, points: np.ndarray, share: np.ndarray, rounds: int) -> np.ndarray:
        """Points (N, 3), each moved by its `share` (N,) towards the mean of its neighbours, `rounds` times."""
        return _smoothed(np.ascontiguousarray(points, np.float32), self.first, share.astype(np.float32), rounds)


@cache
def _made() -> dict:
    return {}


def suit_of(data: BodyData) -> Suit:
    """The suit of the body data, made once."""
    found = _made()
    if id(data) not in found:
        found[id(data)] = _make(data)
    return found[id(data)]


def _make(data: BodyData) -> Suit:
    whole = data.meshes["tights"][0]
    vertices, coarse = np.unique(whole, return_inverse=True)
    coarse = coarse.reshape(-1, 3).astype(np.int32)
    first, second, of_triangle = _edges(coarse)
    count = len(vertices)
    triangles = np.concatenate(
        [
            np.stack([coarse[:, k], count + of_triangle[:, k], count + of_triangle[:, k - 1]], 1) for k in range(3)
        ]
        + [count + of_triangle]
    ).astype(np.int32)
    template = data.template[vertices]
    rest = _loop(template, first, second)
    weights, weight_bones = data.weights[vertices], data.weight_bones[vertices]
    arm = np.zeros(count, np.float32)
    for name in _ARM:
        for side in "LR":
            arm += np.where(weight_bones == data.bone(f"{name}.{side}"), weights, 0).sum(1)
    arm = _smoothed(arm[:, None], first, np.full(count, 0.5, np.float32), 2)[:, 0]
    fine_arm = _loop(arm[:, None], first, second)[:, 0]
    sleeve, around = _sleeves(data, rest, fine_arm, triangles)
    ends: list[tuple[int, int, float]] = []
    triangles = _sewn(triangles, sleeve, ends)
    before = _smooth_normals(_along_seams(rest, *_pairs(ends)), triangles)[:, 1]
    triangles = _sewn(triangles, before, ends, _along_seams(sleeve[:, None], *_pairs(ends))[:, 0] > -1e-4)
    seams = _pairs(ends)
    rest, sleeve = _along_seams(rest, *seams), _along_seams(sleeve[:, None], *seams)[:, 0]
    turned = _along_seams(np.stack([np.cos(around), np.sin(around)], 1).astype(np.float32), *seams)
    around = np.arctan2(turned[:, 1], turned[:, 0])
    panels, corners = _panels(rest, triangles, sleeve, around)
    far, under = cKDTree(rest).query(data.template)
    under = np.where(far < 0.035, under, -1)
    skin = np.unique(data.meshes["body"][0])
    skin = skin[under[skin] >= 0]
    height = ((data.template[skin] - rest[under[skin]]) * facing(rest, triangles)[under[skin]]).sum(1)
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
    return Suit(
        vertices, weights, weight_bones, first, second, coarse, seams, triangles, panels, sleeve, around, arm, corners, under,
        rest, bulge, throat, bust,
    )  # fmt: skip


def _pairs(ends):
    return (np.array([(a, b) for a, b, _ in ends], np.int32).reshape(-1, 2),
            np.array([share for _, _, share in ends], np.float32))  # fmt: skip


@njit(cache=True)
def _along_seams(points, pairs, shares):
    """Points (n, C) and those between pairs of them, in their order."""
    count, width = points.shape
    found = np.empty((count + pairs.shape[0], width), np.float32)
    found[:count] = points
    for i in range(pairs.shape[0]):
        for c in range(width):
            a, b = found[pairs[i, 0], c], found[pairs[i, 1], c]
            found[count + i, c] = a + shares[i] * (b - a)
    return found


def _sewn(triangles: np.ndarray, field: np.ndarray, ends: list, whole: np.ndarray | None = None):
    """Cuts triangles where a field of their points changes its sign, and adds the new points to `ends`.

    Args:
        triangles: (T, 3).
        field: (n,), of the points there are.
        ends: of the points that lie between others, in their order.
        whole: (n,), points all of whose triangles stay whole.
    """
    field, count, numbers = field.astype(float).copy(), len(field), {}
    edges = np.unique(np.sort(np.concatenate([triangles[:, [k, (k + 1) % 3]] for k in range(3)]), 1), axis=0)
    crossing = edges[field[edges[:, 0]] * field[edges[:, 1]] < 0]
    for a, b in crossing:  # no slivers
        share = field[a] / (field[a] - field[b]) if field[a] != field[b] else 0.5
        if share < 0.1:
            field[a] = 0
        elif share > 0.9:
            field[b] = 0

    def between(a: int, b: int) -> int:
        key = (min(a, b), max(a, b))
        if key not in numbers:
            numbers[key] = count + len(numbers)
            ends.append((*key, float(field[key[0]] / (field[key[0]] - field[key[1]]))))
        return numbers[key]

    found = []
    sign = np.sign(field)
    mixed = (sign[triangles].min(1) < 0) & (sign[triangles].max(1) > 0)
    if whole is not None:
        mixed &= ~whole[triangles].all(1)
    for a, b, c in triangles[mixed]:
        while not (sign[b] * sign[c] > 0 or sign[a] == 0):  # the lone one first
            a, b, c = b, c, a
        if sign[a] == 0:
            middle = between(b, c)
            found += [(a, b, middle), (a, middle, c)]
        else:
            p, q = between(a, b), between(a, c)
            found += [(a, p, q), (p, b, c), (p, c, q)]
    return np.concatenate([triangles[~mixed], np.array(found, np.int32).reshape(-1, 3)]).astype(np.int32)


def _smooth_normals(rest: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Of a form without its details."""
    normal = facing(rest[: triangles.max() + 1], triangles)
    ends = np.unique(np.sort(np.concatenate([triangles[:, [k, (k + 1) % 3]] for k in range(3)]), 1), axis=0)
    normal = _smoothed(normal, ends.astype(np.int32), np.full(len(normal), 0.7, np.float32), 12)
    return normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)


def _edges(triangles: np.ndarray):
    """Edges (E, 2), the points across them (E, 2), and which edges each triangle has (T, 3): from corner k to k + 1."""
    ends = np.concatenate([triangles[:, [k, (k + 1) % 3]] for k in range(3)])
    across = np.concatenate([triangles[:, (k + 2) % 3] for k in range(3)])
    edges, inverse = np.unique(np.sort(ends, 1), axis=0, return_inverse=True)
    inverse = inverse.ravel()
    second = np.full((len(edges), 2), -1, np.int32)
    for edge, point in zip(inverse, across, strict=True):
        second[edge, 0 if second[edge, 0] < 0 else 1] = point
    return edges.astype(np.int32), second, inverse.reshape(3, -1).T.astype(np.int32)


@njit(cache=True)
def _loop(points, first, second):
    """Loop's rule ("Smooth Subdivision Surfaces Based on Triangles", 1987), borders as cubic splines."""
    count, edges, width = points.shape[0], first.shape[0], points.shape[1]
    found = np.zeros((count + edges, width), np.float32)
    degree, border = np.zeros(count, np.int32), np.zeros(count, np.int32)
    for e in range(edges):
        for k in range(2):
            degree[first[e, k]] += 1
            if second[e, 1] < 0:
                border[first[e, k]] += 1
    for e in range(edges):
        a, b = first[e]
        edge = second[e, 1] < 0
        for c in range(width):
            middle = points[a, c] + points[b, c]
            if edge:
                found[count + e, c] = middle / 2
            else:
                found[count + e, c] = 0.375 * middle + 0.125 * (points[second[e, 0], c] + points[second[e, 1], c])
            if border[a] == 0 or edge:
                found[a, c] += points[b, c]
            if border[b] == 0 or edge:
                found[b, c] += points[a, c]
    for v in range(count):
        if border[v] == 2:
            for c in range(width):
                found[v, c] = 0.75 * points[v, c] + 0.125 * found[v, c]
        elif border[v] > 2 or degree[v] < 3:
            for c in range(width):
                found[v, c] = points[v, c]
        else:
            n = degree[v]
            beta = 3 / (8 * n) if n > 3 else 3 / 16
            for c in range(width):
                found[v, c] = (1 - n * beta) * points[v, c] + beta * found[v, c]
    return found


@njit(cache=True)
def facing(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """The normals of vertices, as `body.normals` finds them, four times as fast: float32 (V, 3)."""
    found = np.zeros(points.shape, np.float32)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        u0, u1, u2 = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1], points[b, 2] - points[a, 2]
        v0, v1, v2 = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1], points[c, 2] - points[a, 2]
        x, y, z = u1 * v2 - u2 * v1, u2 * v0 - u0 * v2, u0 * v1 - u1 * v0
        for k in range(3):
            corner = triangles[t, k]
            found[corner, 0] += x
            found[corner, 1] += y
            found[corner, 2] += z
    for n in range(found.shape[0]):
        length = np.sqrt(found[n, 0] ** 2 + found[n, 1] ** 2 + found[n, 2] ** 2)
        if length > 0:
            for k in range(3):
                found[n, k] /= length
    return found


@njit(cache=True)
def _smoothed(points, edges, share, rounds):
    count, width = points.shape
    found = points.copy()
    total, degree = np.zeros((count, width), np.float32), np.zeros(count, np.float32)
    for e in range(edges.shape[0]):
        degree[edges[e, 0]] += 1
        degree[edges[e, 1]] += 1
    for _ in range(rounds):
        total[:] = 0
        for e in range(edges.shape[0]):
            a, b = edges[e, 0], edges[e, 1]
            for c in range(width):
                total[a, c] += found[b, c]
                total[b, c] += found[a, c]
        for v in range(count):
            for c in range(width):
                found[v, c] += share[v] * (total[v, c] / degree[v] - found[v, c])
    return found


def _sleeves(data: BodyData, rest: np.ndarray, arm: np.ndarray, triangles: np.ndarray):
    """How far along its arm and around it each point lies."""
    sleeve, around = np.full(len(rest), -9.0, np.float32), np.zeros(len(rest), np.float32)
    for side in "LR":
        joints = [data.joints[data.bone(f"{name}.{side}")] for name in ("upperarm01", "lowerarm01", "wrist")]
        lengths = [float(np.linalg.norm(b - a)) for a, b in zip(joints, joints[1:], strict=False)]
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
    return _smoothed(sleeve[:, None], ends, share, 6)[:, 0], around


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
