"""The command line of a recipe, put so that Hydra reads what was meant, or refused in one line that shows it right."""

import difflib
import re
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from hydra._internal.utils import get_args_parser  # Hydra's flags are said nowhere else
from hydra.errors import ConfigCompositionException
from omegaconf.errors import ConfigAttributeError, ConfigKeyError

from portrait_matting.cli.arguments import nearest
from portrait_matting.cli.shell import hydra_quoted, word
from portrait_matting.config.known_keys import known_keys, right_key
from portrait_matting.config.path_keys import LISTS, empty, is_path
from portrait_matting.config.path_value import parsed, read_path
from portrait_matting.config.place import CONF_DIR
from portrait_matting.disk.home import expand_text
from portrait_matting.errors import InputError

_WITH_PATH = ("--config-dir", "-cd", "--config-path", "-cp", "--experimental-rerun")
_WITH_VALUE = (*_WITH_PATH, "--config-name", "-cn", "--cfg", "-c", "--package", "-p")
_OVERRIDE = re.compile(r"(?P<sign>\+\+|\+|~)?(?P<key>[^\s=+~][^\s=]*)=(?P<value>.*)", re.DOTALL)

_OPEN = "data.sources."
"""Below here names are the user's own, and keys those of many kinds of data: `config.mix_sources` knows which."""

_OF_TRAINING = ("data", "augment", "trainer", "learning_rate", "logger", "callbacks")
"""Groups of a training that decide nothing about what fits on a card."""


def run(main: Callable[[], None], recipe: str) -> None:
    """Runs what `hydra.main` made, by the command line as `read_command_line` puts it.

    Raises:
        InputError: of `read_command_line`, or a key that the recipe has not, with the one that is meant.
    """
    given = sys.argv
    sys.argv = [given[0], *read_command_line(given[1:], recipe)]
    try:
        main()
    except ConfigCompositionException as error:
        key = getattr(error.__cause__, "full_key", None)
        if isinstance(error.__cause__, ConfigKeyError | ConfigAttributeError) and (cure := _cure(str(key), recipe)):
            raise InputError(f"{key} is no key of the recipe: {cure}") from error
        raise
    finally:
        sys.argv = given


def read_command_line(arguments: Sequence[str], recipe: str = "train") -> list[str]:
    """Arguments for Hydra: overrides first, each as `read_overrides` puts it, then flags, with homes for `~`.

    Hydra itself takes no override after a flag that comes after an override.

    Raises:
        InputError: an unknown flag, or what is no override.
    """
    overrides, flags = _apart(arguments, recipe)
    parser = get_args_parser()
    parser.error = _refuse  # type: ignore[method-assign]
    sweep = parser.parse_args(flags).multirun or any("hydra.mode=MULTIRUN" in each for each in overrides)
    return [*read_overrides(overrides, sweep, recipe), *flags]


def read_overrides(overrides: Sequence[str], sweep: bool = False, recipe: str = "train") -> list[str]:
    """Overrides as Hydra is to read them: where a key holds a path, what was typed is the path.

    Args:
        overrides: as the shell, or a notebook, left them.
        sweep: whether they are of many runs: commas then part values, of paths too.
        recipe: whose keys those are that are meant by others.

    Raises:
        InputError: what is no override; it shows the nearest right one.
    """
    for place, text in enumerate(overrides):
        if not text.startswith("~") and not _OVERRIDE.fullmatch(text):
            raise InputError(_no_override(overrides, place, recipe))
        if text.endswith("=") and place + 1 < len(overrides) and "=" not in (value := overrides[place + 1]):
            raise InputError(f"{text} {value} has a space after =: give {word(text + value)}")
    _refuse_two_of_one_name(overrides)
    for text in overrides if recipe == "plan" else ():
        if (group := text.partition("=")[0]) in _OF_TRAINING:
            raise InputError(f"{text}: a plan depends on no {group}: leave it out here, and give it to train")
    return [_read(text, sweep) for text in overrides]


def _refuse_two_of_one_name(overrides: Sequence[str]) -> None:
    """Two sources of one name would be one, with what was said last."""
    said: dict[str, str] = {}
    for match in filter(None, map(_OVERRIDE.fullmatch, overrides)):
        key, value = match["key"], match["value"]
        if key.startswith(_OPEN) and said.setdefault(key, value) != value:
            raise InputError(f"{key} is given twice, {said[key]} and {value}: give every source a name of its own")


def _read(text: str, sweep: bool) -> str:
    match = _OVERRIDE.fullmatch(text)
    if match is None or match["sign"] == "~":
        return text
    key, name = match["key"], f"{match['sign'] or ''}{match['key']}"
    given = text
    if not match["sign"] and key.startswith(_OPEN):
        name, text = f"++{name}", f"++{text}"
    if is_path(key):
        try:
            return f"{name}={read_path(match['value'], key in LISTS, sweep)}"
        except ValueError:
            raise InputError(empty(key)) from None
    if (override := parsed(text)) is not None:
        if key.isidentifier() and (CONF_DIR / key).is_dir() and isinstance(override.value(), int | float):
            choices = sorted(file.stem for file in (CONF_DIR / key).glob("[!_]*.yaml"))
            raise InputError(f"{text} is no choice: give one of {', '.join(choices)}, or a key below {key}.")
        return text
    if parsed(f"{name}=1") is None:
        raise InputError(f"{given} has no key that a recipe could have: give KEY=VALUE, such as seed=1")
    right = word(f"{match['sign'] or ''}{key}={hydra_quoted(match['value'])}")
    raise InputError(f"{given} cannot be read: a value with such characters goes in quotes of its own, {right}")


def _no_override(overrides: Sequence[str], place: int, recipe: str) -> str:
    text = overrides[place]
    before = overrides[place - 1] if place else ""
    after, value = [*overrides[place + 1 :], "", ""][:2]
    key, sign, given = (part.strip() for part in text.partition("="))
    if sign and key and _OVERRIDE.fullmatch(right := f"{key}={given}"):
        return f"{text} has a space before =: give {word(right)}"
    if sign:
        return f"{text} has no key before =: give KEY=VALUE, such as seed=1"
    if after == "=":
        return f"{text} = {value} has spaces around =: give {word(f'{text}={value}')}"
    if after.startswith("="):
        return f"{text} {after} has a space before =: give {word(text + after)}"
    quoted = f"{text} is no KEY=VALUE: if it belongs to what stands before it, quote both, {word(f'{before} {text}')}"
    if (previous := _OVERRIDE.fullmatch(before)) and is_path(previous["key"]):
        return quoted
    keys = list(known_keys(recipe))
    name, colon, given = text.partition(":")
    if colon and (right := right_key(name, keys)):
        return f"{text} has a colon for =: give {word(f'{right}={given.strip()}')}"
    if right := right_key(text, keys):
        return f"{text} has no =: give {word(f'{right}={_value(after)}')}"
    if previous:
        return quoted
    return f"{text} is no KEY=VALUE: give one, such as seed=1; --help lists the choices"


def _apart(arguments: Sequence[str], recipe: str) -> tuple[list[str], list[str]]:
    """Overrides and flags, each flag with its value."""
    overrides, flags, left = [], [], list(arguments)
    while left:
        text = left.pop(0)
        if not text.startswith("-"):
            overrides.append(text)
            continue
        name, sign, value = text.partition("=")
        if name not in _flags() and (key := right_key(name.lstrip("-").replace("-", "_"), list(known_keys(recipe)))):
            right = word(f"{key}={value or _value(left[0] if left else '')}")
            raise InputError(f"{name} is no flag: an override has no dashes, {right}")
        flags.append(f"{name}={expand_text(value)}" if sign and name in _WITH_PATH else text)
        if not sign and name in _WITH_VALUE and left:
            value = left.pop(0)
            flags.append(expand_text(value) if name in _WITH_PATH else value)
    return overrides, flags


def _value(following: str) -> str:
    return following if following and "=" not in following and not following.startswith("-") else "VALUE"


def _flags() -> list[str]:
    return [flag for action in get_args_parser()._actions for flag in action.option_strings]


def _refuse(message: str) -> NoReturn:
    if unknown := re.fullmatch(r"unrecognized arguments: ([^\s=]+).*", message, re.DOTALL):
        raise InputError(f"{unknown[1]} is no flag: {nearest(unknown[1], _flags()) or '--hydra-help lists them'}")
    raise InputError(message.removeprefix("argument "))


def _cure(key: str, recipe: str) -> str | None:
    """What is meant by a key that a recipe has not as it is composed; None where nothing is near."""
    keys = known_keys(recipe)
    right = right_key(key, list(keys))
    parent, _, name = key.rpartition(".")
    if right and right != key and "." in parent and (right == parent or right.rpartition(".")[0] == parent):
        beside = [other.rpartition(".")[2] for other in keys if other.rpartition(".")[0] == parent]
        if beside:  # of long keys even such are alike that end otherwise: what comes last decides
            close = difflib.get_close_matches(name, beside, n=1)
            return (f"did you mean {parent}.{close[0]}? " if close else "") + f"{parent} has {', '.join(beside)}"
    if right == key and keys[key]:
        return f"it is of {' and '.join(keys[key])}: give {'that' if len(keys[key]) == 1 else 'one of them'} as well"
    return f"did you mean {right}?" if right and right != key else None
