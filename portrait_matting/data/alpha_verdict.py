"""What a sample of alphas is, by what was measured of each: refused for certain, warned of where it is likely."""

import logging
from collections.abc import Sequence

import numpy as np

from portrait_matting.data.alpha_facts import SLIGHT, AlphaFacts
from portrait_matting.errors import InputError

log = logging.getLogger(__name__)

ANYWAY = "data.check_truth=false"
MOST, MANY, HALF = 0.8, 0.25, 0.5
"""Shares of the alphas from which something is said of them all."""
FEW = 5
"""Portraits of a split of which all may well show nobody by chance, where some of the whole do."""
_HARD = 3  # levels that a mask without soft edges has at most
_TRIMAP = (96, 160)  # between which the middle one of a trimap's three values lies
_UNKNOWN = 0.01  # of the pixels, the least that a trimap leaves open and a class mask shows


def judge(facts: Sequence[AlphaFacts], seen: str, cure: str = f", or give {ANYWAY} if they are meant so") -> None:
    """Refuses, warns or counts by what was measured of a split's alphas; `seen` begins the line, `cure` ends it.

    Raises:
        InputError: the alphas are of one value, class masks, masks of an odd value, inverted, photos or trimaps.
    """
    if refused := _refusal(facts):
        raise InputError(f"{seen} {refused}{cure}")
    for line in _doubts(facts):
        log.warning("%s %s", seen, line)
    if nobody := sum(own.top == 0 for own in facts):
        log.log(
            logging.WARNING if nobody >= HALF * len(facts) else logging.INFO,
            *("%s %d show%s nobody (black all over)", seen, nobody, "s" if nobody == 1 else ""),
        )


def judge_mattes(facts: Sequence[AlphaFacts], seen: str) -> None:
    """As `judge`, of what a network or a tool made: it may be as bad as it likes, so all is warned of but class masks.

    Raises:
        InputError: class masks: two or three values, none of them above a few levels.
    """
    if not facts:
        return
    levels = np.flatnonzero(np.sum([own.levels for own in facts], axis=0))
    refused = _refusal(facts)
    if refused and 0 < levels[-1] <= SLIGHT and len(levels) <= _HARD:
        raise InputError(f"{seen} {refused}, or give {ANYWAY}")
    for line in [refused] if refused else _doubts(facts):
        log.warning("%s %s", seen, line)


def _refusal(facts: Sequence[AlphaFacts]) -> str:
    """Why the alphas are none, in words and numbers, and the cure; empty where they may be."""
    levels = np.flatnonzero(np.sum([own.levels for own in facts], axis=0))
    low, top, many = int(levels[0]), int(levels[-1]), len(facts) > 1
    if top == 0:
        return (
            "all are 0 all over, so that they show nobody: save the person white (in class masks, above 0)"
            if len(facts) >= FEW
            else ""
        )
    if top <= SLIGHT and (many or len(levels) <= _HARD):
        return (
            f"none holds a value above {top} of 255: class masks, or 8-bit values in 16-bit files? Save the person as "
            "255 and the background as 0"
        )
    if low >= 255 - SLIGHT:
        return (
            f"none holds a value below {low} of 255, opaque all over: cut-outs that were saved without transparency? "
            "Save the person white and the background black"
            if many
            else ""
        )
    if (top - low <= SLIGHT and len(levels) > 1) or (low == top and many):
        return f"all values lie between {low} and {top} of 255, grey all over: save the person as 255, the rest as 0"
    if len(levels) <= _HARD and top < 250:
        values = ", ".join(map(str, levels))
        return f"all hold but the values {values} of 255: masks whose person is not 255? Save the person as 255"
    if many and all(own.blank for own in facts):
        return "each is of one value all over, so that none shows an outline: save the person white, the rest black"
    shown = [own for own in facts if not own.blank]
    ids = [own for own in facts if _is_class_mask(own)]
    if len(ids) >= max(MANY * len(facts), 2):
        most = max(own.top for own in ids)
        return f"{len(ids)} hold no value above {most} of 255: class masks among them? Save the person as 255 in all"
    if top <= 127 and many:
        return f"none holds a value above {top} of 255, half opaque: save the person as 255 and the background as 0"
    inverted = sum(own.inverted for own in shown)
    if len(shown) > 2 and inverted >= MOST * len(shown):
        return f"{inverted} are opaque in both upper corners and not below: inverted? Save the person white"
    grey = sum(own.between > HALF for own in shown)
    if len(shown) > 2 and grey >= MOST * len(shown):
        return f"{grey} are grey over more than half of their pixels: photos instead of mattes? Put mattes into alphas/"
    if len(shown) > 2 and len(levels) == 3 and low == 0 and top == 255 and _TRIMAP[0] <= levels[1] <= _TRIMAP[1]:
        open_share = float(np.mean([own.levels[levels[1]] for own in shown]))
        if open_share >= _UNKNOWN and sum(own.levels[levels[1]] > 0 for own in shown) >= MOST * len(shown):
            return (
                f"all hold but 0, {levels[1]} and 255, {open_share:.1%} of the pixels {levels[1]}: trimaps? They leave "
                "open what the alpha is. Give the mattes"
            )
    return ""


def _doubts(facts: Sequence[AlphaFacts]) -> list[str]:
    """What is odd about the alphas without being wrong for certain."""
    shown = [own for own in facts if not own.blank] or list(facts)
    highest = max(own.top for own in facts)
    counts = {
        f"no value above {SLIGHT} of 255, and not black: class masks? The person is to be 255": sum(
            map(_is_class_mask, facts)
        ),
        "opaque all over: does the person fill the picture?": sum(own.low >= 255 - SLIGHT for own in facts),
        "opaque in both upper corners and not below: inverted?": sum(own.inverted for own in shown),
    }
    lines = [
        f"{count} with {what}" if what.startswith("no ") else f"{count} {what}"
        for what, count in counts.items()
        if count
    ]
    if (grey := sum(own.between > HALF for own in shown)) >= MANY * len(shown):
        lines.append(f"{grey} grey over more than half of their pixels: photos instead of mattes?")
    if SLIGHT < highest < 250:
        lines.append(f"none holds a value above {highest} of 255: opaque is 255")
    return lines


def _is_class_mask(own: AlphaFacts) -> bool:
    """Whether something is there that next to nothing is seen of; what a network is unsure of is less, or elsewhere."""
    return 0 < own.top <= SLIGHT and own.levels[1:].sum() > _UNKNOWN
