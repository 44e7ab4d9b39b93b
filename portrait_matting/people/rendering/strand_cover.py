"""What strands cover of pixels, and what of that is not behind others.

The area that a tapering segment covers of a pixel is exact in the limit of long segments; how much of it is behind
others is told by masks of a pixel's 8 × 8 parts. Nearest first, so that a pixel which is full costs nothing.
"""

import numpy as np
from numba import njit

from portrait_matting.people.rendering.strand_sight import BIAS, hidden

FULL = 0.995
"""Of a pixel: what lies behind is not seen, and it counts as full."""


@njit(cache=True, error_model="numpy")
def _ramp(x):
    return 0.5 * x * x if x > 0 else 0.0


@njit(cache=True, error_model="numpy")
def _below(x, wide, narrow):
    """The share below x of the convolution of two boxes around 0 of these widths."""
    outer, inner = 0.5 * (wide + narrow), 0.5 * (wide - narrow)
    if x <= -outer:
        return 0.0
    if x >= outer:
        return 1.0
    return (_ramp(x + outer) - _ramp(x + inner) - _ramp(x - inner) + _ramp(x - outer)) / (wide * narrow)


# Which of 8 × 8 parts of a pixel lie before one, as bits of a mask: of the first two columns, and of the first two rows
# (Carpenter, "The A-buffer", SIGGRAPH 1984). Shifted by 2 bits, or by 16, they are of the next two.
_BEFORE = np.array(
    [[sum(0x3 << 8 * part for part in range(k)) for k in range(9)], [0x101 * ((1 << k) - 1) for k in range(9)]],
    np.uint64,
)
_ONE, _HALF, _PARTS = np.float32(1), np.float32(0.5), np.float32(8)
_WHOLE = np.uint64(0xFFFFFFFFFFFFFFFF)


@njit(cache=True, error_model="numpy")
def _bits(mask):
    """How many bits of a mask are set."""
    mask = mask - ((mask >> np.uint64(1)) & np.uint64(0x5555555555555555))
    mask = (mask & np.uint64(0x3333333333333333)) + ((mask >> np.uint64(2)) & np.uint64(0x3333333333333333))
    mask = (mask + (mask >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((mask * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(cache=True, error_model="numpy")
def _covers(low, high, begin, step, half, steep):
    """The mask of a strand in a pixel that it passes from `low` to `high` of, in the direction in which it is walked.

    Args:
        low, high: in [0, 1].
        begin: where its middle is at 0, from the pixel's edge; step: by how much that moves until 1.
        half: half its width; steep: whether rows are walked.
    """
    found, shift = np.uint64(0), 16 if steep else 2
    walked = 1 if steep else 0
    for pair in range(4):
        at = np.float32(0.25) * np.float32(pair) + np.float32(0.125)
        if at < low or at >= high:
            continue
        middle = begin + at * step
        # rounded, so that on the mean as many parts are taken as the strand is wide
        first, end = int(np.rint(_PARTS * (middle - half))), int(np.rint(_PARTS * (middle + half)))
        span = _BEFORE[walked, min(max(end, 0), 8)] ^ _BEFORE[walked, min(max(first, 0), 8)]
        found |= span << np.uint64(shift * pair)
    return found


@njit(cache=True, error_model="numpy")
def _seen_share(mask, taken):
    """What share of a mask is not taken yet; of an empty mask, as if it lay anywhere."""
    if taken == 0:
        return 1.0
    if mask == 0:
        return 1 - _bits(taken) / 64
    return _bits(mask & ~taken) / _bits(mask)


@njit(cache=True, error_model="numpy")
def lay(pixels, far, widths, colours, order, depth, number, size, until, over, apart, nearest):
    """Gathers segments of strands in pixels.

    Args:
        pixels, far, widths, colours: (n, 2), (n,), (n,) and (n, 3), of the points of strands: x and y, metres, pixels,
            and linear RGB.
        order: int32, the points where segments start, nearest first; each ends at the next point.
        depth: (size · H, size · W), metres, of surfaces.
        number: int32 (H, W), of pixels whose samples lie at several depths, -1 of the others.
        size: samples of a pixel each way.
        until: float32 (H, W), the depth up to which hair is seen in each pixel; of numbered pixels inf. Becomes 0 of
            pixels that are full.
        over: (H, W, 4), zeros: becomes colour times alpha, and alpha.
        apart: (count, size², 4), zeros: becomes the same of the samples of numbered pixels.
        nearest: (H, W), metres: becomes the depth of hair where that covers half of a pixel.
    """
    taken, takens = np.zeros(number.shape, np.uint64), np.zeros(apart.shape[:2], np.uint64)
    height, width = number.shape
    for n in range(len(order)):
        p = order[n]
        q = p + 1
        x0, y0, x1, y1 = pixels[p, 0], pixels[p, 1], pixels[q, 0], pixels[q, 1]
        steep = abs(y1 - y0) >= abs(x1 - x0)  # then rows are walked, else columns
        a0, b0, a1, b1 = (y0, x0, y1, x1) if steep else (x0, y0, x1, y1)
        if a0 > a1:
            p, q, a0, b0, a1, b1 = q, p, a1, b1, a0, b0
        if a1 - a0 < np.float32(1e-4):
            continue
        limit_a, limit_b = (height, width) if steep else (width, height)
        if hidden(x0, y0, x1, y1, min(far[p], far[q]), until):
            continue
        slope = (b1 - b0) / (a1 - a0)
        stretch, inverse = np.sqrt(_ONE + slope * slope), _ONE / (a1 - a0)
        for a in range(max(0, int(np.floor(a0))), min(limit_a - 1, int(np.floor(a1))) + 1):
            row = np.float32(a)
            low, high = max(a0, row), min(a1, row + _ONE)
            share = high - low
            if share <= 0:
                continue
            t = (_HALF * (low + high) - a0) * inverse
            middle = b0 + t * (b1 - b0)
            across = (widths[p] + t * (widths[q] - widths[p])) * stretch
            shift = max(abs(slope) * share, np.float32(0.02))
            wide, narrow = max(across, shift), max(min(across, shift), np.float32(0.01))
            reach = _HALF * (wide + narrow)
            z = far[p] + t * (far[q] - far[p])
            passed, before = -1, 0.0
            for b in range(max(0, int(np.floor(middle - reach))), min(limit_b - 1, int(np.floor(middle + reach))) + 1):
                y, x = (a, b) if steep else (b, a)
                if z > until[y, x]:
                    continue
                if passed != b:
                    before = _below(b - middle, wide, narrow)
                after = _below(b + 1 - middle, wide, narrow)
                cover = min(across * share * (after - before), 1.0)
                passed, before = b + 1, after
                if cover <= 0:
                    continue
                begin = b0 + (row - a0) * slope - np.float32(b)
                mask = _covers(low - row, high - row, begin, slope, _HALF * across, steep)
                if until[y, x] < np.inf:
                    seen = min(cover * _seen_share(mask, taken[y, x]), 1 - over[y, x, 3])
                    taken[y, x] |= mask
                    for c in range(3):
                        over[y, x, c] += seen * (colours[p, c] + t * (colours[q, c] - colours[p, c]))
                    over[y, x, 3] += seen
                    if over[y, x, 3] >= 0.5 and z < nearest[y, x]:
                        nearest[y, x] = z
                    if taken[y, x] == _WHOLE:
                        _fill(over[y, x])
                    if over[y, x, 3] >= FULL:
                        until[y, x] = 0
                    continue
                k = number[y, x]
                for s in range(size * size):
                    if apart[k, s, 3] >= FULL or z > depth[y * size + s // size, x * size + s % size] + BIAS:
                        continue
                    seen = min(cover * _seen_share(mask, takens[k, s]), 1 - apart[k, s, 3])
                    takens[k, s] |= mask
                    for c in range(3):
                        apart[k, s, c] += seen * (colours[p, c] + t * (colours[q, c] - colours[p, c]))
                    apart[k, s, 3] += seen
                    if takens[k, s] == _WHOLE:
                        _fill(apart[k, s])


@njit(cache=True, error_model="numpy")
def _fill(colour):
    """Makes a colour with its alpha (4,) opaque: in place."""
    for c in range(3):
        colour[c] /= colour[3]
    colour[3] = 1
