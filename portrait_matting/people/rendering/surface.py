"""What a scene is made of: surfaces of triangles, each with its look."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np


class Samples(NamedTuple):
    """Points of one surface that the camera sees, n of them, float32.

    Attributes:
        position: (n, 3), metres, in the room.
        normal: (n, 3), of length 1, towards the camera's side.
        rest: (n, 3), metres, where the point is in the rest pose: patterns and folds that are fixed there move with
            the body.
        uv: (n, 2) in the surface's map; zeros where it has none.
        colour: (n, 3), of the surface's vertices; ones where they have none.
        hem: (n,), metres from the surface's edge; inf where it has none.
        footprint: (n,), metres that a pixel of the picture spans there.
    """

    position: np.ndarray
    normal: np.ndarray
    rest: np.ndarray
    uv: np.ndarray
    colour: np.ndarray
    hem: np.ndarray
    footprint: np.ndarray


class Appearance(NamedTuple):
    """How points look before light falls on them, float32.

    Attributes:
        albedo: (n, 3), linear RGB in [0, 1].
        normal: (n, 3), of length 1: that of the surface with its bumps.
        specular: (n,) or a number, how much light is thrown back as by a mirror, at normal incidence: 0.04 of most
            things; 0 of cloth.
        roughness: (n,) or a number in (0, 1], of the microfacets (GGX).
        wrap: in [0, 1), how far light reaches round into the shade, as it does in skin.
        sheen: how much brighter cloth is at grazing angles.
    """

    albedo: np.ndarray
    normal: np.ndarray
    specular: np.ndarray | float = 0.04
    roughness: np.ndarray | float = 0.6
    wrap: float = 0.0
    sheen: float = 0.0


Look = Callable[[Samples], Appearance]


@dataclass(frozen=True)
class Surface:
    """Triangles with a look; V vertices, T triangles.

    Attributes:
        points: float32 (V, 3), metres, in the room.
        triangles: int32 (T, 3).
        normals: float32 (V, 3), of length 1.
        look: what its points look like.
        rest: float32 (V, 3), its points in the rest pose; None: `points`.
        corners: float32 (T, 3, 2), where the corners of triangles are in a map; None: it has none.
        colours: float32 (V, 3), linear RGB; None: white.
        hem: float32 (V,), metres from an edge along the surface: it is cut smoothly where this falls below 0, within
            triangles, as scissors would; None: it is whole.
        opacity: of what stands behind it, this share is hidden, in (0, 1]: glasses, gauze.
        casts: whether it throws a shadow.
    """

    points: np.ndarray
    triangles: np.ndarray
    normals: np.ndarray
    look: Look
    rest: np.ndarray | None = None
    corners: np.ndarray | None = None
    colours: np.ndarray | None = None
    hem: np.ndarray | None = None
    opacity: float = 1.0
    casts: bool = True

    def kept(self, chosen: np.ndarray) -> "Surface":
        """The surface of some of its triangles alone, `chosen` a mask (T,)."""
        corners = None if self.corners is None else self.corners[chosen]
        return replace(self, triangles=np.ascontiguousarray(self.triangles[chosen]), corners=corners)


@dataclass(frozen=True)
class Strands:
    """Hairs, or tufts of a few: S strands of K points each.

    Attributes:
        points: float32 (S, K, 3), metres, in the room, from root to tip.
        radius: float32 (S,), metres, at the root; they taper to the tip.
        colours: float32 (S, K, 3), linear RGB of the hair itself.
        shine: how bright the highlight along the hairs is.
        normals: float32 (S, K, 3), away from the body, of length 1; None: up.
    """

    points: np.ndarray
    radius: np.ndarray
    colours: np.ndarray
    shine: float = 0.12
    normals: np.ndarray | None = None
