"""What can be told of a split's truth before any work: whether its alphas are those of people at all."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from portrait_matting.data.alpha_facts import AlphaFacts, alpha_facts
from portrait_matting.data.alpha_verdict import ANYWAY, HALF, MOST, judge
from portrait_matting.data.pairs import read_pair
from portrait_matting.errors import InputError
from portrait_matting.images.io import read_image

if TYPE_CHECKING:  # torch comes with it, and `prepare` does without
    from portrait_matting.data.samples import Portraits

log = logging.getLogger(__name__)

LOOKED_AT = 24
"""Files of a split that are looked at: what half of them have, is told with near certainty, in a second."""
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
            mattes += image != alpha and _is_matte(_photo(image))
            continue
        facts.append(alpha_facts(values))
        mattes += image != alpha and _is_matte(photo)  # a cut-out is both, black beyond a person in black and white
        copies += facts[-1].between > HALF and _correlation(photo, values) > _COPY
    seen = f"{where}: of {len(chosen)} pairs looked at ({len(truths):,} in all)"
    grey = sum(own.between > HALF for own in facts)
    if mattes >= MOST * len(chosen):
        if len(unread) + grey >= HALF * len(chosen):
            raise InputError(
                f"{seen} {mattes} of the images look like mattes, and {len(unread) + grey} of the alphas are photos or "
                f"cannot be read: swap images/ and alphas/, or give {ANYWAY}"
            )
        log.warning("%s %d of the images look like mattes: are they the photos?", seen, mattes)
    if copies and copies >= HALF * len(chosen):
        raise InputError(
            f"{seen} {copies} of the alphas are the photos in grey: put the mattes into alphas/, or give {ANYWAY}"
        )
    if len(unread) >= MOST * len(chosen):
        raise InputError(f"{seen} {len(unread)} cannot be used; the first: {unread[0]}")
    if len(unread) > 1:  # one may be chance
        log.warning("%s %d cannot be used; the first: %s", seen, len(unread), unread[0])
    judge(facts, seen)


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
