"""ONNX models as ONNX Runtime reads them, TensorFlow Lite models by a stand-in for LiteRT's interpreter."""

import sys
from types import ModuleType

import numpy as np
import pytest

from portrait_matting.errors import InputError
from portrait_matting.labelling.network_choice import NetworkChoice, check_network

RAMP = np.tile(np.arange(0, 256, 8, dtype=np.uint8)[:, None], (32, 1, 3))  # brighter from left to right
MEAN = RAMP[..., 0] / np.float32(255)


def opened(path, content, **given):
    path.write_bytes(content)
    return NetworkChoice(path, **given).build()


class TestOnnx:
    @pytest.fixture(autouse=True)
    def runtime(self):
        pytest.importorskip("onnxruntime")

    def test_an_alpha(self, tmp_path, mean_model):
        network = opened(tmp_path / "a.onnx", mean_model())
        assert (network.kind, network.height, network.width, network.normalisation, network.values) == (
            *("onnx", 32, 32),
            *("unit", "alpha"),
        )
        np.testing.assert_allclose(network(RAMP), MEAN, atol=1e-5)

    def test_logits_are_told_by_their_numbers(self, tmp_path, mean_model):
        network = opened(tmp_path / "a.onnx", mean_model(scale=10, shift=-5))
        assert network.values == "logits"
        np.testing.assert_allclose(network(RAMP), 1 / (1 + np.exp(5 - 10 * MEAN)), atol=1e-5)

    def test_two_channels_of_probabilities_and_of_logits(self, tmp_path, onnx_model):
        weights = np.stack([np.full((3, 1, 1), -1 / 3), np.full((3, 1, 1), 1 / 3)])
        nodes = [("Conv", ("x", "w"), "y")]
        takes, gives = {"x": (1, (1, 3, 32, 32))}, (1, 2, 32, 32)
        network = opened(tmp_path / "a.onnx", onnx_model(nodes, takes, {"y": gives}, {"w": weights}))
        assert network.values == "logits"
        expected = 1 / (1 + np.exp(-2 * MEAN))
        np.testing.assert_allclose(network(RAMP), expected, atol=1e-5)
        ones = np.ones((1, 2, 1, 1))
        nodes += [("Exp", ("y",), "e"), ("Mul", ("e", "one"), "s")]
        weights_sum = {"one": ones, "w": weights, "v": np.ones((2, 2, 1, 1))}
        nodes += [("Conv", ("s", "v"), "t"), ("Div", ("s", "t"), "p")]
        network = opened(tmp_path / "b.onnx", onnx_model(nodes, takes, {"p": gives}, weights_sum))
        assert network.values == "alpha"
        np.testing.assert_allclose(network(RAMP), expected, atol=1e-5)
        first = NetworkChoice(tmp_path / "b.onnx", channel=0).build()
        np.testing.assert_allclose(first(RAMP), 1 - expected, atol=1e-5)

    def test_free_sides_take_the_size_that_is_said(self, tmp_path, mean_model):
        free = mean_model(shape=("b", 3, "h", "w"))
        with pytest.raises(InputError, match="say with --input-size"):
            opened(tmp_path / "a.onnx", free)
        assert opened(tmp_path / "a.onnx", free, input_size=64)(RAMP).shape == (64, 64)

    def test_numbers_that_leave_the_range_later_are_refused(self, tmp_path, mean_model):
        network = opened(tmp_path / "a.onnx", mean_model())
        network.taken = network.taken.__class__(32, 32, False, np.dtype(np.float32), "raw", "squash")
        with pytest.raises(InputError, match="gives alpha from 0 to 248, no alphas: give --values logits"):
            network(RAMP)

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (b"", "is empty, no network: copy it again"),
            (b"\x89PNG\r\n\x1a\n" + bytes(50), "is a PNG picture, no network in spite of its name"),
            (b"<!DOCTYPE html><html>", "is an HTML page, perhaps of a download"),
            (bytes(3000), "cannot be opened by ONNX Runtime .*: copy it again"),
        ],
    )
    def test_what_is_no_model_is_said(self, tmp_path, content, says):
        with pytest.raises(InputError, match=says):
            opened(tmp_path / "a.onnx", content)

    def test_models_that_are_cut_off_or_take_or_give_something_else(self, tmp_path, mean_model, onnx_model):
        with pytest.raises(InputError, match=r"cannot be opened by ONNX Runtime \((?!\[ONNX)"):
            opened(tmp_path / "a.onnx", mean_model()[:60])
        picture = (1, (1, 3, 32, 32))
        for nodes, takes, gives, says in (
            ([("Add", ("a", "b"), "y")], {"a": picture, "b": picture}, (1, 3, 32, 32), "takes a, b, not one picture"),
            ([("GlobalAveragePool", ("x",), "y")], {"x": picture}, (1, 3, 1, 1), "gives 1x3x1x1, no matte"),
            ([("Identity", ("x",), "y")], {"x": (1, (1, 10))}, (1, 10), "takes 1x10, no RGB picture"),
        ):
            with pytest.raises(InputError, match=says):
                opened(tmp_path / "a.onnx", onnx_model(nodes, takes, {"y": gives}))
        with pytest.raises(InputError, match="predicts NaN"):
            opened(tmp_path / "a.onnx", mean_model(shift=np.nan))
        with pytest.raises(InputError, match=r"numbers from 0 to 255, neither alphas.*--values"):
            opened(tmp_path / "a.onnx", mean_model(scale=255))
        network = opened(tmp_path / "a.onnx", mean_model(scale=255), values="levels")
        np.testing.assert_allclose(network(RAMP), MEAN, atol=1e-5)

    def test_the_name_does_not_count(self, tmp_path, mean_model):
        assert opened(tmp_path / "a.tflite", mean_model()).kind == "onnx"


class Interpreter:
    """The part of LiteRT's interpreter that is used, of a network that gives the mean of the colours."""

    details = None

    def __init__(self, model_content, num_threads):
        if len(model_content) < 20:
            raise ValueError("The model is not a valid Flatbuffer buffer")
        self.shape = self.details["shape"]

    def get_input_details(self):
        return [{"index": 0, "name": "x", **self.details, "shape": self.shape}]

    def get_output_details(self):
        return [{"index": 1, "shape": (1, *self.shape[1:3], 1), "quantization": self.details["quantization"]}]

    def resize_tensor_input(self, index, shape):
        self.shape = tuple(shape)

    def allocate_tensors(self):
        pass

    def set_tensor(self, index, array):
        assert array.dtype == self.details["dtype"]
        assert array.shape == self.shape
        self.array = array

    def invoke(self):
        pass

    def get_tensor(self, index):
        return (
            np.rint(self.array.mean(-1, keepdims=True)).astype(self.details["dtype"])
            if (self.details["dtype"] != np.float32)
            else self.array.mean(-1, keepdims=True)
        )


class TestTflite:
    MODEL = b"\x1c\0\0\0TFL3" + bytes(40)

    @pytest.fixture(autouse=True)
    def runtime(self, monkeypatch):
        package, module = ModuleType("ai_edge_litert"), ModuleType("ai_edge_litert.interpreter")
        module.Interpreter = Interpreter
        monkeypatch.setitem(sys.modules, "ai_edge_litert", package)
        monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", module)
        self.details = lambda **details: monkeypatch.setattr(
            Interpreter,
            "details",
            {"shape": (1, 32, 32, 3), "dtype": np.float32, "quantization": (0.0, 0), **details},
        )

    def test_floats(self, tmp_path):
        self.details()
        network = opened(tmp_path / "a.tflite", self.MODEL)
        assert (network.kind, network.height, network.normalisation, network.values) == ("tflite", 32, "unit", "alpha")
        np.testing.assert_allclose(network(RAMP), MEAN, atol=1e-5)

    def test_quantised_numbers(self, tmp_path):
        self.details(dtype=np.int8, quantization=(1 / 255, -128))
        np.testing.assert_allclose(opened(tmp_path / "a.tflite", self.MODEL)(RAMP), MEAN, atol=1e-5)

    def test_free_sides(self, tmp_path):
        self.details(shape=(1, 1, 1, 3), shape_signature=np.array([-1, -1, -1, 3]))
        with pytest.raises(InputError, match="say with --input-size"):
            opened(tmp_path / "a.tflite", self.MODEL)
        assert opened(tmp_path / "a.tflite", self.MODEL, input_size=64)(RAMP).shape == (64, 64)

    def test_a_model_that_is_cut_off(self, tmp_path):
        self.details()
        with pytest.raises(InputError, match=r"cannot be opened by LiteRT \(The model is not .*\): copy it again"):
            opened(tmp_path / "a.tflite", self.MODEL[:12])


@pytest.mark.parametrize(
    ("name", "content", "package"),
    [("a.onnx", None, "onnxruntime"), ("a.tflite", TestTflite.MODEL, "ai-edge-litert")],
)
def test_a_missing_extra_names_the_cure(name, content, package, tmp_path, monkeypatch, mean_model):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(InputError, match=f"needs {package}, which is not installed: pip install .*label"):
        opened(tmp_path / name, content or mean_model())


def test_a_network_of_the_package_has_a_name():
    network = NetworkChoice(check_network("portraits")).build()
    assert (network.kind, network.values) == ("checkpoint", "logits")
    assert network(RAMP).shape == (network.height, network.width)
    with pytest.raises(InputError, match="no network of that name in the package"):
        check_network("portrait")


def test_what_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"there is no network .*nowhere.onnx: check the path"):
        NetworkChoice(tmp_path / "nowhere.onnx").build()
    with pytest.raises(InputError, match="is a folder"):
        NetworkChoice(tmp_path).build()
    with pytest.raises(InputError, match="is a text, no checkpoint"):
        opened(tmp_path / "a.ckpt", b"hello\n")
