from dataclasses import replace

import numpy as np

from portrait_matting.prediction.cutout_file import Style
from portrait_matting.prediction.settings import Settings


def test_each_option_that_changes_a_result_changes_its_digest(tmp_path):
    (tmp_path / "a").write_bytes(b"weights")
    (tmp_path / "copy").write_bytes(b"weights")
    (tmp_path / "b").write_bytes(b"others")
    plain = Settings(tmp_path / "a", Style())
    grey = np.full((2, 3, 3), 9, np.uint8)
    styles = [
        Style("webp"),
        Style("webp", quality=80),
        Style(matte=True),
        Style(background=(0, 0, 0)),
        Style(background="blur"),
        Style(background=grey),
        Style(background=grey.reshape(3, 2, 3)),
        Style(background=grey + 1),
        Style("jpg", "blur"),
        Style("jpg", "blur", quality=80),
    ]
    options = [{"style": style} for style in styles]
    options += [{"refinement": "none"}, {"foreground": False}, {"input_size": 64}, {"precision": "32-true"}]
    options += [{"fit": "pad"}, {"flip": True}, {"checkpoint": tmp_path / "b"}]
    digests = [replace(plain, **option).of_photos for option in options]
    assert len({plain.of_photos, *digests}) == len(options) + 1


def test_what_changes_nothing_does_not(tmp_path):
    (tmp_path / "a").write_bytes(b"weights")
    (tmp_path / "copy").write_bytes(b"weights")
    plain = Settings(tmp_path / "a", Style())
    for other in (
        replace(plain, checkpoint=tmp_path / "copy"),
        replace(plain, smoothing=0.5),
        replace(plain, style=Style(quality=10)),
    ):
        assert other.of_photos == plain.of_photos
    assert replace(plain, smoothing=0.5).of_videos != plain.of_videos != plain.of_photos
    assert replace(plain, style=Style("webp")).of_videos == plain.of_videos
