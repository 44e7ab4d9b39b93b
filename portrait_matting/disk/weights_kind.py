"""Why a file cannot be read as weights: what it is, and the cure. Nothing in it is run, nor unpickled."""

import re
import zipfile
from pathlib import Path

from portrait_matting.disk.file_kind import file_kind

_ARCHIVES = ("gzip", "bzip2", "xz", "Zstandard", "7-Zip", "RAR", "tar")
_WEIGHTS = (".ckpt", ".pt", ".pth", ".bin")
# What a name says where the first bytes say nothing.
_BY_NAME = {
    ".onnx": "an ONNX model",
    ".h5": "a Keras file",
    ".keras": "a Keras file",
    ".tflite": "a TensorFlow Lite model",
    ".pb": "a TensorFlow graph",
    ".mlmodel": "a Core ML model",
    ".engine": "a TensorRT engine",
    ".trt": "a TensorRT engine",
}
_LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # torch.serialization.MAGIC_NUMBER, pickled: files before 1.6
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_PICKLES = 16_000_000  # bytes of a file before torch 1.6 that its pickles are looked for in; tensors come behind them
_REFUSED = re.compile(r"GLOBAL (\S+) was not")  # how torch's weights_only names what it does not make
_OURS = "the .ckpt of a run, or weights of the reference project, such as u2net.pth"
_SAVE = "where the network was made, save torch.save(net.state_dict(), FILE)"


def why_no_weights(path: Path, error: Exception) -> str:
    """What a file is that `torch.load` refused, and what to do, as the end of a sentence that begins with its path.

    Args:
        path: the file, which can be read and is not empty.
        error: what `torch.load` raised.
    """
    if zipfile.is_zipfile(path) and (reason := _of_zip(path, error)):
        return reason
    kind = file_kind(path) or _BY_NAME.get(path.suffix.lower())
    if kind == "a zip archive":
        kind = None  # cut off: its list of contents is at the end
    if kind is None:
        return _of_pickle(path, error) or (f"is no checkpoint, or is truncated ({type(error).__name__}): copy it again")
    if any(f" {archive} " in kind for archive in _ARCHIVES):
        return f"is {kind}, no checkpoint: unpack it, and give the weights in it"
    if kind.startswith("an ONNX") and "u2net" in path.name:
        return f"is {kind}, no checkpoint: give the reference project's u2net.pth (github.com/xuebinqin/U-2-Net)"
    if kind.startswith("a Git LFS pointer"):
        return f"is {kind}: run git lfs pull in its repository"
    if kind.startswith("an HTML page"):
        return f"is {kind}, no checkpoint: download the file itself again"
    return f"is {kind}, no checkpoint: give {_OURS}"


def _of_zip(path: Path, error: Exception) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            pickles = [archive.read(name) for name in names if name.endswith("/data.pkl") or name == "data.pkl"]
    except Exception as broken:  # what zipfile raises on damaged bytes is no closed list
        return f"is a damaged zip archive ({type(broken).__name__}), as checkpoints are: copy it again"
    if any(name.endswith(("/constants.pkl", "constants.pkl")) for name in names):
        return f"is a TorchScript archive, which holds code beside its weights: {_SAVE}"
    if any(name.endswith(("/models/model.json", "serialized_exported_program.json")) for name in names):
        return f"is a program of torch.export, which holds more than weights: {_SAVE}"
    if pickles:
        return _of_objects(pickles[0], error)
    if any(name.endswith(".weights.h5") for name in names):
        return f"is a Keras file, no checkpoint: give {_OURS}"
    inside = next((name for name in names if name.lower().endswith(_WEIGHTS)), None)
    if inside is not None:
        return f"is a zip archive that holds {inside}: unpack it"
    some = ", ".join(names[:2]) + (", …" if len(names) > 2 else "")
    return f"is a zip archive ({some or 'empty'}), no checkpoint: give {_OURS}"


def _of_pickle(path: Path, error: Exception) -> str | None:
    with path.open("rb") as file:
        start = file.read(_PICKLES)
    if not _PICKLE.match(start):
        return None
    if reason := _of_objects(start, error):
        return reason
    return None if start.startswith(_LEGACY) else f"is a pickle that torch.save did not write, no checkpoint: {_SAVE}"


def _of_objects(pickled: bytes, error: Exception) -> str | None:
    """What holds more than tensors, numbers and texts; None where nothing of the kind is found."""
    refused = _REFUSED.search(str(error))
    name = f" ({refused[1]})" if refused else ""
    if b"_parameters" in pickled and b"_modules" in pickled:
        return f"is a whole pickled network{name}, no checkpoint, since it would run code when it is opened: {_SAVE}"
    if refused is None:
        return None
    lightning = b"pytorch-lightning_version" in pickled
    what = "is a Lightning checkpoint of another project, and" if lightning else "is no checkpoint of ours: it"
    return f"{what} holds Python objects{name}, which could run code: {_SAVE}"
