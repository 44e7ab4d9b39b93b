"""The command `app` alone: tests/page has the page that it opens."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
import torch

from portrait_matting.app import check_address, main, parser, stay_here
from portrait_matting.errors import InputError
from portrait_matting.models.u2net import u2netp

APP = [sys.executable, "-m", "portrait_matting.app"]


def refused(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    return line


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    """What the command sets, for Gradio and for signals, is put back."""
    for name in ("GRADIO_ANALYTICS_ENABLED", "GRADIO_TEMP_DIR", "HF_HUB_OFFLINE", "NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def taken():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_help_imports_nothing_heavy():
    done = subprocess.run(
        [*APP, "--help"], env=os.environ | {"PYTHONPROFILEIMPORTTIME": "1"}, capture_output=True, text=True
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert done.returncode == 0
    assert "--checkpoint FILE" in done.stdout
    assert "portrait_matting.cli.command" in imported
    assert imported & {"torch", "cv2", "numpy", "PIL", "hydra", "gradio"} == set()


def test_an_unknown_network_is_told_which_there_are(capsys):
    assert "portraits" in refused(["--checkpoint", "portrait", "--no-browser"], capsys)


def test_a_missing_checkpoint_is_named(tmp_path, capsys):
    pytest.importorskip("gradio")
    assert "missing.ckpt" in refused(["--checkpoint", str(tmp_path / "missing.ckpt"), "--port", free_port()], capsys)


def test_a_port_in_use_is_named_with_the_cure(taken, capsys):
    line = refused(["--checkpoint", "a.ckpt", "--port", str(taken)], capsys)
    assert line == f"error: --port {taken} is in use: end what uses it, or give another, such as --port {taken + 1}"


def test_without_gradio_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "gradio", None)
    line = refused(["--checkpoint", "a.ckpt", "--port", free_port()], capsys)
    assert 'pip install "portrait-matting[app]"' in line


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "x" * 70])
def test_a_host_that_is_not_here(host):
    with pytest.raises(InputError, match=f"--host {host} is "):
        check_address(host, int(free_port()))


@pytest.mark.parametrize("port", ["0", "65536", "x"])
def test_no_such_port(port, capsys):
    with pytest.raises(SystemExit) as stopped:
        parser().parse_args(["--port", port])
    assert stopped.value.code == 2
    assert "--port" in capsys.readouterr().err


def test_no_proxy_stands_between_the_page_and_itself(monkeypatch, tmp_path):
    monkeypatch.setenv("no_proxy", "example.org")
    stay_here(tmp_path)
    assert os.environ["no_proxy"] == "example.org,127.0.0.1,localhost,::1"
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"


@pytest.mark.slow
@pytest.mark.parametrize("ending, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_ends_cleanly_and_leaves_nothing(tmp_path, ending, code):
    pytest.importorskip("gradio")
    torch.save(u2netp().state_dict(), tmp_path / "u2netp.pth")
    folder, port = tmp_path / "temporary", free_port()
    folder.mkdir()
    process = subprocess.Popen(
        [*APP, "--checkpoint", str(tmp_path / "u2netp.pth"), "--port", port, "--no-browser", "--host", "0.0.0.0"],
        env=os.environ | {"TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == f"the page is at http://localhost:{port}/; Ctrl-C ends it\n"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
            assert b"Portrait matting" in answer.read()
        assert any(folder.iterdir())
        process.send_signal(ending)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == code
    assert errors.splitlines() == [f"warning: anyone who reaches port {port} of this machine can use it"]
    assert [path for path in folder.iterdir() if path.name.startswith("portrait_matting_")] == []
    check_address("127.0.0.1", int(port))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
