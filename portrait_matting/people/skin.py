"""The skin of a body, with all that it has on it: what is seen of a body that nobody has dressed yet."""

from dataclasses import dataclass

import numpy as np
from numba import njit

from portrait_matting.people.body import Body
from portrait_matting.people.complexion import Complexion
from portrait_matting.people.eyes import eyes, lashes, lids_after
from portrait_matting.people.grain import at, grain, value_at
from portrait_matting.people.mouth import drawn_in, mouth
from portrait_matting.people.skin_map import skin_map
from portrait_matting.people.surface import Appearance, Look, Samples, Surface

_WRAP = 0.35  # how far light gets round in skin


def body_surfaces(
    body: Body,
    complexion: Complexion,
    rng: np.random.Generator,
    pieces: frozenset[str],
    target: np.ndarray | None = None,
    scalp: np.ndarray | None = None,
) -> list[Surface]:
    """The body: its skin, eyes and lashes, and what is in its mouth where that is open.

    Args:
        body: as it is held.
        complexion: its colours.
        rng: of the skin and the eyes alone.
        pieces: without "skin" it has the plain colours of skin, lips and mouth.
        target: (3,), metres in the room, what the person may look at: the camera; None: what is before the face.
        scalp: float32 (V,), of each vertex the share of skin that roots of hair cover; None: bald.
    """
    gaze = _gaze(body, rng, target)
    points = drawn_in(body, lids_after(body, gaze))
    person = _person(body, complexion, rng)
    skin = _skin(body, points, complexion, person, pieces, scalp)
    found = [skin, *eyes(body, points, complexion, gaze, rng, target)]
    return [*found, *lashes(body, points, complexion, rng, person.made_up), *mouth(body, rng)]


def _gaze(body: Body, rng: np.random.Generator, target: np.ndarray | None) -> np.ndarray:
    """Where each eye looks, as directions of the rest pose: float64 (2, 3) of length 1."""
    aside = np.array([np.tan(np.radians(rng.normal(0, 11))), -1.0, np.tan(np.radians(rng.normal(-2, 6)))])
    astray, near = rng.random() < 0.2, rng.normal(size=3) * 0.03
    ahead = np.repeat(aside[None] / np.linalg.norm(aside), 2, 0)
    if target is None or astray:
        return ahead
    bone = body.bones[body.data.bone("head")].astype(np.float64)
    there = bone[:, :3].T @ (np.asarray(target, np.float64) + near - bone[:, 3])
    found = there - body.eyes
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    middle = found.mean(0)
    across, up = np.degrees(np.arctan2(middle[0], -middle[1])), np.degrees(np.arcsin(np.clip(middle[2], -1, 1)))
    return found if abs(across) < 38 and -32 < up < 24 else ahead


@dataclass(frozen=True)
class _Person:
    """What one person's skin is like; `numbers` are those of the kernel, in its order."""

    colours: np.ndarray
    numbers: np.ndarray
    moles: np.ndarray
    made_up: bool


def _skin(body: Body, points, complexion: Complexion, person: "_Person", pieces, scalp) -> Surface:
    triangles, _ = body.data.meshes["body"]
    share = np.zeros(len(points), np.float32) if scalp is None else scalp.astype(np.float32)
    look, colours = _look(body, person), np.repeat(share[:, None], 3, 1)  # the look takes them for what they are
    if "skin" not in pieces:
        look, colours = _plain, _plain_colours(body, complexion, share)
    return Surface(points, triangles, body.normals, look, body.rest, _at_corners(body), colours)


_CORNERS: dict[int, np.ndarray] = {}


def _at_corners(body: Body) -> np.ndarray:
    key = id(body.data)
    if key not in _CORNERS:
        _CORNERS[key] = np.ascontiguousarray(body.data.uv[body.data.meshes["body"][1]], np.float32)
    return _CORNERS[key]


def _plain(samples: Samples) -> Appearance:
    return Appearance(samples.colour, samples.normal, 0.03, 0.5, _WRAP)


def _plain_colours(body: Body, complexion: Complexion, scalp: np.ndarray) -> np.ndarray:
    zones, _ = skin_map()
    triangles, corners = body.data.meshes["body"]
    at = np.zeros((len(body.points), 2), np.int64)
    at[triangles.ravel()] = np.clip(body.data.uv[corners.ravel()] * (1024, -1024) + (0, 1024), 0, 1023)
    lips, inside = (zones[at[:, 1], at[:, 0], channel, None] / np.float32(255) for channel in (0, 1))
    found = complexion.skin + lips * (complexion.lips - complexion.skin)
    found = found + inside * (np.float32((0.12, 0.02, 0.02)) - found)
    return (found + 0.6 * scalp[:, None] * (complexion.hair - found)).astype(np.float32)


def _person(body: Body, complexion: Complexion, rng: np.random.Generator) -> _Person:
    years, woman = body.shape.age, body.shape.phenotype["gender"] > 0.5
    grown = float(np.clip((years - 14) / 8, 0, 1))
    fair = float(np.clip(complexion.skin[1] / 0.45, 0.1, 1.2))  # what shows of blood and freckles
    old = float(np.clip((years - 35) / 50, 0, 1)) ** 1.3 * rng.uniform(0.7, 1.3)
    made_up = woman and years > 16 and rng.random() < 0.45
    stubble = 0.0 if woman else grown * rng.choice((0.05, 0.35, 0.8), p=(0.4, 0.35, 0.25)) * rng.uniform(0.6, 1.2)
    shadow = rng.uniform((0.02, 0.02, 0.03), (0.35, 0.2, 0.3)) if rng.random() < 0.5 else complexion.skin * 0.4
    blush = rng.uniform(0.25, 0.8) * (1.25 if years < 14 else 1) + (0.35 if made_up else 0)
    freckles = rng.uniform(0.15, 0.6) if rng.random() < 0.22 * fair else 0.04
    hair = complexion.hair * (1 - complexion.grey) + complexion.grey * np.float32(0.35)
    moles = np.concatenate([_moles(body, rng), rng.uniform(0.0004, 0.0013, (5, 1))], 1)
    numbers = (
        blush * (0.5 + 0.5 * fair),
        freckles,
        0.9 * old + 0.08,  # how deep wrinkles are
        stubble,
        rng.uniform(0.15, 0.35),  # brows
        (rng.uniform(0.3, 0.8) if made_up and rng.random() < 0.6 else 0.0),  # shadow on the lids
        (rng.uniform(0.7, 1.0) if made_up else (0.5 if woman else 0.4)),  # the border of the lids
        rng.uniform(0.06, 0.11) * (1 + 0.6 * old),  # mottling
        rng.uniform(0.25, 0.7) * (1 if grown else 0.5) * (0.6 if made_up else 1),  # pores
        rng.uniform(0.3, 1.0) * grown * (0.5 if made_up else 1),  # how oily
        rng.uniform(0.15, 0.6) * (0.3 if years < 14 else 1),  # under the eyes
        float(np.clip((years - 45) / 35, 0, 1)) * rng.uniform(0, 0.45) * fair,  # spots of age
        rng.uniform(0.3, 1) if made_up and rng.random() < 0.5 else 0.15,  # how glossy lips are
        *rng.uniform(0, 64, 3),
    )
    palm = np.maximum(complexion.skin, np.float32((0.42, 0.24, 0.17)) * 0.5 + complexion.skin * 0.5)
    short = np.minimum(hair, complexion.skin * 0.55)  # brows and stubble look darker than the skin, whatever they are
    colours = np.stack([complexion.skin, complexion.lips, hair, shadow, palm, short])
    return _Person(colours.astype(np.float32), np.asarray(numbers, np.float32), moles.astype(np.float32), made_up)


def _moles(body: Body, rng: np.random.Generator) -> np.ndarray:
    """Five places on the head, the neck and the chest, at rest: (5, 3)."""
    triangles, _ = body.data.meshes["body"]
    chosen = triangles[rng.integers(len(triangles), size=60), 0]
    place = body.data.template[chosen]
    return body.rest[chosen[np.argsort((place[:, 2] < 0.45) | (place[:, 1] > -0.03), kind="stable")[:5]]]


def _look(body: Body, person: _Person) -> Look:
    zones, folds = skin_map()
    turn = np.ascontiguousarray(body.bones[body.data.bone("head"), :, :3], np.float32)
    smile = max(body.shape.expression.get("mouthSmileLeft", 0.0), body.shape.expression.get("mouthSmileRight", 0.0))
    noise = grain()

    def look(samples: Samples) -> Appearance:
        albedo, normal, roughness = _skinned(
            samples.rest,
            samples.normal,
            samples.uv,
            np.ascontiguousarray(samples.colour[:, 0]),
            samples.footprint,
            zones,
            folds,
            noise,
            turn,
            np.float32(smile),
            person.colours,
            person.numbers,
            person.moles,
        )
        return Appearance(albedo, normal, 0.035, roughness, _WRAP)

    return look


@njit(cache=True, inline="always")
def _smooth(low, high, value):
    t = min(max((value - low) / (high - low), np.float32(0)), np.float32(1))
    return t * t * (3 - 2 * t)


@njit(cache=True, error_model="numpy")
def _skinned(rest, normals, uv, scalp, footprint, zones, folds, noise, turn, smile, colours, numbers, moles):
    """The albedo (n, 3), the normal (n, 3) and the roughness (n,) of places on the skin."""
    count, size, one = len(rest), zones.shape[0], np.float32(1)
    albedo, normal = np.empty((count, 3), np.float32), np.empty((count, 3), np.float32)
    roughness = np.empty(count, np.float32)
    skin, lip, hair, shadow, palm, short = colours[0], colours[1], colours[2], colours[3], colours[4], colours[5]
    blush, freckles, old, stubble, brows, eyeshadow, liner = numbers[:7]
    mottling, pores, oil, tired, spots, gloss = numbers[7:13]
    zone, fold, mixed = np.empty(16, np.float32), np.empty(4, np.float32), np.empty(3, np.float32)
    for i in range(count):
        x, y = uv[i, 0] * size - 0.5, (1 - uv[i, 1]) * size - 0.5
        column, row = min(max(int(x), 0), size - 2), min(max(int(y), 0), size - 2)
        u, v = np.float32(x - column), np.float32(y - row)
        w00, w01, w10, w11 = (one - u) * (one - v), u * (one - v), (one - u) * v, u * v
        z00, z01, z10, z11 = (
            zones[row, column],
            zones[row, column + 1],
            zones[row + 1, column],
            zones[row + 1, column + 1],
        )
        for c in range(16):
            zone[c] = (w00 * z00[c] + w01 * z01[c] + w10 * z10[c] + w11 * z11[c]) * np.float32(1 / 255)
        f00, f01, f10, f11 = (
            folds[row, column],
            folds[row, column + 1],
            folds[row + 1, column],
            folds[row + 1, column + 1],
        )
        for c in range(4):
            fold[c] = (w00 * f00[c] + w01 * f01[c] + w10 * f10[c] + w11 * f11[c]) * np.float32(1 / 127)
        lips, inside, lid, rosy, beard, brow, nail, oily = zone[:8]
        fleck, hand, rim, hollow, under, shade, knuckle = zone[8:15]
        px, py, pz = rest[i, 0] + numbers[13], rest[i, 1] + numbers[14], rest[i, 2] + numbers[15]
        broad = value_at(noise, px * np.float32(120), py * np.float32(120), pz * np.float32(120))
        patch, dx, dy, dz = at(noise, px * np.float32(420), py * np.float32(420), pz * np.float32(420))
        near = min(max(np.float32(1.6) - footprint[i] * np.float32(1100), np.float32(0.12)), np.float32(1))
        fine, ex, ey, ez = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
        if near > 0.2:  # pores are as large as pixels
            fine, ex, ey, ez = at(noise, px * np.float32(1500), py * np.float32(1500), pz * np.float32(1500))
        lips = _smooth(np.float32(0.12), np.float32(0.85), lips + np.float32(0.05) * patch)
        own = one - max(lips, inside)

        red = (
            blush * rosy * (one + np.float32(0.25) * broad)
            + np.float32(0.8) * mottling * broad
            + np.float32(0.5) * mottling * patch
        )
        red *= own
        light = one + own * (
            mottling * np.float32(0.22) * broad + mottling * np.float32(0.32) * patch + np.float32(0.035) * near * fine
        )
        light *= one - np.float32(0.22) * shade
        mixed[0] = skin[0] * light * (one + np.float32(0.03) * red)
        mixed[1] = skin[1] * light * (one - np.float32(0.30) * red)
        mixed[2] = skin[2] * light * (one - np.float32(0.26) * red)
        dark = tired * under + np.float32(0.35) * lid + np.float32(0.25) * knuckle
        mixed[0] *= one - np.float32(0.16) * dark
        mixed[1] *= one - np.float32(0.30) * dark
        mixed[2] *= one - np.float32(0.24) * dark
        fleck = freckles * fleck
        if fleck > np.float32(0.03) or spots > np.float32(0.03):
            dots = value_at(noise, pz * np.float32(1100), px * np.float32(1100), py * np.float32(1100))
            fleck *= _smooth(np.float32(0.7), np.float32(1.9), dots + np.float32(0.5) * broad)
            fleck = max(fleck, spots * _smooth(np.float32(1.1), np.float32(2.4), np.float32(0.8) * patch + broad))
        for m in range(len(moles)):
            away = (rest[i, 0] - moles[m, 0]) ** 2 + (rest[i, 1] - moles[m, 1]) ** 2 + (rest[i, 2] - moles[m, 2]) ** 2
            if away < moles[m, 3] ** 2 * 4:
                fleck = max(fleck, one - _smooth(np.float32(0.7), np.float32(1.7), np.sqrt(away) / moles[m, 3]))
        fleck *= own
        mixed[0] *= one - np.float32(0.42) * fleck
        mixed[1] *= one - np.float32(0.58) * fleck
        mixed[2] *= one - np.float32(0.62) * fleck
        deep = min(old + np.float32(0.35) * smile * rosy, np.float32(1.3)) * max(fold[3], np.float32(0)) * own
        mixed[0] *= one - np.float32(0.22) * deep
        mixed[1] *= one - np.float32(0.34) * deep
        mixed[2] *= one - np.float32(0.34) * deep
        roots = np.float32(0.8) + np.float32(0.14) * fine * near
        share = max(stubble * beard * np.float32(0.5) * roots * own, brows * brow)
        covered = min(scalp[i] * np.float32(0.85) * roots, one)
        edge = min(liner * rim * np.float32(1.3), np.float32(0.95))
        tint = max(eyeshadow * lid, np.float32(0)) * (one - rim)
        bare = one - np.float32(0.85) * hollow
        for c in range(3):
            value = mixed[c] + hand * (palm[c] - mixed[c]) * own
            value += tint * np.float32(0.7) * (shadow[c] - value)
            value += lips * (lip[c] * (one + np.float32(0.10) * patch) - value)
            value += nail * np.float32(0.55) * (palm[c] * np.float32(1.15) - value)
            value += share * (short[c] - value)
            value += covered * (hair[c] - value)
            value += edge * (np.float32(0.4) * short[c] - value)
            value *= bare
            value += inside * (np.float32(0.10 if c == 0 else 0.018) - value)
            albedo[i, c] = min(max(value, np.float32(0)), np.float32(1))

        rough = pores * near * own * (one - np.float32(0.8) * nail) * np.float32(0.10)
        coarse = (np.float32(0.03) + np.float32(0.03) * old) * own
        gx, gy, gz = rough * ex + coarse * dx, rough * ey + coarse * dy, rough * ez + coarse * dz
        strength = min(old + np.float32(0.25) * smile * rosy, np.float32(1.3)) * np.float32(2.0) * own
        sx, sy, sz = fold[0] * strength, fold[1] * strength, fold[2] * strength
        for c in range(3):
            mixed[c] = turn[c, 0] * (sx + gx) + turn[c, 1] * (sy + gy) + turn[c, 2] * (sz + gz)
        along = mixed[0] * normals[i, 0] + mixed[1] * normals[i, 1] + mixed[2] * normals[i, 2]
        length = np.float32(0)
        for c in range(3):
            normal[i, c] = normals[i, c] - (mixed[c] - along * normals[i, c])
            length += normal[i, c] ** 2
        length = np.sqrt(length) + np.float32(1e-6)
        for c in range(3):
            normal[i, c] /= length
        value = np.float32(0.52) - np.float32(0.15) * oil * oily + np.float32(0.03) * patch
        value += lips * (np.float32(0.45) - np.float32(0.2) * gloss - value)
        value += max(nail, inside) * (np.float32(0.3) - value)
        roughness[i] = min(max(value, np.float32(0.15)), np.float32(1))
    return albedo, normal, roughness
