"""What can be told of a split's truth before any work: whether its alphas are those of people at all."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from portrait_matting.data.alpha_facts import SLIGHT, AlphaFacts, alpha_facts
from portrait_matting.data.pairs import read_pair
from portrait_matting.errors import InputError
from portrait_matting.images.io import read_image

if TYPE_CHECKING:  # torch comes with it, and `prepare` does without
    from portrait_matting.data.samples import Portraits

log = logging.getLogger(__name__)

LOOKED_AT = 24
"""Files of a split that are looked at: what half of them have, is told with near certainty, in a second."""
ANYWAY = "data.check_truth=false"
_MOST, _MANY, _HALF = 0.8, 0.25, 0.5  # shares of the files
_HARD = 3  # levels that a mask without soft edges has at most
_TRIMAP = (96, 160)  # between which the middle one of a trimap's three values lies
_UNKNOWN = 0.01  # of the pixels, the least that a trimap leaves open
_COPY = 0.95  # correlation of an alpha with its photo from which it is the photo
_SIDE = 64  # pixels, to which a photo may be reduced
_COLOUR, _SOFT = 8, 0.2  # levels between the channels of a grey JPEG; share of the pixels that is soft in a matte

Truth = tuple[Path, Path, Callable[[Path], np.ndarray]]
"""A photo's path, its alpha's, and what reads the alpha: float32 (H, W) in [0, 1]."""


def sample(count: int) -> list[int]:
    """At most `LOOKED_AT` of `count` indices, ascending: at random, and the same ones in every run."""
    if count <= LOOKED_AT:
        return list(range(count))
    return sorted(np.random.default_rng(0).choice(count, LOOKED_AT, replace=False).tolist())


def truths(portraits: "Portraits") -> list[Truth]:
    """The files of a split's portraits; none where they are drawn."""
    parts = getattr(portraits, "datasets", [portraits])
    return [(*pair, part.read) for part in parts for pair in getattr(part, "pairs", [])]


def check_truth(truths: Sequence[Truth], where: str) -> None:
    """Looks at a sample of a split's alphas, and at their photos.

    Refused is what no alphas of people can be, warned of what they hardly are; portraits without a person are counted.

    Args:
        truths: of the whole split; nothing is said of none.
        where: what the split is called, such as "DIR, train split".

    Raises:
        InputError: not one can be read; all hold a single value, or next to nothing above zero; they are class masks,
            masks of an odd value, inverted, trimaps, the photos themselves, or the folders are swapped.
    """
    if not truths:
        return
    chosen = [truths[index] for index in sample(len(truths))]
    facts: list[AlphaFacts] = []
    unread: list[str] = []
    copies = mattes = 0
    for image, alpha, read in chosen:
        try:
            photo, values = read_pair(image, alpha, read, _SIDE)
        except InputError as error:
            unread.append(str(error))
            mattes += _is_matte(_photo(image))
            continue
        facts.append(alpha_facts(values))
        mattes += _is_matte(photo)
        copies += facts[-1].between > _HALF and _correlation(photo, values) > _COPY
    seen = f"{where}: of {len(chosen)} pairs looked at ({len(truths):,} in all)"
    grey = sum(own.between > _HALF for own in facts)
    if mattes >= _MOST * len(chosen):
        if len(unread) + grey >= _HALF * len(chosen):
            raise InputError(
                f"{seen} {mattes} of the images look like mattes, and {len(unread) + grey} of the alphas are photos or "
                f"cannot be read: swap images/ and alphas/, or give {ANYWAY}"
            )
        log.warning("%s %d of the images look like mattes: are they the photos?", seen, mattes)
    if copies and copies >= _HALF * len(chosen):
        raise InputError(
            f"{seen} {copies} of the alphas are the photos in grey: put the mattes into alphas/, or give {ANYWAY}"
        )
    if len(unread) >= _MOST * len(chosen):
        raise InputError(f"{seen} {len(unread)} cannot be used; the first: {unread[0]}")
    if len(unread) >= _HALF * len(chosen):
        log.warning("%s %d cannot be used; the first: %s", seen, len(unread), unread[0])
    judge(facts, seen)


def judge(facts: Sequence[AlphaFacts], seen: str, cure: str = f", or give {ANYWAY} if they are meant so") -> None:
    """Refuses, warns or counts by what was measured of a split's alphas; `seen` begins the line, `cure` ends it.

    Raises:
        InputError: as `check_truth` says, of what the alphas alone tell.
    """
    if refused := _refusal(facts):
        raise InputError(f"{seen} {refused}{cure}")
    for line in _doubts(facts):
        log.warning("%s %s", seen, line)
    if nobody := sum(own.top == 0 for own in facts):
        log.log(
            logging.WARNING if nobody >= _HALF * len(facts) else logging.INFO,
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
            if many
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
    if len(ids) >= max(_MANY * len(facts), 2):
        most = max(own.top for own in ids)
        return f"{len(ids)} hold no value above {most} of 255: class masks among them? Save the person as 255 in all"
    if top <= 127 and many:
        return f"none holds a value above {top} of 255, half opaque: save the person as 255 and the background as 0"
    inverted = sum(own.inverted for own in shown)
    if len(shown) > 2 and inverted >= _MOST * len(shown):
        return f"{inverted} are opaque in both upper corners and not below: inverted? Save the person white"
    grey = sum(own.between > _HALF for own in shown)
    if len(shown) > 2 and grey >= _MOST * len(shown):
        return f"{grey} are grey over more than half of their pixels: photos instead of mattes? Put mattes into alphas/"
    if len(shown) > 2 and len(levels) == 3 and low == 0 and top == 255 and _TRIMAP[0] <= levels[1] <= _TRIMAP[1]:
        open_share = float(np.mean([own.levels[levels[1]] for own in shown]))
        if open_share >= _UNKNOWN and sum(own.levels[levels[1]] > 0 for own in shown) >= _MOST * len(shown):
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
    if (grey := sum(own.between > _HALF for own in shown)) >= _MANY * len(shown):
        lines.append(f"{grey} grey over more than half of their pixels: photos instead of mattes?")
    if SLIGHT < highest < 250:
        lines.append(f"none holds a value above {highest} of 255: opaque is 255")
    return lines


def _is_class_mask(own: AlphaFacts) -> bool:
    """Whether something is there that next to nothing is seen of; what a network is unsure of is less, or elsewhere."""
    return 0 < own.top <= SLIGHT and own.levels[1:].sum() > _UNKNOWN


def _photo(path: Path) -> np.ndarray | None:
    try:
        return read_image(path, _SIDE)
    except InputError:
        return None


def _correlation(photo: np.ndarray, alpha: np.ndarray) -> float:
    """Of an alpha with the light of its photo, both reduced; 0 where either has one value all over."""
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32)
    both = [cv2.resize(part, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).ravel() for part in (grey, alpha)]
    return 0.0 if min(map(np.ptp, both)) < 1e-3 else float(np.corrcoef(*both)[0, 1])


def _is_matte(photo: np.ndarray | None) -> bool:
    """Whether a photo is grey and mostly black or white."""
    if photo is None or (photo.max(axis=2).astype(int) - photo.min(axis=2)).max() > _COLOUR:
        return False
    facts = alpha_facts(photo[..., 1] / np.float32(255))
    return not facts.blank and facts.between < _SOFT
