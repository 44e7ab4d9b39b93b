"""The colours of a person under a soft edge, so that a new background shows no rim of the old one.

Person and background are estimated together, from coarse to fine, as in T. Germer et al., "Fast Multi-Level Foreground
Estimation", ICPR 2020. What happens on a level is blur fusion (M. Forte, "Approximate Fast Foreground Colour
Estimation", ICIP 2021): around every pixel the colours of both are averaged, and the averages corrected so that
together they explain the photo.

Ours differs in the weights of the averages, which are powers of alpha and 1 - alpha: pixels that hold both count for
less, else each average begins with colours of the other. The levels spare the paper's wide windows: three pixels do.
Measurements: benchmarks/README.md; `benchmarks/foreground.py` prints them.
"""

import cv2
import numpy as np

from portrait_matting.matte.soft_boxes import Box, soft_boxes

_POWER = 4
_WINDOW = 3  # pixels
_OWN = 1e-3  # what a pixel's own colour counts in its average: it says something where no weight does

# Only boxes around soft pixels are computed.
_HARD = 1 / 510  # as 8 bits, an alpha so near to 0 or 1 is that
_MARGIN = 4  # pixels, even: how far the windows in a box see beyond it


def estimate_foreground(image: np.ndarray, alpha: np.ndarray, from_inside: bool = False) -> np.ndarray:
    """Estimates the person's own colours; the photo's where alpha is 1, of no meaning where it is 0.

    Args:
        image: uint8 RGB (H, W, 3).
        alpha: float32 (H, W) in [0, 1].
        from_inside: takes the colours of the outermost pixel from those inside it. The photo is mixed there too, of
            which a hard mask, or a matte a pixel too wide, says nothing. Exact mattes lose a little detail by it.

    Returns:
        uint8 RGB (H, W, 3).
    """
    photos, alphas = [image], [alpha]
    while alphas[-1].size > 1:
        photos.append(_halved(photos[-1]))
        alphas.append(_halved(alphas[-1]))
    alphas.pop()
    foreground = background = photos.pop().copy()
    while photos:
        photo, share, finest = photos.pop(), alphas.pop(), len(photos) == 0
        coarser = foreground, background
        foreground, background = photo.copy(), photo if finest else photo.copy()
        for box in soft_boxes(share, _HARD):
            wide, core = _with_margin(box)
            near, around = photo[wide], share[wide]
            guesses = [_doubled(picture, wide, around.shape) for picture in coarser]
            if finest:
                colours = _person(near, around, *guesses)
                foreground[box] = (_from_inside(colours, around) if from_inside else colours)[core]
            else:
                colours, behind = _person_and_background(near, around, *guesses)
                foreground[box], background[box] = colours[core], behind[core]
    return foreground


def _with_margin(box: Box) -> tuple[Box, Box]:
    """The box with what its windows see, and where in that it is."""
    starts = [max(part.start - _MARGIN, 0) for part in box]
    rows, columns = (slice(start, part.stop + _MARGIN) for start, part in zip(starts, box, strict=True))
    core = [slice(part.start - start, part.stop - start) for start, part in zip(starts, box, strict=True)]
    return (rows, columns), (core[0], core[1])


def _halved(picture: np.ndarray) -> np.ndarray:
    """Means of 2 x 2 pixels; an odd last row or column counts twice."""
    height, width = picture.shape[:2]
    if height % 2 or width % 2:
        picture = cv2.copyMakeBorder(picture, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    return cv2.resize(picture, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)


def _doubled(picture: np.ndarray, box: Box, size: tuple[int, ...]) -> np.ndarray:
    """A box of `picture` at twice its size: float32 (*size, 3)."""
    top, left = (max(part.start // 2 - 1, 0) for part in box)
    part = picture[top : box[0].stop // 2 + 2, left : box[1].stop // 2 + 2]
    part = cv2.resize(part, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    top, left = box[0].start - 2 * top, box[1].start - 2 * left
    return part[top : top + size[0], left : left + size[1]].astype(np.float32)


def _person_and_background(
    photo: np.ndarray, alpha: np.ndarray, foreground: np.ndarray, background: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Both, uint8 (H, W, 3), from what the coarser level says they are, float32."""
    rest = 1 - alpha
    keep, keep_behind = _planes(1 - alpha * alpha), _planes(1 - rest * rest)
    near = _near(_explain(foreground, keep, _share(photo, background, alpha)), alpha)
    far = _near(_explain(background, keep_behind, _share(photo, foreground, rest)), rest)
    share, share_behind = _share(photo, far, alpha), _share(photo, near, rest)
    return _in_8_bits(near, keep, share), _in_8_bits(far, keep_behind, share_behind)


def _person(photo: np.ndarray, alpha: np.ndarray, foreground: np.ndarray, background: np.ndarray) -> np.ndarray:
    """The person alone: of the finest level the background is not needed."""
    keep, share = _planes(1 - alpha * alpha), _share(photo, background, alpha)
    return _in_8_bits(_near(_explain(foreground, keep, share), alpha), keep, share)


def _from_inside(foreground: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    colours = foreground.astype(np.float32)
    inside = cv2.erode(alpha, cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)))
    # A strand thinner than the erosion has no inside: then its own colour is all there is.
    neighbours = _mean(colours, inside, 1e-2)
    colours -= neighbours
    colours *= _planes(inside)
    return cv2.add(colours, neighbours, dtype=cv2.CV_8U)


# F + alpha (I - alpha F - (1 - alpha) B), blur fusion's correction, is (1 - alpha²) F + alpha (I - (1 - alpha) B), the
# second part of which serves twice. It works in place, and three planes are multiplied faster than by one broadcast.


def _share(photo: np.ndarray, background: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    share = _planes(alpha - 1)
    share *= background
    share += photo
    share *= _planes(alpha)
    return share


def _explain(foreground: np.ndarray, keep: np.ndarray, share: np.ndarray) -> np.ndarray:
    explained = foreground * keep
    explained += share
    return np.clip(explained, 0, 255, out=explained)


def _in_8_bits(foreground: np.ndarray, keep: np.ndarray, share: np.ndarray) -> np.ndarray:
    return cv2.add(np.multiply(foreground, keep, out=foreground), share, dtype=cv2.CV_8U)


def _near(colours: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return _mean(colours, cv2.pow(alpha, _POWER), _OWN)


def _mean(colours: np.ndarray, weight: np.ndarray, own: float) -> np.ndarray:
    """Mean weighted by `weight` (H, W) in a window around every pixel, whose own colour counts `own` besides."""
    mean = colours * _planes(weight)
    cv2.blur(mean, (_WINDOW, _WINDOW), dst=mean)
    cv2.scaleAdd(colours, own, mean, dst=mean)
    mean *= _planes(1 / (cv2.blur(weight, (_WINDOW, _WINDOW)) + np.float32(own)))
    return mean


def _planes(weight: np.ndarray) -> np.ndarray:
    return cv2.merge([weight] * 3)
