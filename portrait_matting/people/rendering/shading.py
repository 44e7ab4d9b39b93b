"""What light makes of surfaces: diffuse and specular reflection of points, many at a time."""

import numpy as np
from numba import njit

from portrait_matting.people.rendering.light import Light
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
    count = len(position)

    def each(value) -> np.ndarray:
        return np.ascontiguousarray(np.broadcast_to(np.asarray(value, np.float32), count))

    specular, roughness = each(look.specular), each(look.roughness)
    towards, mirrored = _directions(position, look.normal, eye.astype(np.float32))
    ambient = light.ambient(look.normal) * open_[:, None]
    found = look.albedo * ambient
    found += light.ambient(mirrored) * (open_ * specular * (1 - 0.6 * roughness))[:, None]
    if look.sheen:
        grazing = 1 - np.clip((towards * look.normal).sum(1), 0, 1)
        found += (look.sheen * grazing**4)[:, None] * ambient * (0.4 + 0.6 * look.albedo)
    for source, share in zip(light.sources, reached, strict=True):
        _add(
            found,
            look.albedo,
            look.normal,
            towards,
            specular,
            roughness,
            np.float32(look.wrap),
            source.direction.astype(np.float32),
            source.colour.astype(np.float32),
            share,
        )
    return found


@njit(cache=True, error_model="numpy")
def _directions(position, normal, eye):
    """Unit vectors towards the eye, and what they are mirrored to by the surface."""
    towards, mirrored = np.empty_like(position), np.empty_like(position)
    for i in range(position.shape[0]):
        length, facing = np.float32(1e-12), np.float32(0)
        for c in range(3):
            towards[i, c] = eye[c] - position[i, c]
            length += towards[i, c] * towards[i, c]
        for c in range(3):
            towards[i, c] /= np.sqrt(length)
            facing += towards[i, c] * normal[i, c]
        for c in range(3):
            mirrored[i, c] = 2 * facing * normal[i, c] - towards[i, c]
    return towards, mirrored


@njit(cache=True, error_model="numpy")
def _add(found, albedo, normal, towards, specular, roughness, wrap, direction, colour, share):
    """Adds the light of one source."""
    for i in range(found.shape[0]):
        if share[i] <= 0:
            continue
        facing = np.float32(0)
        for c in range(3):
            facing += normal[i, c] * direction[c]
        if facing + wrap * _FURTHEST <= 0:
            continue
        highlight = np.float32(0)
        if facing > 0 and specular[i] > 0:
            x, y, z = towards[i, 0] + direction[0], towards[i, 1] + direction[1], towards[i, 2] + direction[2]
            length = np.sqrt(x * x + y * y + z * z) + 1e-6
            half = (normal[i, 0] * x + normal[i, 1] * y + normal[i, 2] * z) / length
            across = (direction[0] * x + direction[1] * y + direction[2] * z) / length
            seen = normal[i, 0] * towards[i, 0] + normal[i, 1] * towards[i, 1] + normal[i, 2] * towards[i, 2]
            alpha = roughness[i] * roughness[i]
            spread = half * half * (alpha * alpha - 1) + 1
            facets = alpha * alpha / (spread * spread + 1e-7)  # pi times the distribution: colour has 1 / pi in it
            k = alpha / 2
            masking = 1 / ((facing * (1 - k) + k) * (max(seen, 0.05) * (1 - k) + k))
            fresnel = specular[i] + (1 - specular[i]) * (1 - min(max(across, 0.0), 1.0)) ** 5
            highlight = 0.25 * facets * masking * fresnel * facing
        for c in range(3):
            reach = wrap * np.float32(_RED[c])
            diffuse = max((facing + reach) / (1 + reach), 0.0)
            found[i, c] += share[i] * colour[c] * (albedo[i, c] * diffuse + highlight)
