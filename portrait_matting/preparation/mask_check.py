"""A sample of every split's masks, looked at before any is copied: whether they are class masks of people."""

from collections.abc import Callable, Sequence

import numpy as np

from portrait_matting.data.alpha_facts import alpha_facts
from portrait_matting.data.alpha_verdict import judge
from portrait_matting.data.splits import SPLITS
from portrait_matting.data.truth import sample
from portrait_matting.errors import InputError
from portrait_matting.images.io import decode_mask
from portrait_matting.preparation.pairing import Pair
from portrait_matting.preparation.portrait import CLASSES
from portrait_matting.preparation.source import Entry, location


def check_masks(pairs: Sequence[Pair], read: Callable[[Entry], bytes]) -> None:
    """Refuses a split whose masks show nobody, nothing but people, the background, or ids that there are not.

    Those that cannot be read are left to the copy, which lists them.

    Raises:
        InputError: as `judge` says, or nearly all masks hold ids above those of EasyPortrait.
    """
    for split in SPLITS:
        own = [pair.mask for pair in pairs if pair.split == split]
        facts, above = [], []
        for index in sample(len(own)):
            try:
                mask = decode_mask(read(own[index]), location(own[index]))
            except (InputError, OSError):
                continue
            facts.append(alpha_facts((mask > 0).astype(np.float32)))
            above += [int(mask.max())] if mask.max() >= CLASSES else []
        seen = f"{split} split: of {len(facts)} masks looked at ({len(own):,} in all)"
        if len(above) > 1 and len(above) == len(facts):
            raise InputError(
                f"{seen} {len(above)} hold values up to {max(above)}, where EasyPortrait has class ids 0 to "
                f"{CLASSES - 1}: mattes or masks of 0 and 255 are used as they are, in alphas/ with data=folder"
            )
        if facts:
            judge(facts, seen, "")
