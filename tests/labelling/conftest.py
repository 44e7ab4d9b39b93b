"""Tiny ONNX models, written by hand so that the package onnx is not needed, and photos of a person of flat colour."""

import cv2
import numpy as np
import pytest

FLOAT = 1  # of onnx.TensorProto.DataType


def _varint(number):
    out = b""
    while True:
        number, low = number >> 7, number & 127
        out += bytes([low | (128 if number else 0)])
        if not number:
            return out


def _field(number, value):
    """A field of a protobuf message: a whole number, or text, bytes or a message."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    value = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _value(name, dtype, shape):
    dims = b"".join(_field(1, _field(2 if isinstance(side, str) else 1, side)) for side in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, dtype) + _field(2, dims)))


def _onnx_model(nodes, takes, gives, constants=()):
    """The bytes of a model (onnx.proto3). `nodes` are (operator, inputs, output), `takes` is (dtype, shape)."""
    graph = b"".join(
        _field(1, b"".join(_field(1, name) for name in inputs) + _field(2, output) + _field(4, operator))
        for operator, inputs, output in nodes
    )
    graph += _field(2, "g")
    for name, array in dict(constants).items():
        array = np.asarray(array, np.float32)
        dims = b"".join(_field(1, side) for side in array.shape)
        graph += _field(5, dims + _field(2, FLOAT) + _field(8, name) + _field(9, array.tobytes()))
    graph += b"".join(_field(11, _value(name, *one)) for name, one in dict(takes).items())
    graph += b"".join(_field(12, _value(name, FLOAT, shape)) for name, shape in dict(gives).items())
    return _field(1, 8) + _field(7, graph) + _field(8, _field(1, "") + _field(2, 17))


def _mean_model(scale=1.0, shift=0.0, shape=(1, 3, 32, 32), gives=None):
    """scale · (mean of the colours) + shift, per pixel."""
    weights = np.full((1, 3, 1, 1), scale / 3)
    constants = {"w": weights, "b": np.full(1, shift)}
    gives = gives or (shape[0], 1, *shape[2:])
    return _onnx_model([("Conv", ("x", "w", "b"), "y")], {"x": (FLOAT, shape)}, {"y": gives}, constants)


@pytest.fixture
def network(tmp_path):
    """The mean of the colours as an alpha, 32x32."""
    path = tmp_path / "mean.onnx"
    path.write_bytes(_mean_model())
    return path


def portrait(index, height=40, width=32):
    """A grey picture, uint8 RGB, whose person is a white block, and its alpha."""
    image, alpha = np.full((height, width, 3), 20, np.uint8), np.zeros((height, width), np.float32)
    image[10:, 8 : 20 + index % 5] = 240
    alpha[10:, 8 : 20 + index % 5] = 1
    return image, alpha


@pytest.fixture
def photos(tmp_path):
    """Nine photos in a folder, three of them in a folder below it, and in `mattes` a matte for each."""
    for index in range(9):
        image, alpha = portrait(index)
        name = f"{'anna/' if index > 5 else ''}{index}"
        for folder, suffix, picture in (("photos", ".jpg", image), ("mattes", ".png", np.uint8(255 * alpha))):
            path = tmp_path / folder / f"{name}{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            assert cv2.imwrite(str(path), picture)
    return tmp_path / "photos"


@pytest.fixture
def onnx_model():
    """Makes the bytes of a model."""
    return _onnx_model


@pytest.fixture
def mean_model():
    """Makes those of one that gives the mean of the colours."""
    return _mean_model
