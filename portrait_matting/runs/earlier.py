"""Recipes that an earlier version of this package wrote, into checkpoints and run folders, as today's would say them.

Only what changed its name, its form or what it is by default is here: any other key that is new is absent from them.
"""

import copy
from collections.abc import Mapping
from typing import Any

from portrait_matting.runs.earlier_names import present

WIDTH, TOLERANCE = 0.05, 1 / 255  # of the band in conf/loss; not imported, since run folders are read without torch
_ROUNDED = 0.00392
"""How recipes wrote 1/255, from which it differs by a thousandth: the pixels of 8-bit alphas at 1 and 254."""
_OUTPUTS = ("matte", "side1", "side2", "side3", "side4", "side5", "side6")
"""U²-Net's, in the order in which deep supervision weights were once given."""


def upgraded(config: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe as today's version writes it; one of today comes back equal. The argument stays as it is."""
    recipe = _with_targets(copy.deepcopy(dict(config)))
    if isinstance(model := recipe.get("model"), dict) and "normalisation" not in model:
        model["normalisation"] = "easyportrait"  # the only one that there was
        if isinstance(data := recipe.get("data"), dict) and "input_size" in data:
            data.setdefault("normalisation", "easyportrait")
    if isinstance(optimizer := recipe.get("optimizer"), dict):
        optimizer.setdefault("decay_all", True)  # biases and normalisation as all else: there was no choice
    if isinstance(loss := recipe.get("loss"), dict):
        _name_outputs(loss)
        if isinstance(criterion := loss.get("criterion"), dict):
            _band(criterion)
    return recipe


def _with_targets(node: Any) -> Any:
    if isinstance(node, list):
        return [_with_targets(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: _with_targets(value) for key, value in node.items()}
    return node | {"_target_": present(node["_target_"])} if isinstance(node.get("_target_"), str) else node


def _name_outputs(loss: dict[str, Any]) -> None:
    """A list of weights, one an output, becomes a table by the outputs' names; all ones, the default, become None."""
    weights = loss.get("weights")
    if isinstance(weights, list):
        named = {name: weight for name, weight in zip(_OUTPUTS, weights, strict=False) if weight}
        loss["weights"] = None if set(weights) == {1.0} and len(weights) == len(_OUTPUTS) else named


def _band(criterion: dict[str, Any]) -> None:
    """The band of a single criterion; a sum, whose terms shared none, stays apart from the sums of today."""
    if criterion.get("tolerance") == _ROUNDED:
        criterion["tolerance"] = TOLERANCE
    if str(criterion.get("_target_")).endswith(".BCE") and "edge_weight" not in criterion:
        criterion.update(width=WIDTH, edge_weight=1.0, tolerance=TOLERANCE)
