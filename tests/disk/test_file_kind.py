import io
import json
import struct
import tarfile

import numpy as np
import pytest
from PIL import Image

from portrait_matting.disk.file_kind import file_kind, kind_of


def picture(kind):
    file = io.BytesIO()
    Image.new("RGB", (32, 32)).save(file, kind)
    return file.getvalue()


def tar():
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("u2net.pth"), io.BytesIO())
    return file.getvalue()


HEADER = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()


@pytest.mark.parametrize(
    "content, kind",
    [
        *((picture(kind), f"a {kind} picture") for kind in ("JPEG", "PNG", "GIF", "BMP", "TIFF")),
        (picture("WEBP"), "a WebP picture"),
        (picture("AVIF"), "an AVIF picture"),
        (picture("ICO"), "a Windows icon"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1", "a HEIC picture"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "a video"),
        (b"\0\0\0\x18ftypcrx \0\0\0\0", "a camera's raw file"),
        (b"8BPS\0\1", "a Photoshop document"),
        (b"%PDF-1.4", "a PDF document"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b"<svg/>", "an SVG drawing"),
        (b"<!DOCTYPE html>\n<html>", "an HTML page, perhaps of a download that asked for a login or was not found"),
        (b"\n\n<HTML><head>", "an HTML page, perhaps of a download that asked for a login or was not found"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "an XML text"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer, not the file that it stands for"),
        (b'{"a": 1}', "a JSON text"),
        (b"[1, 2", "a text"),
        ("Größe\n".encode() * 3, "a text"),
        (b"hello", "a text"),
        (b"\x1f\x8b\x08\0", "a gzip archive"),
        (tar(), "a tar archive"),
        (b"PK\3\4", "a zip archive"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes its weights"),
        (b"\x1c\0\0\0TFL3", "a TensorFlow Lite model"),
        (struct.pack("<Q", len(HEADER)) + HEADER + bytes(4), "a safetensors file"),
        (b"\x08\x07\x12\x07pytorch\x1a\x052.1.0:", "an ONNX model"),
        (b"\x93NUMPY\1\0", "a NumPy array"),
        (b"\xff\xd8", None),
        (b"", None),
        (bytes(5000), None),
        (np.random.default_rng(0).bytes(5000), None),
        (b"\x80\x02}q\0.", None),
    ],
    ids=lambda value: repr(value[:12]) if isinstance(value, bytes) else str(value),
)
def test_a_file_is_known_by_its_first_bytes(content, kind, tmp_path):
    assert kind_of(content) == kind
    (tmp_path / "a.pth").write_bytes(content)
    assert file_kind(tmp_path / "a.pth") == kind


def test_a_long_text_may_be_cut_within_a_letter(tmp_path):
    (tmp_path / "a").write_bytes(b"x" + "ä".encode() * 5000)
    assert file_kind(tmp_path / "a") == "a text"
    (tmp_path / "a").write_text(json.dumps(list(range(5000))))
    assert file_kind(tmp_path / "a") == "a JSON text"
