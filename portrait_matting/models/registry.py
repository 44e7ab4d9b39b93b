"""Which networks there are, and how one is built from the model group of a recipe, also of a recipe in a file.

A checkpoint names its network. What a file names is built only if it is a network of a module listed here, or of one
that the user has vouched for, so that no file can have anything else called.
"""

import inspect
import os
import typing
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from torch import Tensor

from portrait_matting.errors import InputError
from portrait_matting.models.network import ForeignWeights, Network

MODULES = [
    "portrait_matting.models.u2net",
]
"""The modules of our networks: a new one is a line here."""
ENTRY_POINTS = "portrait_matting.networks"
"""Packages that bring networks name their modules in this group of entry points."""
VARIABLE = "PORTRAIT_MATTING_NETWORKS"
"""In the environment: further modules, with commas between them."""
OPTIONS = ("weights", "normalisation")
"""Keys of the model group that are not the network's arguments."""

Build = Callable[..., Network]
_vouched: set[str] = set()


def build(model: Mapping[str, Any]) -> Network:
    """The network that the model group of a recipe describes, with random weights.

    Raises:
        InputError: `_target_` is no network, or an argument is none that it takes.
    """
    target = str(model.get("_target_"))
    make = find(target)
    arguments = {key: value for key, value in model.items() if key != "_target_" and key not in OPTIONS}
    for key, value in arguments.items():
        if not _is_plain(value):
            raise InputError(f"model.{key}={value!r} is no number, string, or list of them")
    try:
        inspect.signature(make).bind(**arguments)
    except TypeError as error:
        raise InputError(f"model._target_={target}: {error}") from error
    return make(**arguments)


def find(target: str) -> Build:
    """The class or function that builds a network, by its dotted name.

    Raises:
        InputError: it is in none of the modules that may be built from, or builds no network.
    """
    module, _, name = target.rpartition(".")
    if module not in allowed():
        raise InputError(
            f"model._target_={target} is no network of {', '.join(allowed())}: if you trust the module {module!r}, set "
            f"{VARIABLE}={module} in the environment"
        )
    try:
        make = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError(f"model._target_={target} cannot be found ({error})") from error
    if not builds_network(make):
        raise InputError(
            f"model._target_={target} builds no network: give a subclass of {Network.__module__}.{Network.__name__}, "
            "or a function that is annotated to return one"
        )
    return make


def allowed() -> list[str]:
    """The modules whose networks may be built, also when a file names them."""
    variable = [name.strip() for name in os.environ.get(VARIABLE, "").split(",")]
    installed = [point.value.partition(":")[0] for point in entry_points(group=ENTRY_POINTS)]
    return list(dict.fromkeys([*MODULES, *installed, *filter(None, variable), *sorted(_vouched)]))


def vouch(target: str) -> None:
    """Lets this process build networks of the module that `target` lies in: what a person names on the command line,
    such as model._target_=my_networks.build, is meant to be run.
    """
    _vouched.add(target.rpartition(".")[0])


def builds_network(make: Any) -> bool:
    """Whether calling `make` gives a network, as far as can be told without calling it."""
    if inspect.isclass(make):
        return issubclass(make, Network)
    if not inspect.isfunction(make):
        return False
    try:
        made = typing.get_type_hints(make).get("return")
    except (NameError, TypeError):  # an annotation that cannot be evaluated
        return False
    return inspect.isclass(made) and issubclass(made, Network)


def read_foreign(state: Mapping[str, Tensor]) -> ForeignWeights | None:
    """The weights of another project's state dict as one of our networks takes them; None where none does."""
    return next((found for network in networks() if (found := network.foreign_weights(state))), None)


def networks() -> Iterator[type[Network]]:
    """The classes of the networks that may be built."""
    for module in allowed():
        try:
            imported = import_module(module)
        except ImportError as error:
            raise InputError(
                f"the networks of {module} cannot be imported ({error}): mend {VARIABLE}, or the package whose "
                "entry point names it"
            ) from error
        for _, network in inspect.getmembers(imported, inspect.isclass):
            if issubclass(network, Network) and network.__module__ == module:
                yield network


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)
