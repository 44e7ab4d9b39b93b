from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image

from portrait_matting.data.augment import Augmentation
from portrait_matting.images.io import decode_image
from portrait_matting.images.opencv import decode_rgb
from portrait_matting.images.pixels import upright

DARK, BRIGHT = 40, 215


def jpeg(pixels: np.ndarray, orientation=1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    encoded = BytesIO()
    Image.fromarray(pixels).save(encoded, "JPEG", quality=95, exif=exif)
    return encoded.getvalue()


def borders(light: np.ndarray) -> list[float]:
    """How far a bright rectangle on dark, (S, S) of about 0 to 1, is from each side of the picture, in pixels."""
    middle = len(light) // 2
    row, column = light[middle - 5 : middle + 5].mean(0), light[:, middle - 5 : middle + 5].mean(1)
    return [float((1 - half).sum()) for line in (row, column) for half in (line[:middle], line[middle:])]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("width, height", [(1081, 1921), (1087, 1927), (1079, 1919), (1080, 1921)])
def test_a_reduced_photo_stays_aligned_with_its_alpha(width, height, orientation):
    """At an eighth, 1081 pixels are 135.1, of which libjpeg makes 136: the right edge was off by 8.5 photo pixels."""
    alpha = np.zeros((height, width), np.float32)
    alpha[110:-150, 90:-70] = 1
    light = (DARK + alpha * (BRIGHT - DARK)).astype(np.uint8)
    encoded, alpha = jpeg(light, orientation), upright(alpha, orientation)
    for by in (2, 4, 8):
        image = decode_image(encoded, "a.jpg", width // by)
        assert width // by <= min(image.shape[:2]) <= width // by + 1
        for side in (72, 320):
            sample = Augmentation([], side)(image, alpha, 0)
            shown = sample["image"][1].numpy()
            shown = (shown - shown.min()) / (np.percentile(shown, 90) - shown.min())
            low, high = np.percentile(shown, 1), np.percentile(shown, 50)
            there, true = borders((shown - low) / (high - low)), borders(sample["alpha"][0].numpy())
            np.testing.assert_allclose(there, true, atol=0.1, err_msg=f"1/{by} at {side}")


@pytest.mark.parametrize("by", [2, 4, 8])
def test_a_reduced_photo_covers_the_whole_and_nothing_else(by):
    for width in range(408, 408 + by):
        for height in (400, 401, 407):
            ramp = np.linspace(0, 255, width)[None].repeat(height, 0)
            image = decode_rgb(jpeg(np.rint(ramp).astype(np.uint8)), height, width, min(height, width) // by)
            assert min(image.shape[:2]) >= min(height, width) // by
            columns = image.shape[1]
            expected = ((np.arange(columns) + 0.5) * width / columns - 0.5) * 255 / (width - 1)
            # But for the last one, in which the file's own padding has a part.
            np.testing.assert_allclose(image[..., 0].mean(0)[:-1], expected[:-1], atol=1.5)


def test_a_size_that_can_be_halved_is_as_libjpeg_gives_it():
    encoded = jpeg(np.random.default_rng(0).integers(0, 256, (322, 162, 3), dtype=np.uint8))
    plain = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_REDUCED_COLOR_2)
    np.testing.assert_array_equal(decode_rgb(encoded, 322, 162, 81), plain[..., ::-1])


def test_what_opencv_cannot_decode_or_sees_otherwise_than_the_header():
    encoded = jpeg(np.zeros((40, 30, 3), np.uint8))
    assert decode_rgb(encoded, 40, 30).shape == (40, 30, 3)
    assert decode_rgb(encoded, 30, 40) is None
    assert decode_rgb(b"", 40, 30) is None
    assert decode_rgb(b"\xff\xd8", 40, 30) is None
