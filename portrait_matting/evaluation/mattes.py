"""Where the mattes that are scored come from: a network, or a folder that any tool filled."""

import os
import re
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import torch

from portrait_matting import checkpoint
from portrait_matting.data.alpha_facts import alpha_facts
from portrait_matting.data.alpha_verdict import judge_mattes
from portrait_matting.data.picture_files import find_pictures
from portrait_matting.data.truth import sample
from portrait_matting.disk.home import expand
from portrait_matting.errors import InputError
from portrait_matting.evaluation.matte_file import read_matte
from portrait_matting.matte.predictor import Predictor
from portrait_matting.matte.resolution import to_size
from portrait_matting.models.network import check_input_size
from portrait_matting.reporting.short_names import tails

SUFFIXES = (".png", ".webp", ".tif", ".tiff")
_JPEG = (".jpg", ".jpeg")
_RUN = re.compile(r"(?:\d{4}-\d\d-\d\d/\d\d-\d\d-\d\d(?:/\d+)?|[^/]+)$")  # DATE/TIME, DATE/TIME/JOB, or any folder


class Mattes(Protocol):
    """One candidate. `name` is what tables call it, `source` where it is."""

    name: str
    source: str

    def missing(self, names: list[str]) -> list[str]:
        """Of the portraits `names` (stems), those that it has no matte for. Raises InputError where that is all."""
        ...

    def __call__(self, names: list[str], images: list[np.ndarray], sizes: list[tuple[int, int]]) -> list[np.ndarray]:
        """The mattes of some portraits, each float32 (H, W) in [0, 1] at the size (height, width) asked for.

        `images` are the photos, uint8 RGB (H, W, 3).

        Raises:
            InputError: a matte is broken, or of another size.
        """
        ...


class NetworkMattes:
    """The mattes of a checkpoint's network, which sees photos as in training.

    One photo goes through the network at a time, so that no matte depends on which others it is scored with: on a CPU,
    batches of 4 and 8 moved U²-Net's mattes by up to 6e-8, and were no faster.

    Args:
        path: a checkpoint of ours, or a state dict of the reference project.
        device: cpu or cuda.
        precision: what the network computes in; the mattes are float32 in any case.
        input_size: side in pixels of the square that the network sees; None: as it was trained.

    Raises:
        InputError: no checkpoint, an input size that the network does not take, or no CUDA card.
    """

    def __init__(
        self,
        path: str | Path,
        device: Literal["cpu", "cuda"] = "cpu",
        precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true",
        input_size: int | None = None,
    ) -> None:
        restored = checkpoint.load(path)
        input_size = restored.input_size if input_size is None else input_size
        check_input_size(restored.net, input_size)
        if device == "cuda" and not torch.cuda.is_available():
            raise InputError(
                "hardware.accelerator=cuda but no CUDA card can be used: choose cpu, or install a CUDA build of torch"
            )
        self.name, self.source, self.input_size, self.config = (
            _checkpoint_name(Path(path)),
            str(path),
            input_size,
            restored.config,
        )
        self.predictor = Predictor(
            restored.net, input_size, device, precision, normalisation=restored.normalisation, name=self.source
        )

    def missing(self, names: list[str]) -> list[str]:
        return []

    def __call__(self, names: list[str], images: list[np.ndarray], sizes: list[tuple[int, int]]) -> list[np.ndarray]:
        return [self._matte(image, size) for image, size in zip(images, sizes, strict=True)]

    def _matte(self, image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        [matte] = self.predictor([image])
        return to_size(torch.from_numpy(matte)[None], *size)[0].numpy()


class FolderMattes:
    """The mattes in a folder, found by the portraits' names: PNG, WebP or TIFF, each as `read_matte` reads it.

    A portrait that lies in a folder of its own, `anna/1.jpg`, has its matte in one too, `anna/1.png`, as predict writes
    it. Hidden files do not count, nor JPEGs beside mattes.

    Raises:
        InputError: no folder, no matte in it, or two of one stem.
    """

    def __init__(self, path: str | Path) -> None:
        folder = expand(path)
        if not folder.is_dir():
            raise InputError(f"{path} is not a folder: give the one that holds the mattes")
        self.name, self.source = _parts(folder)[-1], str(path)
        found = find_pictures(folder, SUFFIXES)
        self.folder, self.files = folder, found.files
        if not self.files and any(file.suffix.lower() in _JPEG for file in found.unread.values()):
            raise InputError(f"{path} holds JPEGs, which are lossy and hold no mattes: save the mattes as PNG")
        if not self.files:
            raise InputError(f"{path} holds no matte: give a folder with files in {', '.join(SUFFIXES)}")

    def missing(self, names: list[str]) -> list[str]:
        lacking = [name for name in names if name not in self.files]
        if len(lacking) == len(names):
            held = _some([file.relative_to(self.folder).as_posix() for file in self.files.values()])
            raise InputError(
                f"no matte in {self.source} has the name of a portrait: it holds {held}, the portraits are "
                f"{_some(names)}"
            )
        return lacking

    def check(self, names: list[str]) -> None:
        """Looks at a sample of the mattes of some portraits.

        Raises:
            InputError: they are class masks, which a network's mattes, however faint, are not.
        """
        there = [self.files[name] for name in names if name in self.files]
        facts = []
        for index in sample(len(there)):
            with suppress(InputError):  # said when it is scored
                facts.append(alpha_facts(read_matte(there[index])))
        judge_mattes(facts, f"predictions={self.source}: of {len(facts)} mattes looked at ({len(there):,} in all)")

    def __call__(self, names: list[str], images: list[np.ndarray], sizes: list[tuple[int, int]]) -> list[np.ndarray]:
        return [self._matte(name, *size) for name, size in zip(names, sizes, strict=True)]

    def _matte(self, name: str, height: int, width: int) -> np.ndarray:
        matte = read_matte(self.files[name])
        if matte.shape != (height, width):
            raise InputError(
                f"{self.files[name]} is {matte.shape[1]}x{matte.shape[0]} but the portrait is {width}x{height}: save "
                "the matte at the photo's own size"
            )
        return matte


def name_apart(mattes: list[Mattes]) -> list[str]:
    """The candidates' names, each different: those of equal names get what differs in their paths, "mattes (a)"."""
    names = [candidate.name for candidate in mattes]
    for name, count in Counter(names).items():
        if count > 1:
            alike = [index for index, other in enumerate(names) if other == name]
            for index, where in zip(alike, _differing([mattes[index].source for index in alike]), strict=True):
                names[index] = f"{name} ({where})"
    return names


def _differing(sources: list[str]) -> list[str]:
    """The shortest piece of each path that tells them apart; of one path given twice, its number."""
    paths = [_parts(Path(source)) for source in sources]
    if len(set(paths)) < len(paths):
        return [str(number) for number, _ in enumerate(paths, start=1)]
    while len({path[-1] for path in paths}) == 1:
        paths = [path[:-1] for path in paths]
    return tails(["/".join(path) for path in paths], "/", even=True)


def _checkpoint_name(path: Path) -> str:
    folder = expand(path).parent
    if folder.name != "checkpoints":
        return path.stem
    run = _RUN.search("/".join(_parts(folder.parent)))[0]
    return run if path.stem == "best" else f"{run} {path.stem}"


def _parts(path: Path) -> tuple[str, ...]:
    return Path(os.path.abspath(expand(path))).parts


def _some(names: list[str]) -> str:
    return ", ".join([*names[:3], *["…"] * (len(names) > 3)])
