"""Several criteria in one, each with its weight."""

import math
from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn

from portrait_matting.errors import InputError
from portrait_matting.images.transition_band import TOLERANCE, WIDTH
from portrait_matting.losses.bce import BCE
from portrait_matting.losses.boundary_rmse import BoundaryRMSE
from portrait_matting.losses.criterion import Criterion

ALWAYS = (0.0, 1.0)


class WeightedSum(Criterion):
    """A criterion that is the weighted sum of others, and names each of them, unweighted, beside the sum.

    Args:
        terms: criteria by name. The band is that of the sum: a term's own is not used.
        weights: of the terms, by the same names.
        width, edge_weight, tolerance: of the band, for all terms.
        spans: of terms that are not part of the sum all the time: from and to which share of the run each is, such as
            {"bce": (0, 0.33)}. They are NaN outside it, not computed. `done` says how far the run is.

    Raises:
        InputError: the names differ, one is "loss", the weights are refused by `check_weights`, a span is none, or no
            term is left at some time.
    """

    done = 0.0
    """The share of the run that is done, in [0, 1]: whoever trains sets it."""

    def __init__(
        self,
        terms: Mapping[str, Criterion],
        weights: Mapping[str, float],
        width: float = WIDTH,
        edge_weight: float = 5.0,
        tolerance: float = TOLERANCE,
        spans: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        super().__init__(width, edge_weight, tolerance)
        if set(terms) != set(weights):
            raise InputError(
                f"loss terms ({', '.join(sorted(terms))}) and weights ({', '.join(sorted(weights))}) differ; "
                "give every term one weight of the same name"
            )
        if "loss" in terms:
            raise InputError("a term of a loss is called 'loss', which is the name of the sum: call it otherwise")
        for name, term in terms.items():
            if not isinstance(term, Criterion):
                raise InputError(f"the loss term {name} is a {type(term).__name__}: give a subclass of Criterion")
            if type(term) in (BCE, BoundaryRMSE) and term.band != type(term)().band:
                raise InputError(f"the loss term {name} has a band of its own: give the sum's, loss.criterion.*")
        check_weights(weights)
        self.terms = nn.ModuleDict(terms)
        self.weights = {name: float(weights[name]) for name in terms}
        self.spans = check_spans(spans or {}, self.weights)

    def measure(self, logits: Tensor, alpha: Tensor, weight: Tensor | None) -> dict[str, Tensor]:
        parts = {
            name: term.measure(logits, alpha, weight)["loss"]
            for name, term in self.terms.items()
            if _is_within(self.spans.get(name, ALWAYS), self.done)
        }
        loss = sum(self.weights[name] * part for name, part in parts.items())
        gaps = dict.fromkeys(self.terms, torch.full_like(loss, torch.nan, requires_grad=False))  # in curves
        return {"loss": loss, **gaps, **parts}


def check_spans(spans: Mapping[str, Sequence[float]], weights: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """The spans of terms with these weights, as pairs.

    Raises:
        InputError: one is no pair 0 <= from < to <= 1, is of no term, or there is a time without any term.
    """
    checked = {}
    for name, span in spans.items():
        if name not in weights:
            raise InputError(f"loss.criterion.spans names the term {name}: there are {', '.join(weights)}")
        pair = tuple(span) if isinstance(span, Sequence) and not isinstance(span, str) else ()
        if not (len(pair) == 2 and all(isinstance(x, int | float) for x in pair) and 0 <= pair[0] < pair[1] <= 1):
            raise InputError(
                f"loss.criterion.spans.{name}={span} is no part of a run: give two shares, as [0, 0.33] for "
                "its first third"
            )
        checked[name] = (float(pair[0]), float(pair[1]))
    taught = [checked.get(name, ALWAYS) for name, weight in weights.items() if weight]
    for time in (0.0, *(end for _, end in taught)):
        if not any(_is_within(span, time) for span in taught):
            raise InputError(
                f"loss.criterion.spans leave nothing to learn by after {time:g} of the run: let one term last"
            )
    return checked


def _is_within(span: tuple[float, float], done: float) -> bool:
    begin, end = span
    return begin <= done < end or done >= end == 1.0


def check_weights(weights: Mapping[str, float]) -> None:
    """Refuses weights that teach nothing.

    Raises:
        InputError: one is no finite number >= 0, or all are zero.
    """
    for name, weight in weights.items():
        if not (weight >= 0 and math.isfinite(weight)):
            raise InputError(f"loss weight {name}={weight} is not a number >= 0; a weight of 0 leaves it out")
    if not any(weights.values()):
        raise InputError(
            f"loss weights {dict(weights)} are all zero, nothing would be learnt; give one a positive weight"
        )


def check_names(weights: Iterable[str], outputs: Iterable[str]) -> None:
    """Refuses weights of outputs that a network does not have.

    Raises:
        InputError: names the first of them, and the outputs that there are.
    """
    outputs = list(outputs)
    if unknown := [name for name in weights if name not in outputs]:
        raise InputError(f"loss.weights names the output {unknown[0]}: the network has {', '.join(outputs)}")
