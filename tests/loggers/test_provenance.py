import subprocess
from hashlib import sha256

import pytest

from portrait_matting import __version__
from portrait_matting.loggers.provenance import checkpoint_name, code_version, config_hash, started_from
from portrait_matting.weights.shipped import find


def git(folder, *arguments):
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.com"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path):
    file = tmp_path / "package" / "__init__.py"
    file.parent.mkdir()
    file.write_text("1\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    return file


def test_the_commit_of_a_clone_and_whether_it_was_changed(clone):
    found = code_version(str(clone))
    assert found["commit"] == git(clone.parent, "rev-parse", "HEAD")
    assert found["dirty"] is False
    assert found["portrait_matting"] == __version__
    (clone.parent / "note.txt").write_text("not tracked")
    assert code_version(str(clone))["dirty"] is False
    clone.write_text("2\n")
    assert code_version(str(clone))["dirty"] is True


def test_a_package_installed_inside_somebodys_repository_has_no_commit(clone):
    installed = clone.parent.parent / ".venv" / "__init__.py"
    installed.parent.mkdir()
    installed.write_text("1\n")
    found = code_version(str(installed))
    assert (found["commit"], found["dirty"]) == (None, None)


def test_without_git_there_is_no_commit(clone, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert code_version(str(clone))["commit"] is None


def test_two_runs_of_one_recipe_share_its_hash_wherever_they_are():
    recipe = {"seed": 0, "run_dir": "a", "optimizer": {"weight_decay": 0.1}, "logger": {"csv": {"run_dir": "a"}}}
    assert config_hash(recipe) == config_hash({**recipe, "run_dir": "b", "logger": {}})
    assert config_hash(recipe) != config_hash({**recipe, "seed": 1})
    assert config_hash(recipe) != config_hash({**recipe, "optimizer": {"weight_decay": 0.2}})


def recipe(run_dir, weights=None, resume=None):
    return {"run_dir": str(run_dir), "resume": resume and str(resume), "model": {"weights": weights and str(weights)}}


def test_a_checkpoint_is_called_by_its_content(tmp_path):
    for name in ("a.ckpt", "b.ckpt"):
        (tmp_path / name).write_bytes(b"weights")
    name = f"checkpoint-{sha256(b'weights').hexdigest()[:12]}"
    assert checkpoint_name(tmp_path / "a.ckpt") == checkpoint_name(tmp_path / "b.ckpt") == name
    found = started_from(recipe(tmp_path / "run", weights=tmp_path / "a.ckpt"))
    assert found == {"how": "weights", "file": str(tmp_path / "a.ckpt"), "artifact": name}


def test_what_a_run_began_with(tmp_path):
    run_dir = tmp_path / "run"
    last = run_dir / "checkpoints" / "last.ckpt"
    last.parent.mkdir(parents=True)
    last.write_bytes(b"weights")
    assert started_from(recipe(run_dir)) is None
    assert started_from(recipe(run_dir, resume=last)) == {"how": "resume", "file": str(last)}
    elsewhere = started_from(recipe(tmp_path / "other", resume=last, weights=tmp_path / "a.ckpt"))
    assert elsewhere == {"how": "resume", "file": str(last), "artifact": checkpoint_name(last)}
    gone = started_from(recipe(run_dir, weights=tmp_path / "gone.ckpt"))
    assert gone == {"how": "weights", "file": str(tmp_path / "gone.ckpt")}


def test_a_network_of_the_package_by_its_name(tmp_path):
    found = started_from({"model": {"weights": "portraits"}, "run_dir": str(tmp_path)})
    assert found == {"how": "weights", "file": str(find("portraits")), "artifact": checkpoint_name(find("portraits"))}
