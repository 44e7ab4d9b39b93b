import io

import numpy as np
import pytest
from PIL import Image

from portrait_matting.images.io import read_alpha
from portrait_matting.labelling.label_file import Mark, digest, encode, read_mark

ALPHA = np.linspace(0, 1, 60, dtype=np.float32).reshape(6, 10)


@pytest.mark.parametrize("confidence", [None, 0.0, 0.9731234567, 1.0])
def test_a_label_says_what_it_was_made_of(confidence, tmp_path):
    made_of = digest(b"photo")
    encoded, mark = encode(ALPHA, made_of, confidence)
    (tmp_path / "a.png").write_bytes(encoded)
    assert read_mark(tmp_path / "a.png") == mark
    assert mark == Mark(made_of, confidence and round(confidence, 6), mark.coverage, 6, 10)
    assert mark.coverage == pytest.approx(0.5, abs=2e-3)


def test_it_is_a_picture_like_any_other(tmp_path):
    encoded, _ = encode(ALPHA, digest(b""), 0.5)
    Image.open(io.BytesIO(encoded)).verify()  # the checksum of each chunk, too
    (tmp_path / "a.png").write_bytes(encoded)
    np.testing.assert_allclose(read_alpha(tmp_path / "a.png"), ALPHA, atol=0.5 / 255 + 1e-6)


def test_what_is_not_whole_or_not_ours_has_no_mark(tmp_path):
    path = tmp_path / "a.png"
    encoded, _ = encode(ALPHA, digest(b""), 0.5)
    plain = io.BytesIO()
    Image.fromarray(np.zeros((6, 10), np.uint8)).save(plain, "PNG")
    for content in (b"", encoded[:20], encoded[:-1], encoded[:-20], bytes(len(encoded)), plain.getvalue()):
        path.write_bytes(content)
        assert read_mark(path) is None
    assert read_mark(tmp_path / "nowhere.png") is None


def test_a_digest_is_of_each_file():
    assert len({digest(b"ab"), digest(b"a", b"b"), digest(b"", b"ab"), digest(b"ab", b"")}) == 4
