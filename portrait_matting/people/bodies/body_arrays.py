"""What all bodies have in common, as arrays."""

import json
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np

from portrait_matting.people.bodies.blend import moved_by


@dataclass(frozen=True)
class BodyData:
    """What all bodies have in common. V vertices, B bones, N shapes; metres, z up, the face looks along -y, x is left.

    Attributes:
        template: float32 (V, 3).
        shapes: int16 (N, V, 3): what a shape moves each vertex by, times `steps` (N,) float32.
        joints: float32 (B, 3): where bones begin, in the template; `joint_shapes` (N, B, 3) moves them.
        weights: float32 (V, K), of each vertex to its `weight_bones` int16 (V, K), falling; they sum to 1.
        parents: int16 (B,), each less than its bone's own index, -1 of the root.
        factors: uint8 (P, 26): of the first P shapes, of which variations its coefficient is the product.
        uv: float32 (U, 2) in [0, 1], v up: MakeHuman's map.
        masks: uint8 (M, 1024, 1024), 0 to 255: parts of the body in that map, the first row at v = 1.
        labels: names: "bones" (B), "shapes" (N), "meshes" (below), "masks" (M).
        meshes: of each mesh, by name: "triangles" int32 (T, 3) of vertices and "corners" int32 (T, 3) of `uv`.
    """

    template: np.ndarray
    shapes: np.ndarray
    steps: np.ndarray
    joints: np.ndarray
    joint_shapes: np.ndarray
    weights: np.ndarray
    weight_bones: np.ndarray
    parents: np.ndarray
    factors: np.ndarray
    uv: np.ndarray
    masks: np.ndarray
    labels: dict[str, list[str]]
    meshes: dict[str, tuple[np.ndarray, np.ndarray]]

    @cached_property
    def skin_corners(self) -> np.ndarray:
        """Where the corners of the body's triangles are in the map: float32 (T, 3, 2)."""
        return np.ascontiguousarray(self.uv[self.meshes["body"][1]], np.float32)

    @cached_property
    def texels(self) -> np.ndarray:
        """Where the vertices of the body's mesh are in the masks: int64 (V, 2), rows and columns."""
        triangles, corners = self.meshes["body"]
        size = self.masks.shape[1]
        found = np.zeros((len(self.template), 2), np.int64)
        found[triangles.ravel()] = np.clip(self.uv[corners.ravel(), ::-1] * (-size, size) + (size, 0), 0, size - 1)
        return found

    @cached_property
    def moved(self) -> tuple[np.ndarray, np.ndarray]:
        """What each shape moves, as `blend` needs it: the shapes are gone through once, a tenth of a second."""
        return moved_by(self.shapes)

    @cached_property
    def shape_numbers(self) -> dict[str, int]:
        """The number of each shape by its name."""
        return {name: number for number, name in enumerate(self.labels["shapes"])}

    @cached_property
    def _bone_numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.labels["bones"])}

    def bone(self, name: str) -> int:
        try:
            return self._bone_numbers[name]
        except KeyError:
            raise ValueError(f"the skeleton has no bone {name}") from None

    def mask(self, name: str) -> np.ndarray:
        return self.masks[self.labels["masks"].index(name)]


ARRAYS = tuple(field.name for field in fields(BodyData) if field.name not in ("labels", "meshes"))
"""Names of files, besides those of the meshes and the labels."""


def read_body_data(folder: Path, mode: str | None = None) -> BodyData:
    """The body data of a folder; its largest arrays, or with the mode "r" all of them, are mapped and not read."""
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))

    def array(name: str) -> np.ndarray:
        return np.load(folder / f"{name}.npy", mmap_mode="r" if name in ("shapes", "masks") else mode)

    meshes = {name: (array(f"{name}_triangles"), array(f"{name}_corners")) for name in labels["meshes"]}
    return BodyData(**{name: array(name) for name in ARRAYS}, labels=labels, meshes=meshes)
