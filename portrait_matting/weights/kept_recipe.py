"""What of a run's recipe goes with weights that are given away: what rebuilds the network, and nobody's folders."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from portrait_matting.disk.home import expand

ROOTS = "root_digests"
"""In the data group: digests of where the data lay, by which data that a network was trained on is known again."""
_BYTES = 16


def kept_recipe(config: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a recipe that is kept: the network and its normalisation, its input size, which kind of data.

    Paths are left out, `model.weights` too: they tell of the machine, and lead nowhere on another one.
    """
    recipe: dict[str, Any] = {"model": {**config["model"], "weights": None}}
    if size := config.get("hardware", {}).get("input_size"):
        recipe["hardware"] = {"input_size": size}
    if data := config.get("data"):
        digests = sorted(root_digests(data))
        recipe["data"] = {"_target_": data.get("_target_")} | ({ROOTS: digests} if digests else {})
    return recipe


def root_digests(data: Mapping[str, Any]) -> set[str]:
    """Digests of the folders that a data group names as `root`, at any depth, and of those that it was left with."""
    found = {
        blake2b(str(root).encode(errors="surrogateescape"), digest_size=_BYTES).hexdigest() for root in _roots(data)
    }
    return found | set(data.get(ROOTS, ()))


def _roots(data: Mapping[str, Any]) -> Iterator[Path]:
    for key, value in data.items():
        if isinstance(value, Mapping):
            yield from _roots(value)
        elif key == "root" and value:
            yield expand(value).resolve()
