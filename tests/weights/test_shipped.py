"""Networks that come with the package, by name: found, told from paths, missing, and in a zip archive."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import portrait_matting
from portrait_matting.errors import InputError
from portrait_matting.weights import shipped
from portrait_matting.weights.shipped import DEFAULT, again, find, meant, names

PACKAGE = Path(portrait_matting.__file__).parent


@pytest.fixture
def others(tmp_path, monkeypatch):
    """A folder of weights with three networks, in the place of the package's."""
    folder = tmp_path / "package"
    folder.mkdir()
    for name in ("portraits.safetensors", "arms.safetensors", "portraits_drawn.safetensors", "README.md", ".x"):
        (folder / name).write_bytes(b"x")
    monkeypatch.setattr(shipped, "files", lambda package: folder)
    shipped._file.cache_clear()
    yield folder
    shipped._file.cache_clear()


def test_every_file_of_weights_is_a_name_and_the_default_is_the_first(others):
    assert names() == ["portraits", "arms", "portraits_drawn"]
    assert find("arms") == others / "arms.safetensors"


def test_the_package_has_the_default():
    assert names()[0] == DEFAULT == "portraits"
    assert shipped.shipped().parent == PACKAGE / "weights"


@pytest.mark.parametrize(
    "path", ["./portraits", "portraits/", "portraits.ckpt", "a/portraits", Path("portraits"), "Portraits"]
)
def test_a_name_is_the_bare_word_alone(path, others, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find(path) == Path(path)


def test_a_folder_of_that_name_stands_in_nobodys_way(others, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "portraits").mkdir()
    assert find("portraits") == others / "portraits.safetensors"


def test_a_file_of_that_name_may_be_meant_too(others, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "portraits").touch()
    with pytest.raises(InputError, match=r"portraits is a network .*, and a file here: give \./portraits for the file"):
        find("portraits")
    assert find("./portraits") == Path("portraits")
    assert shipped.shipped() == others / "portraits.safetensors"  # where nothing is named nothing else can be meant


@pytest.mark.parametrize(
    "network, says",
    [
        ("portrait", "in the package (portraits, arms, portraits_drawn): did you mean portraits?"),
        ("Portraits", "did you mean portraits?"),
        ("portraits.pt", "did you mean portraits?"),
        ("u2net", "in the package (portraits, arms, portraits_drawn): check the name or the path"),
        ("best.ckpt", ""),
        ("runs/portraits", ""),
        (Path("portrait"), ""),
    ],
)
def test_an_unknown_name_is_told_which_there_are(network, says, others):
    told = meant(network)
    assert told.endswith(says)
    assert bool(told) == bool(says)


def test_one_that_is_missing_in_the_package(others):
    (others / "portraits.safetensors").unlink()
    with pytest.raises(InputError, match=r"the network portraits is not in .*install portrait-matting again"):
        shipped.shipped()


def test_the_cure_of_a_damaged_file(others, tmp_path):
    assert "force-reinstall" in again(others / "arms.safetensors")
    assert again(tmp_path / "arms.safetensors") == "copy it again"


def test_in_a_zip_archive(tmp_path):
    with zipfile.ZipFile(tmp_path / "package.zip", "w") as archive:
        for path in PACKAGE.rglob("*.py"):
            archive.write(path, path.relative_to(PACKAGE.parent))
        archive.writestr("portrait_matting/weights/portraits.safetensors", b"weights")
    code = (
        "from portrait_matting.weights.shipped import names, shipped, find; assert names() == ['portraits'];"
        "path = find('portraits'); assert path == shipped(); print(path.suffix, path.read_text())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(tmp_path / "package.zip")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == (".safetensors weights\n", "")


def test_names_need_no_torch():
    code = "import sys; from portrait_matting.weights import shipped as s; s.find('portraits');"
    code += "print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr
