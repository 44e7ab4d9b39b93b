import re

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from portrait_matting import checkpoint
from portrait_matting.errors import InputError
from portrait_matting.evaluation.matte_file import read_matte
from portrait_matting.evaluation.mattes import FolderMattes, NetworkMattes, name_apart
from portrait_matting.images.network_input import NORMALISATIONS
from portrait_matting.models.u2net import u2netp

RAMP = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20


RECIPE = {"model": {"normalisation": "easyportrait"}, "hardware": {"input_size": 32}}


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    net = u2netp().eval()
    torch.nn.init.normal_(net.outconv.weight)  # else every matte is near 0.5
    return net


def checkpoint_of(net, path, input_size=32):
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {f"net.{key}": value for key, value in net.state_dict().items()}
    model = {"_target_": "portrait_matting.models.u2net.u2netp", "weights": None}
    torch.save({"state_dict": state, "config": {"model": model, "hardware": {"input_size": input_size}}}, path)
    return path


def photo(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def save(array, path, **how):
    Image.fromarray(array).save(path, **how)
    return path


def test_a_network_sees_photos_as_in_training_and_answers_at_the_size_asked_for(net, tmp_path):
    image = photo(32, 32)
    (matte,) = NetworkMattes(checkpoint_of(net, tmp_path / "a.ckpt"))(["a"], [image], [(50, 40)])
    planes = torch.from_numpy(
        (image - np.float32(NORMALISATIONS["easyportrait"].mean)) / np.float32(NORMALISATIONS["easyportrait"].std)
    ).permute(2, 0, 1)[None]
    with torch.no_grad():
        small = net(planes)["matte"].sigmoid()
    expected = F.interpolate(small, (50, 40), mode="bilinear")[0, 0].numpy()
    assert matte.shape == (50, 40)
    assert matte.dtype == np.float32
    np.testing.assert_allclose(matte, expected, atol=1e-5)
    assert matte.std() > 0.01  # a constant would be near to much


def test_no_matte_of_a_network_depends_on_its_neighbours(net, tmp_path):
    network = NetworkMattes(checkpoint_of(net, tmp_path / "a.ckpt"))
    names, sizes = list("abc"), [(40, 30), (20, 20), (32, 50)]
    images = [photo(*size, seed) for seed, size in enumerate(sizes)]
    together = network(names, images, sizes)
    for portrait, matte in zip(zip(names, images, sizes, strict=True), together, strict=True):
        alone = network(*([part] for part in portrait))[0]
        assert np.array_equal(alone, matte)


def test_the_input_size_is_the_recipes_unless_given(net, tmp_path):
    path = checkpoint_of(net, tmp_path / "a.ckpt", input_size=48)
    assert NetworkMattes(path).input_size == 48
    assert NetworkMattes(path, input_size=64).input_size == 64
    with pytest.raises(InputError, match="input_size=8 is too small: choose at least 16"):
        NetworkMattes(path, input_size=8)


def test_weights_of_the_reference_project_see_what_they_were_trained_at(net, tmp_path):
    torch.save(net.state_dict(), tmp_path / "u2netp.pth")
    assert NetworkMattes(tmp_path / "u2netp.pth").input_size == 320
    assert NetworkMattes(tmp_path / "u2netp.pth", input_size=32)(["a"], [photo(9, 8)], [(9, 8)])[0].shape == (9, 8)


def test_half_precision_still_gives_float32(net, tmp_path):
    path, image = checkpoint_of(net, tmp_path / "a.ckpt"), photo(32, 32)
    full, half = (
        NetworkMattes(path, precision=precision)(["a"], [image], [(32, 32)])[0]
        for precision in ("32-true", "bf16-mixed")
    )
    assert half.dtype == np.float32
    assert 0 < np.abs(full - half).max() < 0.1


def test_a_network_that_predicts_nan_is_named(net, tmp_path):
    broken = u2netp()
    torch.nn.init.constant_(broken.outconv.bias, torch.nan)
    with pytest.raises(InputError, match=r"a\.ckpt predicts NaN"):
        NetworkMattes(checkpoint_of(broken, tmp_path / "a.ckpt"))(["anna"], [photo(16, 16)], [(16, 16)])


@pytest.mark.skipif(torch.cuda.is_available(), reason="here is a CUDA card")
def test_cuda_without_a_card_is_refused(net, tmp_path):
    with pytest.raises(InputError, match="accelerator=cuda but no CUDA card"):
        NetworkMattes(checkpoint_of(net, tmp_path / "a.ckpt"), device="cuda")


@pytest.mark.parametrize(
    "path, name",
    [
        ("runs/train/2026-11-22/10-30-00/checkpoints/best.ckpt", "2026-11-22/10-30-00"),
        ("runs/train/2026-11-22/10-30-00/checkpoints/last.ckpt", "2026-11-22/10-30-00 last"),
        ("runs/sweep/2026-11-22/10-30-00/3/checkpoints/best.ckpt", "2026-11-22/10-30-00/3"),
        ("runs/wide_net/checkpoints/best.ckpt", "wide_net"),
        ("weights/u2netp.ckpt", "u2netp"),
    ],
)
def test_a_network_is_called_by_its_run(net, tmp_path, monkeypatch, path, name):
    monkeypatch.setattr(checkpoint, "load", lambda path: checkpoint.Restored(net, RECIPE))
    network = NetworkMattes(tmp_path / path)
    assert network.name == name
    assert network.source == str(tmp_path / path)
    assert network.missing(["anna"]) == []


def rgba(alpha, colour=(10, 200, 30)):
    return np.dstack([np.broadcast_to(np.uint8(colour), (*alpha.shape, 3)), alpha])


def palette(path):
    picture = Image.fromarray(RAMP).convert("P")
    picture.save(path, transparency=bytes(range(255, -1, -1)))


MATTES = {
    "grey.png": (lambda path: save(RAMP, path), RAMP / 255),
    "grey.TIF": (lambda path: save(RAMP, path), RAMP / 255),
    "16_bit.png": (lambda path: cv2.imwrite(str(path), RAMP.astype(np.uint16) * 257), RAMP / 255),
    "1_bit.png": (lambda path: save(RAMP > 90, path), RAMP > 90),
    "float.tiff": (lambda path: save(np.float32(RAMP / 255), path), RAMP / 255),
    "grey_as_rgb.png": (lambda path: save(np.dstack([RAMP] * 3), path), RAMP / 255),
    "rgba.png": (lambda path: save(rgba(RAMP), path), RAMP / 255),
    "rgba.webp": (lambda path: save(rgba(RAMP), path, lossless=True), RAMP / 255),
    "grey_and_alpha.png": (lambda path: save(np.dstack([RAMP[::-1], RAMP]), path), RAMP / 255),
    "covered.png": (lambda path: save(rgba(np.full_like(RAMP, 255)), path), np.ones((3, 4))),
    "covered_white.png": (lambda path: save(np.full((3, 4, 4), 255, np.uint8), path), np.ones((3, 4))),
    "palette.png": (palette, None),
}


@pytest.mark.parametrize("name", MATTES)
def test_grey_of_any_depth_and_alpha_channels_are_read(tmp_path, name):
    write, expected = MATTES[name]
    write(tmp_path / name)
    if expected is None:
        expected = np.asarray(Image.open(tmp_path / name).convert("RGBA"))[..., 3] / 255
        assert 0 < expected.mean() < 1
    folder = FolderMattes(tmp_path)
    (matte,) = folder([name.split(".")[0]], [photo(3, 4)], [(3, 4)])
    assert matte.dtype == np.float32
    np.testing.assert_allclose(matte, expected, atol=1e-7)


@pytest.mark.parametrize("array", [RAMP, rgba(RAMP)])
def test_a_matte_is_turned_upright_by_its_exif_orientation(tmp_path, array):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees
    np.testing.assert_allclose(read_matte(save(array, tmp_path / "a.png", exif=exif)), np.rot90(RAMP, -1) / 255)


def test_grey_under_an_opaque_alpha_channel_is_refused(tmp_path):
    opaque = np.dstack([*[RAMP] * 3, np.full_like(RAMP, 255)])
    with pytest.raises(InputError, match=r"a\.png is grey under an alpha channel that is opaque.*save the matte as"):
        read_matte(save(opaque, tmp_path / "a.png"))


@pytest.mark.parametrize(
    "value, complaint",
    [
        (np.nan, "NaN or infinite values"),
        (np.inf, "NaN or infinite"),
        (1.5, r"values outside \[0, 1\]"),
        (-0.1, "values"),
    ],
)
def test_values_that_are_no_alphas_are_refused(tmp_path, value, complaint):
    matte = np.float32(RAMP / 255)
    matte[1, 2] = value
    with pytest.raises(InputError, match=rf"a\.tiff holds {complaint}"):
        read_matte(save(matte, tmp_path / "a.tiff"))


@pytest.mark.parametrize("channels, kept", [(1, 2000), (4, 2000), (4, 0)])
def test_a_truncated_matte_is_named(tmp_path, channels, kept):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, channels), dtype=np.uint8)
    path = save(noise.squeeze(), tmp_path / "a.png")
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match=r"a\.png cannot be decoded as an image \(empty, truncated"):
        read_matte(path)


def test_a_matte_of_another_size_is_refused(tmp_path):
    save(RAMP, tmp_path / "a.png")
    with pytest.raises(InputError, match=r"a\.png is 4x3 but the portrait is 8x6: save the matte at the photo's own"):
        FolderMattes(tmp_path)(["a"], [photo(6, 8)], [(6, 8)])


def test_jpegs_are_no_mattes(tmp_path):
    save(RAMP, tmp_path / "a.JPG")
    with pytest.raises(InputError, match="holds JPEGs, which are lossy and hold no mattes: save the mattes as PNG"):
        FolderMattes(tmp_path)
    save(RAMP, tmp_path / "a.png")
    assert FolderMattes(tmp_path).files == {"a": tmp_path / "a.png"}


def test_folders_without_mattes_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"nowhere is not a folder: give the one that holds the mattes"):
        FolderMattes(tmp_path / "nowhere")
    with pytest.raises(InputError, match="is not a folder"):
        FolderMattes(save(RAMP, tmp_path / ".hidden.png"))
    with pytest.raises(InputError, match=r"holds no matte: give a folder with files in \.png, \.webp, \.tif, \.tiff"):
        FolderMattes(tmp_path)


def test_two_mattes_of_one_stem_are_refused(tmp_path):
    for name in ("a.png", "a.tif"):
        save(RAMP, tmp_path / name)
    with pytest.raises(InputError, match=r"a\.tif and a\.png have one stem: rename or remove one"):
        FolderMattes(tmp_path)


def test_a_folder_says_what_it_lacks_and_refuses_to_lack_everything(tmp_path):
    for stem in "abcd":
        save(RAMP, tmp_path / f"{stem}.png")
    folder = FolderMattes(tmp_path)
    assert folder.missing(["a", "z", "c"]) == ["z"]
    expected = f"no matte in {tmp_path} has the name of a portrait: it holds a.png, b.png, c.png, …, the portraits are "
    with pytest.raises(InputError, match=re.escape(expected) + "y, z$"):
        folder.missing(["y", "z"])


def test_equal_names_are_told_apart_by_what_differs_in_their_paths(tmp_path):
    class Named:
        def __init__(self, source):
            self.name, self.source = source.rsplit("/", 1)[-1].split(".")[0], source

    def apart(*sources):
        return name_apart([Named(source) for source in sources])

    assert apart("x/a", "x/b") == ["a", "b"]
    assert apart("x/a", "c", "y/a") == ["a (x)", "c", "a (y)"]
    assert apart("x/1/p/a", "y/1/p/a") == ["a (x)", "a (y)"]
    assert apart("x/1/a", "x/2/a", "y/1/a") == ["a (x/1)", "a (x/2)", "a (y/1)"]
    assert apart("x/a.ckpt", "x/a.pth") == ["a (a.ckpt)", "a (a.pth)"]
    assert apart("x/a", "x/y/a") == ["a (x)", "a (y)"]
    assert apart("x/a", "x/a") == ["a (1)", "a (2)"]


def test_a_folder_is_called_by_its_own_name_whatever_way_it_is_given(tmp_path, monkeypatch):
    (tmp_path / "mattes").mkdir()
    save(RAMP, tmp_path / "mattes" / "a.png")
    monkeypatch.chdir(tmp_path / "mattes")
    assert [FolderMattes(path).name for path in (".", tmp_path / "mattes", "../mattes/")] == ["mattes"] * 3


def test_mattes_in_folders_below_go_by_the_portraits_paths(tmp_path):
    (tmp_path / "anna").mkdir()
    save(np.full((4, 5), 255, np.uint8), tmp_path / "anna" / "1.png")
    save(np.zeros((4, 5), np.uint8), tmp_path / "1.png")
    mattes = FolderMattes(tmp_path)
    assert mattes.missing(["1", "anna/1", "bea/1"]) == ["bea/1"]
    assert [matte.mean() for matte in mattes(["1", "anna/1"], [], [(4, 5), (4, 5)])] == [0, 1]
    with pytest.raises(InputError, match=r"it holds 1\.png, anna/1\.png, the portraits are 2"):
        mattes.missing(["2"])
