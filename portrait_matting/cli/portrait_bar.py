"""The progress of a command that works through portraits, one after the other."""

from tqdm import tqdm


def portrait_bar(total: int, done: int) -> tqdm:
    """A bar on stderr, with the rate of this call and the time left; none where that is no terminal."""
    return tqdm(
        total=total,
        initial=done,
        unit="portrait",
        smoothing=0.05,
        dynamic_ncols=True,
        mininterval=0.2,
        disable=None,
    )
