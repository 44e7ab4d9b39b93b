from pathlib import Path

import cv2
import numpy as np
import pytest

from portrait_matting.labelling.network_choice import NetworkChoice
from portrait_matting.labelling.teacher import MatteTeacher, NetworkTeacher, PhotoError


def jpeg(height, width, level=200):
    return cv2.imencode(".jpg", np.full((height, width, 3), level, np.uint8))[1].tobytes()


def matte(tmp_path, height, width):
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), np.tile(np.linspace(0, 255, width).astype(np.uint8), (height, 1)))
    return MatteTeacher({"a": path})


def test_a_matte_of_the_photos_size_is_taken_as_it_is(tmp_path):
    teacher = matte(tmp_path, 30, 20)
    alpha, confidence = teacher.label("a", jpeg(30, 20), Path("a.jpg"))
    np.testing.assert_array_equal(np.rint(alpha * 255), cv2.imread(str(tmp_path / "a.png"), 0))
    assert confidence is None
    assert teacher.others("a") == ((tmp_path / "a.png").read_bytes(),)


@pytest.mark.parametrize("size", [(60, 40), (15, 10), (67, 45)])
def test_one_of_another_size_and_the_same_shape_is_resized(size, tmp_path):
    alpha, _ = matte(tmp_path, *size).label("a", jpeg(30, 20), Path("a.jpg"))
    assert (alpha.shape, alpha.dtype) == ((30, 20), np.float32)


def test_one_of_another_shape_is_refused(tmp_path):
    with pytest.raises(PhotoError, match=r"its matte a.png is 25x25, of another shape than the photo's 20x30: save it"):
        matte(tmp_path, 25, 25).label("a", jpeg(30, 20), Path("a.jpg"))


def test_what_is_missing_or_broken_is_said(tmp_path):
    teacher = matte(tmp_path, 30, 20)
    with pytest.raises(PhotoError, match="there is no matte of its name"):
        teacher.others("b")
    with pytest.raises(PhotoError, match=r"^cannot be decoded as an image \(empty"):
        teacher.label("a", b"", Path("photos/a.jpg"))
    with pytest.raises(PhotoError, match=r"^cannot be decoded, it is a truncated JPEG"):
        teacher.label("a", jpeg(30, 20)[:-2], Path("photos/a.jpg"))
    (tmp_path / "a.png").write_bytes(b"nothing")
    with pytest.raises(PhotoError, match=r"^its matte a.png: cannot be decoded"):
        teacher.label("a", jpeg(30, 20), Path("photos/a.jpg"))


class Grey:
    """The mean of the colours, at an eighth of the photo's size."""

    height = width = 8

    def __call__(self, image):
        return cv2.resize(image.mean(2, dtype=np.float32) / 255, (8, 8), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("refinement", ["bilinear", "detail"])
def test_a_networks_matte_comes_to_the_photos_size(refinement):
    teacher = NetworkTeacher(NetworkChoice(Path("a.onnx")), refinement, Grey())
    alpha, confidence = teacher.label("a", jpeg(300, 200, 153), Path("a.jpg"))
    assert (alpha.shape, alpha.dtype) == ((300, 200), np.float32)
    np.testing.assert_allclose(alpha, 0.6, atol=0.01)
    assert confidence == pytest.approx(1, abs=1e-4)


def test_the_label_is_upright_as_training_sees_the_photo():
    """Of an EXIF orientation of 6 the stored picture, wider than high, is turned."""
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    picture = np.zeros((100, 160, 3), np.uint8)
    picture[:, :80] = 255  # the left of what is stored is the top of what is seen
    stored = cv2.imencode(".jpg", picture)[1].tobytes()
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    teacher = NetworkTeacher(NetworkChoice(Path("a.onnx")), "bilinear", Grey())
    alpha, _ = teacher.label("a", stored[:2] + segment + stored[2:], Path("a.jpg"))
    assert alpha.shape == (160, 100)
    assert alpha[:60].min() > 0.9
    assert alpha[100:].max() < 0.1


def test_a_teacher_travels_without_its_network(tmp_path):
    import pickle

    teacher = NetworkTeacher(NetworkChoice(Path("a.onnx")), "bilinear", Grey())
    assert pickle.loads(pickle.dumps(teacher)) == NetworkTeacher(NetworkChoice(Path("a.onnx")), "bilinear")
