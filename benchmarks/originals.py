"""Photos as large as EasyPortrait's, drawn: for benchmarks that shall run without the 92 GB."""

from pathlib import Path

import cv2
import numpy as np

from portrait_matting.synthetic.easyportrait import write_easyportrait

HEIGHT, WIDTH = 1920, 1080


def write_originals(root: Path, count: int, kilobytes: float) -> None:
    """Writes `count` training portraits of 1080x1920 with grain, so that a JPEG has about `kilobytes`.

    A drawing without grain has a third of the bytes of a photo, and decodes faster than one.
    """
    write_easyportrait(root, train=count, val=1, test=1, height=HEIGHT, width=WIDTH, quality=95)
    rng = np.random.default_rng(0)
    grain = cv2.GaussianBlur(rng.standard_normal((HEIGHT, WIDTH, 3), dtype=np.float32), (0, 0), 0.7)
    grain /= grain.std()
    for path in (root / "images").rglob("*.jpg"):
        image = cv2.imread(str(path)).astype(np.float32)
        low, high = 0.0, 40.0
        for _ in range(8):  # the grain's strength, halved towards the size that is wanted
            strength = (low + high) / 2
            photo = np.clip(image + strength * grain, 0, 255).astype(np.uint8)
            encoded = cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, 92])[1]
            low, high = (strength, high) if len(encoded) < kilobytes * 1e3 else (low, strength)
        path.write_bytes(encoded.tobytes())
