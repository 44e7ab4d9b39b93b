"""What light makes of surfaces: diffuse and specular reflection of points, many at a time."""

import numpy as np
from numba import njit

from portrait_matting.people.rendering.light import Light, ambient_of
from portrait_matting.people.rendering.surface import Appearance

_RED = (1.25, 0.8, 0.7)  # red light gets further in skin than green and blue: the border of a shade is red
_FURTHEST = _RED[0]


def lit(
    look: Appearance, position: np.ndarray, eye: np.ndarray, light: Light, reached: list[np.ndarray], open_: np.ndarray
) -> np.ndarray:
    """The light that points send to the camera: linear RGB, float32 (n, 3), 0 or more.

    Lambert's law, with the light wrapped around in skin (Green, "Real-Time Approximations to Subsurface Scattering",
    GPU Gems, 2004); highlights of microfacets (GGX, Walter et al., EGSR 2007) with Schlick's Fresnel term.

    Args:
        look: how the points look.
        position: (n, 3), metres.
        eye: (3,), the camera's position.
        light: of the place.
        reached: of each source, the share of its light that reaches each point, (n,).
        open_: (n,), the share of the light from all around that does.
    """
    found = np.empty((len(position), 3), np.float32)
    lamps = len(light.sources)
    _lit(
        look.albedo,
        look.normal,
        position,
        eye.astype(np.float32),
        np.asarray(look.specular, np.float32).reshape(-1),
        np.asarray(look.roughness, np.float32).reshape(-1),
        np.float32(look.wrap),
        np.float32(look.sheen),
        open_,
        light.polynomial,
        light.directions,
        light.colours,
        np.array(reached, np.float32).reshape(lamps, len(position)),
        found,
    )
    return found


@njit(cache=True, error_model="numpy")
def _lit(
    albedo,
    normals,
    position,
    eye,
    speculars,
    roughnesses,
    wrap,
    sheen,
    open_,
    polynomial,
    directions,
    colours,
    reached,
    found,
):
    one, none = np.float32(1), np.float32(0)
    for i in range(position.shape[0]):
        n = normals[i, 0], normals[i, 1], normals[i, 2]
        specular, roughness = speculars[i if len(speculars) > 1 else 0], roughnesses[i if len(roughnesses) > 1 else 0]
        x, y, z = eye[0] - position[i, 0], eye[1] - position[i, 1], eye[2] - position[i, 2]
        length = np.sqrt(x * x + y * y + z * z + np.float32(1e-12))
        to = x / length, y / length, z / length
        seen = to[0] * n[0] + to[1] * n[1] + to[2] * n[2]
        twice = seen + seen
        ambient = ambient_of(n[0], n[1], n[2], polynomial)
        mirrored = ambient_of(twice * n[0] - to[0], twice * n[1] - to[1], twice * n[2] - to[2], polynomial)
        mirror = open_[i] * specular * (one - np.float32(0.6) * roughness)
        grazing = one - min(max(seen, none), one)
        velvet = sheen * (grazing * grazing) * (grazing * grazing)
        for c in range(3):
            own = albedo[i, c]
            bright = own + velvet * (np.float32(0.4) + np.float32(0.6) * own)
            found[i, c] = bright * ambient[c] * open_[i] + mirror * mirrored[c]
        for k in range(len(directions)):
            share, d = reached[k, i], (directions[k, 0], directions[k, 1], directions[k, 2])
            facing = n[0] * d[0] + n[1] * d[1] + n[2] * d[2]
            if share <= 0 or facing + wrap * np.float32(_FURTHEST) <= 0:
                continue
            highlight = _highlight(n, to, d, facing, seen, specular, roughness) if facing > 0 and specular > 0 else none
            for c in range(3):
                reach = wrap * np.float32(_RED[c])
                diffuse = max((facing + reach) / (one + reach), none)
                found[i, c] += share * colours[k, c] * (albedo[i, c] * diffuse + highlight)


@njit(cache=True, error_model="numpy")
def _highlight(normal, towards, direction, facing, seen, specular, roughness):
    """What of a lamp's light a surface throws back as a mirror would, of microfacets."""
    x, y, z = towards[0] + direction[0], towards[1] + direction[1], towards[2] + direction[2]
    one, length = np.float32(1), np.sqrt(x * x + y * y + z * z) + np.float32(1e-6)
    half = (normal[0] * x + normal[1] * y + normal[2] * z) / length
    across = (direction[0] * x + direction[1] * y + direction[2] * z) / length
    alpha = roughness * roughness
    spread = half * half * (alpha * alpha - one) + one
    facets = alpha * alpha / (spread * spread + np.float32(1e-7))  # pi times the distribution: colour has 1 / pi in it
    k = alpha * np.float32(0.5)
    masking = one / ((facing * (one - k) + k) * (max(seen, np.float32(0.05)) * (one - k) + k))
    missed = one - min(max(across, np.float32(0)), one)
    fresnel = specular + (one - specular) * (missed * missed) * (missed * missed) * missed
    return np.float32(0.25) * facets * masking * fresnel * facing
