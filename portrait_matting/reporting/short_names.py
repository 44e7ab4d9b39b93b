"""Of long names, such as paths and dotted keys, the shortest ends that tell them apart."""

from collections.abc import Sequence


def tails(texts: Sequence[str], separator: str, even: bool = False) -> list[str]:
    """The last part of each text, or as many parts from its end as tell it from the other texts.

    Args:
        texts: of parts; equal ones have equal ends.
        separator: between the parts.
        even: all have as many parts as the one that needs most.

    >>> tails(["model.weights", "loss.weights", "seed"], ".")
    ['model.weights', 'loss.weights', 'seed']
    >>> tails(["x/1", "x/2", "y/1"], "/")
    ['x/1', '2', 'y/1']
    >>> tails(["x/1", "x/2", "y/1"], "/", even=True)
    ['x/1', 'x/2', 'y/1']
    """
    split = {text: text.split(separator) for text in texts}
    lengths = {text: _telling(text, split) for text in split}
    most = max(lengths.values(), default=0)
    return [separator.join(split[text][-(most if even else lengths[text]) :]) for text in texts]


def _telling(text: str, split: dict[str, list[str]]) -> int:
    """How many parts from a text's end no other text ends with; all of them where there is no such number."""
    parts = split[text]
    others = [other for known, other in split.items() if known != text]
    lengths = (length for length in range(1, len(parts)) if all(one[-length:] != parts[-length:] for one in others))
    return next(lengths, len(parts))
