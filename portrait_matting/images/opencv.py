"""Common photos decoded by OpenCV, the faster way; JPEGs smaller than they are where that is enough."""

import cv2
import numpy as np

_REDUCED = ((8, cv2.IMREAD_REDUCED_COLOR_8), (4, cv2.IMREAD_REDUCED_COLOR_4), (2, cv2.IMREAD_REDUCED_COLOR_2))


def decode_rgb(encoded: bytes, height: int, width: int, least_side: int = 0) -> np.ndarray | None:
    """Decodes a JPEG, PNG or WebP to uint8 RGB (H, W, 3), not turned by its EXIF orientation.

    Args:
        encoded: the file's content.
        height, width: what its header says.
        least_side: a JPEG may come at 1/2, 1/4 or 1/8 of its size, as far as its shorter side keeps so many pixels:
            libjpeg then skips the high frequencies instead of computing them. The result covers the whole picture and
            nothing else, whatever its sides. 0: at its full size, as any other file must.

    Returns:
        None where OpenCV cannot decode it, or finds another size.
    """
    step = min(height, width) // least_side if least_side else 1
    by, flag = next(((by, flag) for by, flag in _REDUCED if step >= by), (1, cv2.IMREAD_COLOR_RGB))
    try:
        image = cv2.imdecode(np.frombuffer(encoded, np.uint8), flag | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:  # larger than OpenCV's limit, or empty
        return None
    if image is None or image.shape != (-(-height // by), -(-width // by), 3):  # libjpeg rounds up
        return None
    if by == 1:
        return image
    image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB, dst=image)
    return image if height % by == width % by == 0 else _without_padding(image, height / by, width / by)


def _without_padding(image: np.ndarray, height: float, width: float) -> np.ndarray:
    """Resamples the part [0, height) x [0, width) of a picture whose last row and column lie beyond it by a fraction.

    An eighth of 1081 pixels is 135.1, of which libjpeg makes 136: as it is, the picture would show 7 pixels of padding,
    and what is at the right edge would be 7 pixels from where the alpha has it.
    """
    rows, columns = _whole(image.shape[0], height), _whole(image.shape[1], width)
    # With factors and without a size, OpenCV's scale is exactly the factor and the size is rounded; with a size, the
    # scale would be that of the sizes. A quarter of warpAffine's time, which may say the same.
    scaled = cv2.resize(image, None, fx=columns / width, fy=rows / height, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(scaled[:rows, :columns])


def _whole(there: int, length: float) -> int:
    """How many pixels are to cover `length`, which `there` pixels cover with a fraction of one to spare.

    Of the two whole numbers around `length`, the one farther from it: so neither the result nor what OpenCV rounds it
    to is of `there` pixels, a size of which it would make a copy. Both are at least `least_side`, which is whole.
    """
    return there - 1 if 0 < there - length < 0.5 else there
