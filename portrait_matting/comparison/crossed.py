"""Whether two arms differ by more than noise where the noise has two sources: which images, and which trainings."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import stdtrit

LEAST_P = 1e-15
"""No p is given below: t's tail is not known so far out, and neither is the data."""


def crossed_test(first: np.ndarray, second: np.ndarray, level: float = 0.95) -> tuple[float, float, float, float]:
    """The mean of second - first, its interval and its two-sided p, for other images and other seeds of the same kind.

    Every seed scores every image, so that d = second - first = mean + seed + image + rest, the last three random: the
    two-way crossed layout without replication of multi-reader multi-case studies, with seeds for readers (Obuchowski
    and Rockette 1995, Hillis 2007, Statistics in Medicine 26:596). From its mean squares, each with an expectation,

        MS_seed, σ²_rest + N σ²_seed;    MS_image, σ²_rest + S σ²_image;    MS_rest, σ²_rest,

    comes Var = (MS_seed + max(MS_image - MS_rest, 0)) / (S N), floored as Hillis does. |mean| / √Var is held against
    the mean of Student's t with S - 1 and with N - 1 degrees of freedom, weighed by the two terms (Cochran 1964,
    Biometrics 20:191). Hillis and Satterthwaite give t one number of degrees in between, which is as good for five
    seeds, but with three takes noise for a difference in up to 8 % at p < 0.05, and five times too often at p < 0.005,
    where Holm looks: MS_seed of two degrees is often much too small, and then its share seems small too. This way it is
    3 to 5 % with three seeds or more, up to 6 % with two.

    With one seed only the images are random, and this is the paired t-test: it says nothing of another training.

    Args:
        first, second: float64 (S, N), S seeds paired by row, N images paired by column. An image with a NaN anywhere is
            left out.
        level: of confidence, in (0, 1).

    Returns:
        (value, low, high, p); p = 1 where nothing differs, never below 1e-15. Low, high and p are NaN for fewer than
        two images, and all four for none.
    """
    difference = np.asarray(second, dtype=float) - first
    difference = difference[:, ~np.isnan(difference).any(axis=0)]
    seeds, images = difference.shape
    if images < 2:
        return (float(difference.mean()) if images else np.nan, np.nan, np.nan, np.nan)
    value = float(difference.mean())
    by_seed, by_image, rest = _mean_squares(difference)
    terms = [(by_seed, seeds - 1), (max(by_image - rest, 0.0), images - 1)]
    terms = [(term, degrees) for term, degrees in terms if term > 0]
    if not terms:
        return value, value, value, LEAST_P if value else 1.0
    total = sum(term for term, _ in terms)
    error = np.sqrt(total / (seeds * images))

    def critical(p: float) -> float:
        """What |mean| / √Var exceeds with probability p."""
        return -sum(term * stdtrit(degrees, p / 2) for term, degrees in terms) / total

    half = error * critical(1 - level)
    reached = abs(value) / error
    if reached <= critical(1):  # 0, but for rounding
        p = 1.0
    elif reached >= critical(LEAST_P):
        p = LEAST_P
    else:
        p = float(brentq(lambda p: critical(p) - reached, LEAST_P, 1, xtol=LEAST_P / 10))
    return value, float(value - half), float(value + half), p


def _mean_squares(difference: np.ndarray) -> tuple[float, float, float]:
    """Of seeds, of images and of the rest, of (S, N); what one seed cannot tell is 0."""
    seeds, images = difference.shape
    mean = difference.mean()
    by_seed = difference.mean(axis=1, keepdims=True) - mean
    by_image = difference.mean(axis=0, keepdims=True) - mean
    rest = difference - mean - by_seed - by_image
    return (
        float(images * np.sum(by_seed**2) / max(seeds - 1, 1)) if seeds > 1 else 0.0,
        float(seeds * np.sum(by_image**2) / (images - 1)),
        float(np.sum(rest**2) / ((seeds - 1) * (images - 1))) if seeds > 1 else 0.0,
    )
