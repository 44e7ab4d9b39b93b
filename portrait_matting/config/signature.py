"""What the code that a recipe names takes: its parameters, their types, and whether a value is of one."""

import inspect
import types
import typing
from collections.abc import Callable
from importlib import import_module
from typing import Any

from pydantic import ConfigDict, PydanticSchemaGenerationError, TypeAdapter, ValidationError

from portrait_matting.config.path_keys import is_path
from portrait_matting.errors import InputError


def locate(key: str, target: str) -> Callable:
    """The function or class that the value `target` of a key names.

    Raises:
        InputError: there is none.
    """
    module, _, name = target.rpartition(".")
    try:
        return getattr(import_module(module), name)
    except (ModuleNotFoundError, AttributeError, ValueError) as error:
        raise InputError(f"{key}={target} cannot be found ({error}): give package.module.Class") from error


def wanted_by(target: Callable) -> tuple[dict[str, Any], bool]:
    """The parameters of a function or class with their types, and whether it takes others besides.

    What a class hands to its bases through **arguments counts as its own.
    """
    makers = (
        [cls.__init__ for cls in target.__mro__ if "__init__" in vars(cls)] if inspect.isclass(target) else [target]
    )
    wanted: dict[str, Any] = {}
    for maker in makers:
        parameters = inspect.signature(maker).parameters
        try:
            hints = typing.get_type_hints(maker)
        except (NameError, TypeError, AttributeError):  # a library's annotation that cannot be evaluated
            hints = {}
        wanted = {name: hints.get(name, Any) for name in parameters if name != "self"} | wanted
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
            return wanted, False
    return wanted, True


def check_value(key: str, value: Any, wanted: Any) -> None:
    """Checks a key's value against a type, strictly; a type that pydantic has no schema for takes all.

    Raises:
        InputError: names the key, the value and the type that is wanted.
    """
    try:
        adapter = TypeAdapter(wanted, config=ConfigDict(arbitrary_types_allowed=True, strict=False))
    except PydanticSchemaGenerationError:
        return
    try:
        adapter.validate_python(value, strict=True)
    except ValidationError as error:
        if isinstance(value, list):  # YAML has no tuples
            try:
                adapter.validate_python(tuple(value), strict=True)
                return
            except ValidationError:
                pass
        if isinstance(value, dict):  # one of its values, rather than all of them
            for inner in _of_dicts(wanted):
                for name, item in value.items():
                    check_value(f"{key}.{name}", item, inner)
        name = _name(wanted)
        if is_path(key):
            shown = "null" if value is None else value
            raise InputError(
                f"{key}={shown} is no path: give one. A name that is a number or null goes in quotes in a file, and on "
                f"the command line as {key}=./{shown}"
            ) from error
        quoted = f", such as {key}=\"'{value}'\"" if wanted is str else ""
        raise InputError(f"{key}={value!r} is a {type(value).__name__}; give {name}{quoted}") from error


def _of_dicts(wanted: Any) -> list[Any]:
    """Of which types the values are, of the dictionaries that a type takes."""
    if typing.get_origin(wanted) in (typing.Union, types.UnionType):
        return [found for choice in typing.get_args(wanted) for found in _of_dicts(choice)]
    return [typing.get_args(wanted)[1]] if typing.get_origin(wanted) is dict else []


def _name(wanted: Any) -> str:
    if typing.get_origin(wanted) is typing.Literal:
        choices = typing.get_args(wanted)
        return repr(choices[0]) if len(choices) == 1 else f"one of {', '.join(map(repr, choices))}"
    if typing.get_origin(wanted) in (typing.Union, types.UnionType):
        return " or ".join(map(_name, typing.get_args(wanted)))
    if wanted is type(None):
        return "null"
    if wanted is bool:
        return "true or false"
    return wanted.__name__ if inspect.isclass(wanted) else str(wanted).replace("typing.", "")
