"""What skin looks like at one place after another: its zones, its grain and a person's traits put together."""

import numpy as np
from numba import njit

from portrait_matting.people.faces.grain import at, value_at


@njit(cache=True, inline="always")
def _smooth(low, high, value):
    t = min(max((value - low) / (high - low), np.float32(0)), np.float32(1))
    return t * t * (3 - 2 * t)


@njit(cache=True, error_model="numpy")
def paint_skin(rest, normals, uv, scalp, footprint, zones, folds, noise, turn, smile, colours, numbers, moles):
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
