"""What Windows lacks or does in its own way, tried where it can be tried on any system."""

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

import portrait_matting
from portrait_matting.synthetic.easyportrait import write_easyportrait

PACKAGE = Path(portrait_matting.__file__).parent

WITHOUT_POSIX = """
import importlib, os, pkgutil, signal, sys
import portrait_matting

def import_all():
    for module in pkgutil.walk_packages(portrait_matting.__path__, "portrait_matting."):
        importlib.import_module(module.name)

import_all()  # and with it the libraries, which know Windows in their own ways
for name in [name for name in sys.modules if name.startswith("portrait_matting.")]:
    del sys.modules[name]
for name in ("fcntl", "resource", "pwd", "grp", "termios"):
    sys.modules[name] = None
for name in ("SIGKILL", "SIGHUP", "SIGUSR1", "SIGALRM", "alarm", "pthread_kill"):
    signal.__dict__.pop(name, None)
for name in ("fork", "forkpty", "killpg", "sysconf", "sched_getaffinity", "getuid", "geteuid", "statvfs", "mkfifo"):
    os.__dict__.pop(name, None)
import_all()
"""


@pytest.mark.slow
def test_every_module_is_imported_without_what_posix_alone_has(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_POSIX], cwd=tmp_path, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr[-2000:]


POSIX = {
    "signal": {"SIGKILL", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM", "alarm"},
    "os": {"fork", "killpg", "getpgid", "setsid", "sysconf", "getuid", "geteuid", "statvfs"},
}


@functools.cache
def modules():
    return [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in sorted(PACKAGE.rglob("*.py"))]


def where(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(PACKAGE)}:{node.lineno} {ast.unparse(node)}"


def test_nothing_is_named_that_windows_lacks():
    """Inside functions too, which importing does not reach."""
    found = [
        where(path, node)
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.attr in POSIX.get(node.value.id, ())
    ]
    assert found == []


def opens_text(call: ast.Call) -> bool:
    """Whether a call opens, reads or writes a file as text, by its form: `open`, `Path.open`, `read_text`, …"""
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    if isinstance(call.func, ast.Attribute) and call.func.attr in ("read_text", "write_text"):
        return True
    if isinstance(call.func, ast.Name) and call.func.id == "open":
        place = 1
    elif isinstance(call.func, ast.Attribute) and call.func.attr == "open":
        if isinstance(call.func.value, ast.Name) and call.func.value.id in ("Image", "av", "output"):
            return False  # Pillow's, PyAV's, the output folder of a preparation
        place = 0
    else:
        return False
    mode = named.get("mode", call.args[place] if len(call.args) > place else None)
    if mode is None:
        return True
    return isinstance(mode, ast.Constant) and isinstance(mode.value, str) and set(mode.value) <= set("rwax+t")


@pytest.mark.parametrize(
    "code, text",
    [
        ("open(path)", True),
        ("open(path, 'rb')", False),
        ("open(path, mode='w')", True),
        ("path.open()", True),
        ("path.open('wb')", False),
        ("path.read_text()", True),
        ("Image.open(path)", False),
    ],
)
def test_text_files_are_recognised(code, text):
    assert opens_text(ast.parse(code, mode="eval").body) is text


def test_every_text_file_is_utf_8():
    """Windows takes a code page of the country otherwise."""
    found = [
        where(path, node)
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and opens_text(node)
        and "encoding" not in {keyword.arg for keyword in node.keywords}
    ]
    assert found == []


SPAWNED = """
import multiprocessing, sys
if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    multiprocessing.get_all_start_methods = lambda: ["spawn"]
    from portrait_matting.{command} import main
    main()
"""


def spawned(folder: Path, command: str, *arguments: str) -> subprocess.CompletedProcess:
    """Runs a command in a script of its own, where processes are started as Windows starts them."""
    (folder / "script.py").write_text(SPAWNED.format(command=command), encoding="utf-8")
    return subprocess.run(
        [sys.executable, "script.py", *arguments], cwd=folder, capture_output=True, text=True, timeout=240
    )


@pytest.mark.slow
def test_a_training_with_spawned_workers(tmp_path):
    drawn = ["data.train=8", "data.val=2", "data.test=2", "data.height=48", "data.width=40"]
    small = ["hardware.input_size=48", "hardware.batch_size=2", "hardware.workers=1", "learning_rate.max_lr=0.01"]
    done = spawned(tmp_path, "train", "trainer=smoke", "hydra.run.dir=run", *drawn, *small)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "run" / "metrics.json").is_file()


@pytest.mark.slow
def test_a_drawing_with_spawned_workers(tmp_path):
    few = ["--count", "6", "--size", "32", "--workers", "2"]
    done = spawned(tmp_path, "draw", "out", "--style", "drawn", *few)
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(list((tmp_path / "out" / "images").iterdir())) == 6


@pytest.mark.slow
def test_a_preparation_with_spawned_workers(tmp_path):
    write_easyportrait(tmp_path / "source", train=2, val=1, test=1, height=64, width=48)
    done = spawned(tmp_path, "prepare", "source", "copy", "--size", "32", "--workers", "2")
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(list((tmp_path / "copy" / "images").rglob("*.jpg"))) == 4
