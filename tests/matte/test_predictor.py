import numpy as np
import pytest
import torch
from torch import Tensor, nn

from portrait_matting.errors import InputError
from portrait_matting.images.network_input import NORMALISATIONS, to_input
from portrait_matting.matte.predictor import FITS, Predictor
from portrait_matting.models.network import Network
from portrait_matting.models.u2net import u2netp

LITE = {"_target_": "portrait_matting.models.u2net.u2netp", "weights": None}


class Brightness(Network):
    """Logits that grow with the red of each pixel; remembers what it saw."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Tensor] = []

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        self.seen.append(image)
        return {"side1": torch.full_like(image[:, :1], torch.nan), "matte": image[:, :1]}  # nobody asks the side output


class FromLeft(Network):
    """Logits that fall from left to right, whatever the picture."""

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        columns = torch.linspace(3, -1, image.shape[-1])
        return {"matte": columns.expand(len(image), 1, *image.shape[-2:])}


def photos(*sizes: tuple[int, int]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (*size, 3), dtype=np.uint8) for size in sizes]


def sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits.astype(np.float64)))


@pytest.mark.parametrize("fit", FITS)
def test_the_matte_is_the_sigmoid_of_its_logits(fit):
    [photo] = photos((60, 90))
    predictor = Predictor(Brightness(), 32, fit=fit)
    [matte] = predictor([photo])
    size = predictor.network_size(60, 90)
    assert matte.dtype == np.float32
    assert matte.shape == size
    assert matte.flags.c_contiguous
    np.testing.assert_allclose(matte, sigmoid(to_input(photo, size)[0].numpy()), atol=1e-6)


@pytest.mark.parametrize(
    "fit, photo, size",
    [
        ("squash", (1920, 1080), (320, 320)),
        ("pad", (1920, 1080), (320, 180)),
        ("pad", (1080, 1920), (180, 320)),
        ("pad", (1, 20_000), (1, 320)),
        ("keep", (1000, 1000), (320, 320)),
        ("keep", (1920, 1080), (424, 240)),  # 320 * sqrt(16/9) = 426.7 and 320 * 3/4 = 240, to multiples of 8
        ("keep", (1, 20_000), (16, 1280)),
        ("keep", (20_000, 1), (1280, 16)),
    ],
)
def test_the_size_in_which_the_network_sees_a_photo(fit, photo, size):
    assert Predictor(Brightness(), 320, fit=fit).network_size(*photo) == size


@pytest.mark.parametrize(
    "fit, batches",
    [
        ("squash", [(4, 3, 32, 32)]),
        ("pad", [(4, 3, 32, 32)]),
        ("keep", [(2, 3, 24, 40), (2, 3, 40, 24)]),
    ],
)
def test_photos_of_one_shape_go_through_together_and_come_back_in_order(fit, batches):
    net = Brightness()
    predictor = Predictor(net, 32, fit=fit)
    pictures = photos((60, 100), (100, 60), (30, 50), (50, 30))
    together = predictor(pictures)
    assert [tuple(batch.shape) for batch in net.seen] == batches
    for picture, matte in zip(pictures, together, strict=True):
        np.testing.assert_array_equal(matte, predictor([picture])[0])


def test_no_photos():
    assert Predictor(Brightness(), 32)([]) == []


def test_around_a_padded_photo_is_the_mean_colour():
    net = Brightness()
    Predictor(net, 32, fit="pad")(photos((16, 8)))
    [seen] = net.seen
    assert seen.shape == (1, 3, 32, 32)
    assert seen[..., :16].abs().sum() > 0
    assert seen[..., 16:].abs().sum() == 0


@pytest.mark.parametrize("fit", FITS)
def test_flip_averages_with_the_mirrored_photos_matte(fit):
    [photo] = photos((40, 40))
    plain = Predictor(FromLeft(), 32, fit=fit)([photo])[0]
    both = Predictor(FromLeft(), 32, fit=fit, flip=True)([photo])[0]
    np.testing.assert_allclose(both, (plain + plain[:, ::-1]) / 2, atol=1e-6)
    assert np.ptp(plain) > 0.5
    seeing = Predictor(Brightness(), 32, fit=fit, flip=True)([photo])[0]
    np.testing.assert_allclose(seeing, Predictor(Brightness(), 32, fit=fit)([photo])[0], atol=1e-6)


def test_a_padded_photo_is_flipped_where_it_lies():
    """A photo half as wide as the square: mirrored, it lies on the right, and its matte comes back from there."""
    [photo] = photos((40, 20))
    both = Predictor(Brightness(), 32, fit="pad", flip=True)([photo])[0]
    assert both.shape == (32, 16)
    np.testing.assert_allclose(both, Predictor(Brightness(), 32, fit="pad")([photo])[0], atol=1e-6)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (2000, 1), (3, 5)])
def test_photos_of_any_shape(fit, size):
    [matte] = Predictor(u2netp(), 32, fit=fit)([np.full((*size, 3), 200, np.uint8)])
    assert min(matte.shape) >= 1
    assert np.isfinite(matte).all()


def test_half_precision_comes_back_as_float32():
    [photo] = photos((32, 32))
    net = u2netp()
    exact = Predictor(net, 32)([photo])[0]
    half = Predictor(net, 32, precision="bf16-mixed")([photo])[0]
    assert half.dtype == np.float32
    assert 0 < np.abs(half - exact).max() < 0.1


def test_the_network_predicts_in_eval_mode_without_gradients():
    class Normed(Brightness):
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.BatchNorm2d(3)

        def forward(self, image: Tensor) -> dict[str, Tensor]:
            return super().forward(self.norm(image))

    net = Normed()
    predictor = Predictor(net, 32)
    predictor(photos((32, 32)))
    assert not net.training
    assert net.norm.running_mean.abs().sum() == 0
    assert not net.seen[0].requires_grad


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_broken_weights_are_named(value):
    class Broken(Network):
        def forward(self, image: Tensor) -> dict[str, Tensor]:
            return {"matte": image[:, :1] * value}

    with pytest.raises(InputError, match=r"^best\.ckpt predicts NaN: "):
        Predictor(Broken(), 32, name="best.ckpt")(
            [np.full((32, 32, 3), NORMALISATIONS["easyportrait"].mean, np.float32)]
        )


@pytest.mark.parametrize(
    "options, message",
    [
        ({"input_size": 15}, r"^input size 15 is too small: choose at least 16$"),
        ({"fit": "crop"}, r"^fit 'crop' is unknown: choose one of squash, keep, pad$"),
    ],
)
def test_options_that_cannot_be(options, message):
    with pytest.raises(InputError, match=message):
        Predictor(Brightness(), **{"input_size": 32} | options)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card")
def test_no_card():
    with pytest.raises(InputError, match=r"^no CUDA card"):
        Predictor(Brightness(), 32, device="cuda")


def test_a_checkpoint_of_ours_says_how_it_was_trained(tmp_path):
    net = u2netp()
    state = {f"net.{key}": value for key, value in net.state_dict().items()}
    torch.save({"state_dict": state, "config": {"model": LITE, "hardware": {"input_size": 48}}}, tmp_path / "a.ckpt")
    predictor = Predictor.from_checkpoint(tmp_path / "a.ckpt", device="cpu", precision="32-true")
    assert (predictor.input_size, predictor.normalisation) == (48, NORMALISATIONS["easyportrait"])
    [photo] = photos((50, 70))
    [matte] = predictor([photo])
    expected = net.eval()(to_input(photo, 48)[None])["matte"].sigmoid()[0, 0].detach()
    np.testing.assert_allclose(matte, expected, atol=1e-5)
    other = Predictor.from_checkpoint(tmp_path / "a.ckpt", input_size=32, fit="keep", flip=True)
    assert (other.input_size, other.fit, other.flip) == (32, "keep", True)
    assert str(tmp_path / "a.ckpt") == other.name


def test_the_reference_projects_weights_see_what_they_were_trained_with(tmp_path):
    torch.save(u2netp().state_dict(), tmp_path / "u2netp.pth")
    predictor = Predictor.from_checkpoint(tmp_path / "u2netp.pth", device="cpu")
    assert (predictor.input_size, predictor.normalisation) == (320, NORMALISATIONS["imagenet_by_maximum"])


def test_the_normalisation_reaches_the_network():
    net = Brightness()
    [photo] = photos((32, 32))
    Predictor(net, 32, normalisation=NORMALISATIONS["imagenet"])([photo])
    expected = (photo / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(net.seen[0][0].permute(1, 2, 0), expected, atol=1e-5)
