import cv2
import numpy as np
import pytest

from portrait_matting.errors import InputError
from portrait_matting.images.io import read_image
from portrait_matting.images.tiff import pixel_type
from portrait_matting.prediction.photo_file import read_photo


@pytest.mark.parametrize(
    "dtype, channels, said",
    [
        (np.float32, 3, "3 channels of 32-bit floats"),
        (np.float32, 4, "4 channels of 32-bit floats"),
        (np.float64, 3, "3 channels of 64-bit floats"),
        (np.float64, 1, "1 channel of 64-bit floats"),
        (np.int32, 3, "3 channels of 32-bit signed integers"),
    ],
)
def test_it_is_said_what_a_tiff_holds_that_is_not_read(dtype, channels, said, tmp_path):
    path = tmp_path / "a.tif"
    cv2.imwrite(str(path), np.full((5, 7, channels), 0.5, dtype).squeeze())
    for read in (read_photo, read_image):
        with pytest.raises(InputError, match=f"a.tif is a TIFF of {said}, which is not read: save it with 8 or 16"):
            read(path)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InputError) as refused:
        read_photo(path)
    assert "channel" not in str(refused.value)


@pytest.mark.parametrize("dtype, channels", [(np.uint8, 3), (np.uint16, 3), (np.uint16, 1), (np.float32, 1)])
def test_what_is_read_is_read_as_before(dtype, channels, tmp_path):
    path = tmp_path / "a.tif"
    cv2.imwrite(str(path), np.ones((5, 7, channels), dtype).squeeze())
    assert read_photo(path).image.shape == (5, 7, 3)


@pytest.mark.parametrize("content", [b"", b"II*\0", b"MM\0*", b"II+\0" + bytes(50), b"II*\0" + b"\xff" * 50, b"text"])
def test_what_is_no_whole_tiff(content, tmp_path):
    (tmp_path / "a.tif").write_bytes(content)
    with (tmp_path / "a.tif").open("rb") as file:
        assert pixel_type(file) is None
        assert file.tell() == 0
