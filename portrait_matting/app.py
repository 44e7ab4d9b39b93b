"""A page to try a network on: `python -m portrait_matting.app`. Photos stay on the machine."""

import argparse
import contextlib
import errno
import os
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path

from portrait_matting.cli import command
from portrait_matting.cli.arguments import Parser, named
from portrait_matting.errors import InputError

HERE = "127.0.0.1"
PORT = 7860
_LOOPBACK = (HERE, "localhost", "::1")


def app(arguments: argparse.Namespace) -> None:
    """Serves the page until Ctrl-C.

    Raises:
        InputError: the checkpoint, the host or the port cannot be used, or Gradio is not installed.
    """
    check_address(arguments.host, arguments.port)  # before the seconds that the rest takes
    with tempfile.TemporaryDirectory(prefix="portrait_matting_", ignore_cleanup_errors=True) as folder:
        stay_here(Path(folder))
        try:
            import gradio  # noqa: F401
        except ModuleNotFoundError as error:
            raise InputError(
                f'the page needs {error.name}, which is not installed: pip install "portrait-matting[app]"'
            ) from None
        from portrait_matting.matte.matter import Matter
        from portrait_matting.page.layout import page, serve
        from portrait_matting.page.studio import Studio

        matter = Matter(arguments.checkpoint, input_size=arguments.size, device=arguments.device)
        blocks = page(Studio(matter, Path(folder)))
        try:
            address = serve(blocks, arguments.host, arguments.port, arguments.browser)
        except OSError:
            raise InputError(_taken(arguments.port)) from None
        print(f"the page is at {address}; Ctrl-C ends it", flush=True)
        if arguments.host not in _LOOPBACK:
            print(f"warning: anyone who reaches port {arguments.port} of this machine can use it", file=sys.stderr)
        try:
            threading.Event().wait()
        finally:
            blocks.close(verbose=False)


def check_address(host: str, port: int) -> None:
    """Finds out whether a page can be served at host and port.

    Raises:
        InputError: there is no such host here, or the port is in use or not ours to use.
    """
    try:
        [(family, kind, protocol, _, address), *_] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with socket.socket(family, kind, protocol) as probe:
            if os.name != "nt":  # where it would let a second program in
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one that has just closed is free
            probe.bind(address)
    except PermissionError:
        raise InputError(f"--port {port} may not be used: give one above 1023, such as --port {PORT}") from None
    except (socket.gaierror, UnicodeError):
        raise InputError(f"--host {host} is no address: give {HERE}, or 0.0.0.0 for every machine around") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise InputError(_taken(port)) from None
        raise InputError(
            f"--host {host} is not this machine: give {HERE}, or 0.0.0.0 for every machine around"
        ) from None


def stay_here(folder: Path) -> None:
    """Settings that Gradio reads on import: no statistics, files in `folder`, no proxy to this machine."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    os.environ["HF_HUB_OFFLINE"] = "1"
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), *_LOOPBACK]))


def parser() -> argparse.ArgumentParser:
    """The command line of this command."""
    parser = Parser(
        prog="python -m portrait_matting.app",
        description="Serves a page on this machine: drop a photo, see its cut-out, choose a background, save it.",
    )
    parser.add_argument(
        "--checkpoint", metavar="FILE", type=named, help="of a run, or U²-Net's own weights (the package's network)"
    )
    parser.add_argument("--port", type=_port, default=PORT, help="(%(default)s)")
    parser.add_argument("--host", default=HERE, help="0.0.0.0 lets other machines in (%(default)s)")
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="do not open a browser")
    parser.add_argument("--size", type=int, help="of the network's input in pixels (that of the training)")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="(%(default)s)")
    return parser


def _port(text: str) -> int:
    if 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is no port: give 1 to 65535")


def _taken(port: int) -> str:
    other = port + 1 if port < 65535 else PORT
    return f"--port {port} is in use: end what uses it, or give another, such as --port {other}"


def main(argv: list[str] | None = None) -> None:
    """Runs the command. Ends with code 130 on Ctrl-C, 143 on SIGTERM, 2 where the page cannot be served."""
    arguments = parser().parse_args(argv)
    with contextlib.suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    command.run(lambda: app(arguments))


if __name__ == "__main__":
    main()
