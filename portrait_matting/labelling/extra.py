"""The way to the libraries that run foreign networks, which the extra `label` brings: not everybody has them."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

from portrait_matting.errors import InputError

_PACKAGES = {"onnxruntime": "onnxruntime", "ai_edge_litert": "ai-edge-litert"}


def load(module: str, path: Path) -> ModuleType:
    """A module of one of these libraries.

    Args:
        module: its name.
        path: of the network that needs it.

    Raises:
        InputError: it is not installed, or cannot be loaded.
    """
    package = _PACKAGES[module.partition(".")[0]]
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise InputError(
            f'{path} needs {package}, which is not installed: pip install "portrait-matting[label]"'
        ) from error
    except ImportError as error:
        raise InputError(
            f"{path} needs {package}, which cannot be loaded ({error}): pip install --force-reinstall {package}"
        ) from error
