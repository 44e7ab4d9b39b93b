"""The thickness of cloth, seen where it is cut."""

import numpy as np
from numba import njit

from portrait_matting.people.clothes.shell import Shell
from portrait_matting.people.rendering.surface import Look, Surface


def rim_of(
    form: Shell, triangles: np.ndarray, corners: np.ndarray, thickness: float, look: Look, opacity: float
) -> Surface | None:
    """A strip inwards from where the cloth is cut: its thickness."""
    crossed = np.flatnonzero(_cut(form.hem, triangles))
    if not len(crossed) or opacity < 1:
        return None
    edge = form.hem[triangles]
    edge, triangles, corners = edge[crossed], triangles[crossed], corners[crossed]
    lone = np.where((edge > 0).sum(1) == 1, (edge > 0).argmax(1), (edge <= 0).argmax(1))
    row = np.arange(len(crossed))
    ends = []
    for k in (1, 2):
        other = (lone + k) % 3
        share = (edge[row, lone] / (edge[row, lone] - edge[row, other]))[:, None].astype(np.float32)
        mix = [a[triangles[row, lone]] * (1 - share) + a[triangles[row, other]] * share for a in
               (form.points, form.rest, form.normals)]  # fmt: skip
        ends.append((*mix, corners[row, lone] * (1 - share) + corners[row, other] * share))
    (p, rest_p, up_p, uv_p), (q, rest_q, up_q, uv_q) = ends
    deep = np.float32(thickness)
    points = np.concatenate([p, q, p - deep * up_p, q - deep * up_q])
    count = len(crossed)
    quads = np.stack([row, row + count, row + 3 * count, row + 2 * count], 1)
    strip = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
    along = q - p
    inside = (form.points[triangles] * (edge > 0)[..., None]).sum(1) / np.maximum((edge > 0).sum(1), 1)[:, None]
    out = np.cross(along, up_p)
    out *= np.sign(((p - inside) * out).sum(1, keepdims=True))
    out = out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
    uv = np.stack([uv_p, uv_q, uv_q, uv_p], 1)
    return Surface(
        points=points.astype(np.float32),
        triangles=strip,
        normals=np.concatenate([out] * 4).astype(np.float32),
        look=look,
        rest=np.concatenate([rest_p, rest_q] * 2).astype(np.float32),
        colours=np.full((4 * count, 3), 1e-4, np.float32),
        corners=np.concatenate([uv[:, [0, 1, 2]], uv[:, [0, 2, 3]]]).astype(np.float32),
        hem=np.full(4 * count, 0.0005, np.float32),
    )


@njit(cache=True, error_model="numpy")
def _cut(hem, triangles):
    """Which triangles an edge runs through."""
    found = np.empty(triangles.shape[0], np.bool_)
    for t in range(triangles.shape[0]):
        a, b, c = hem[triangles[t, 0]] > 0, hem[triangles[t, 1]] > 0, hem[triangles[t, 2]] > 0
        found[t] = a != b or b != c
    return found
