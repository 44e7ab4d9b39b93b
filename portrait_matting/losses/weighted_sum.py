"""Several criteria in one, each with its weight."""

import math
from collections.abc import Iterable, Mapping

from torch import Tensor, nn

from portrait_matting.errors import InputError


class WeightedSum(nn.Module):
    """Weighted sum of criteria: logits (B, K, H, W) and alpha (B, 1, H, W) to (B, K).

    `terms` and `weights` share their names. Raises InputError when they do not, or for weights that `check_weights`
    refuses.
    """

    def __init__(self, terms: Mapping[str, nn.Module], weights: Mapping[str, float]) -> None:
        super().__init__()
        if set(terms) != set(weights):
            raise InputError(
                f"loss terms ({', '.join(sorted(terms))}) and weights ({', '.join(sorted(weights))}) differ; "
                "give every term one weight of the same name"
            )
        check_weights(weights.values())
        self.terms = nn.ModuleDict(terms)
        self.weights = {name: float(weights[name]) for name in terms}

    def forward(self, logits: Tensor, alpha: Tensor) -> Tensor:
        return sum(self.weights[name] * term(logits, alpha) for name, term in self.terms.items())


def check_weights(weights: Iterable[float]) -> None:
    """Raise InputError unless every weight is a finite number >= 0 and at least one is positive."""
    weights = list(weights)
    for weight in weights:
        if not (weight >= 0 and math.isfinite(weight)):
            raise InputError(f"loss weight {weight} is not a number >= 0; a weight of 0 leaves its term out")
    if not any(weights):
        raise InputError(f"loss weights {weights} are all zero, nothing would be learnt; give one a positive weight")
