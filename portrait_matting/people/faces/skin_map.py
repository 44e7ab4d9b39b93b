"""Where on a body what is: lips, lids, cheeks, beard, nails … in MakeHuman's map of the skin, made once a process."""

from functools import cache

import cv2
import numpy as np
from numba import njit

from portrait_matting.people.bodies.body import normals
from portrait_matting.people.bodies.body_arrays import BodyData
from portrait_matting.people.bodies.body_data import body_data
from portrait_matting.people.faces.lids import lid_rim
from portrait_matting.people.faces.wrinkles import soft_step, wrinkles

ZONES = (
    "lips", "mouth", "lid", "rosy", "beard", "brow", "nail", "oily", "freckles", "palm", "rim", "hollow",
    "under_eye", "shade", "knuckle", "spare",
)  # fmt: skip
"""The channels of the map: shares, 0 to 255; sixteen, so that they are read at once."""
SIZE = 1024


@cache
def skin_map() -> tuple[np.ndarray, np.ndarray]:
    """The zones, uint8 (1024, 1024, 16), and the wrinkles, int8 (1024, 1024, 4), over MakeHuman's map, v up.

    Wrinkles: their slopes along the axes of the rest pose, times 127 / 2, and how deep in a fold a place is, times 127.
    Around each piece of the map both go on for a few pixels, so that no seam is seen.
    """
    data = body_data()
    place, normal, hand, there = _charted(data)
    zones = np.zeros((SIZE, SIZE, len(ZONES)), np.uint8)
    found = _zones(data, there, place[there], normal[there], hand[there])
    zones[there] = np.stack([255 * np.clip(found.get(name, 0 * hand[there]), 0, 1) for name in ZONES], -1)
    folds = np.zeros((SIZE, SIZE, 4), np.int8)
    face = there & (place[..., 2] > 0.55) & (place[..., 1] < 0)
    folds[face] = 127 * wrinkles(place[face])
    for values in (zones, folds):
        _beyond(values, there)
    return zones, folds


def _charted(data: BodyData):
    """Of each pixel of the map: its place (H, W, 3) in the template, normal, share of hand, whether it is one."""
    triangles, corners = data.meshes["body"]
    of_hand = [name.startswith(("finger", "metacarpal", "wrist")) for name in data.labels["bones"]]
    hand = (np.asarray(of_hand)[data.weight_bones] * data.weights).sum(1, keepdims=True)
    values = np.concatenate([data.template, normals(data.template, triangles), hand], 1).astype(np.float32)
    pixels = data.uv * (SIZE, -SIZE) + (0, SIZE)
    found = np.full((SIZE, SIZE, 7), np.nan, np.float32)
    _chart(found, values, triangles, pixels.astype(np.float32), corners)
    there = ~np.isnan(found[..., 0])
    found[~there] = 0
    return found[..., :3], found[..., 3:6], found[..., 6], there


@njit(cache=True, error_model="numpy")
def _chart(found, values, triangles, pixels, corners):
    for t in range(triangles.shape[0]):
        p, q, r = pixels[corners[t, 0]], pixels[corners[t, 1]], pixels[corners[t, 2]]
        area = (q[0] - p[0]) * (r[1] - p[1]) - (r[0] - p[0]) * (q[1] - p[1])
        if abs(area) < 1e-9:
            continue
        for y in range(int(min(p[1], q[1], r[1])), int(max(p[1], q[1], r[1])) + 1):
            for x in range(int(min(p[0], q[0], r[0])), int(max(p[0], q[0], r[0])) + 1):
                if x < 0 or y < 0 or x >= found.shape[1] or y >= found.shape[0]:
                    continue
                u = ((x + 0.5 - p[0]) * (r[1] - p[1]) - (r[0] - p[0]) * (y + 0.5 - p[1])) / area
                v = ((q[0] - p[0]) * (y + 0.5 - p[1]) - (x + 0.5 - p[0]) * (q[1] - p[1])) / area
                if u >= -0.001 and v >= -0.001 and u + v <= 1.001:
                    for c in range(values.shape[1]):
                        found[y, x, c] = (
                            (1 - u - v) * values[triangles[t, 0], c]
                            + u * values[triangles[t, 1], c]
                            + v * values[triangles[t, 2], c]
                        )


def _beyond(values: np.ndarray, there: np.ndarray) -> None:
    """Makes the pieces of the map 6 pixels larger, by what is at their borders."""
    far, label = cv2.distanceTransformWithLabels(
        (~there).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    rows, columns = np.nonzero(there)
    source = np.zeros(label.max() + 1, np.int64)
    source[label[rows, columns]] = rows * there.shape[1] + columns
    border = ~there & (far < 7)
    values[border] = values.reshape(-1, values.shape[2])[source[label[border]]]


def _blob(place, x, y, z, across, deep, high) -> np.ndarray:
    """A soft blob on both sides of the body."""
    return np.exp(
        -0.5
        * (
            ((np.abs(place[..., 0]) - x) / across) ** 2
            + ((place[..., 1] - y) / deep) ** 2
            + ((place[..., 2] - z) / high) ** 2
        )
    )


def _zones(data: BodyData, there, place, normal, hand) -> dict[str, np.ndarray]:
    """The zones, by places of MakeHuman's template: its eyes are at (±0.031, -0.125, 0.728), its mouth at z = 0.661."""
    x, y, z = np.abs(place[..., 0]), place[..., 1], place[..., 2]

    def masked(name: str, blur: float) -> np.ndarray:
        return cv2.GaussianBlur(data.mask(name).astype(np.float32) / 255, (0, 0), blur)[there]

    lips = masked("lips", 1.1)
    face = (z > 0.6) & (y < -0.02)
    nose = _blob(place, 0, -0.166, 0.691, 0.012, 0.012, 0.010)
    wings = _blob(place, 0.014, -0.152, 0.688, 0.006, 0.01, 0.008)
    cheeks = _blob(place, 0.044, -0.125, 0.693, 0.017, 0.03, 0.014)
    chin = _blob(place, 0, -0.148, 0.632, 0.016, 0.02, 0.012)
    joints = np.stack([data.joints[data.bone(f"finger{f}-{k}.L")] for f in range(1, 6) for k in (1, 2, 3)])
    palmar = _palmar(data)
    on_back = -(normal * (place[..., :1] > 0) * palmar + normal * (place[..., :1] < 0) * palmar * (-1, 1, 1)).sum(-1)
    near = np.zeros_like(x)
    for joint in joints:
        near = np.maximum(near, _blob(place, *joint, 0.006, 0.006, 0.006))
    knuckle = near * soft_step(on_back, 0.2, 0.7)
    elbow = _blob(place, *data.joints[data.bone("lowerarm01.L")], 0.03, 0.03, 0.03)
    top = np.interp(x, (0.0, 0.028, 0.05, 0.068), (0.684, 0.682, 0.692, 0.715))
    beard = soft_step(top - z, -0.002, 0.010) * soft_step(z, 0.585, 0.615) * soft_step(-y, 0.04, 0.06) * face
    beard = beard * (1 - _blob(place, 0.0165, -0.15, 0.648, 0.005, 0.02, 0.004) * 0.6)
    arc = np.interp(x, (0.008, 0.016, 0.036, 0.046, 0.056), (0.744, 0.7465, 0.7525, 0.7515, 0.746))
    brow = (
        np.exp(-(((z - arc) / 0.0035) ** 2))
        * soft_step(x, 0.006, 0.013)
        * (1 - soft_step(x, 0.045, 0.057))
        * face
        * (y < -0.1)
    )
    under = _blob(place, 0.025, -0.138, 0.7165, 0.011, 0.012, 0.0045) + _blob(
        place, 0.0155, -0.138, 0.724, 0.004, 0.01, 0.006
    )
    return {
        "lips": lips,
        "mouth": masked("inside-mouth", 1.0),
        "lid": masked("eyelids", 2.0),
        "rosy": cheeks
        + 0.8 * nose
        + 0.7 * wings
        + 0.5 * chin
        + 0.6 * masked("ears", 3)
        + 0.5 * elbow
        + 0.5 * hand * soft_step(on_back, -0.2, 0.5),
        "beard": beard * (1 - soft_step(lips, 0.0, 0.5)),
        "brow": brow,
        "nail": masked("fingernails", 0.6),
        "oily": _blob(place, 0, -0.148, 0.782, 0.028, 0.03, 0.018)
        + _blob(place, 0, -0.165, 0.705, 0.008, 0.02, 0.02)
        + 0.7 * chin
        + 0.5 * cheeks,
        "freckles": np.clip(_blob(place, 0.028, -0.14, 0.702, 0.026, 0.04, 0.018), 0, 1) * face
        + 0.3 * (1 - hand) * soft_step(z, 0.3, 0.5),
        "palm": hand * soft_step(-on_back, 0.0, 0.6),
        "rim": _rim(data, place),
        "hollow": _blob(place, 0.0075, -0.1495, 0.689, 0.0045, 0.0055, 0.0045),
        "under_eye": under * face,
        "shade": _blob(place, 0, -0.12, 0.605, 0.06, 0.05, 0.02) * 0.5
        + 0.6 * masked("ears", 3) * soft_step(-normal[..., 1], -0.3, 0.6),
        "knuckle": knuckle + 0.4 * elbow,
    }


def _palmar(data: BodyData) -> np.ndarray:
    """The direction that the left palm faces in the template: (3,)."""
    wrist, first, last = (data.joints[data.bone(f"{name}.L")] for name in ("wrist", "finger2-1", "finger5-1"))
    found = np.cross(first - wrist, last - wrist)
    found /= np.linalg.norm(found)
    tip = data.joints[data.bone("finger3-3.L")]
    middle = (wrist + (first + last) / 2) / 2
    return found if (tip - middle) @ found > 0 else -found  # fingers are bent towards the palm


def _rim(data: BodyData, place) -> np.ndarray:
    """The border of the lids, where lashes grow."""
    eye = data.joints[data.bone("eye.L")]
    ring = data.template[lid_rim()] - eye
    angles = np.arctan2(ring[:, 2], ring[:, 0])
    offset = np.stack([np.abs(place[..., 0]), place[..., 1], place[..., 2]], -1) - eye
    near = (np.linalg.norm(offset, axis=-1) < 0.022) & (offset[..., 1] < -0.006)
    found = np.zeros(len(place), np.float32)
    turn = np.arctan2(offset[near][:, 2], offset[near][:, 0])
    closest = np.stack([np.interp(turn, angles, ring[:, c], period=2 * np.pi) for c in range(3)], -1)
    found[near] = np.exp(-((np.linalg.norm(offset[near] - closest, axis=-1) / 0.0011) ** 2))
    return found
