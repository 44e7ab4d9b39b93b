"""How every command opens and how it fails: one line for what the user can mend, a traceback for what we must."""

import contextlib
import io
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from portrait_matting.errors import Terminated

COMMANDS = {
    "app": "a page on this machine to try a network on photos",
    "compare": "which recipe is better, from the folders of runs (RUN|SWEEP …)",
    "draw": "draw portraits with exact alphas into a folder (OUTPUT --style people|drawn --count N)",
    "evaluate": "score a checkpoint, or mattes that any tool made (Hydra overrides follow)",
    "export": "write a checkpoint's network as a small file (CHECKPOINT OUTPUT.safetensors)",
    "label": "soft mattes for photos by another network (PHOTOS OUTPUT --network FILE)",
    "plan": "what fits on a card, before anything is run (Hydra overrides follow)",
    "predict": "cut people out of photos and videos (INPUT …)",
    "prepare": "make a smaller copy of EasyPortrait (SOURCE OUTPUT)",
    "train": "train a network (Hydra overrides follow)",
}


def run(command: Callable[[], None], stopped: str | None = None) -> None:
    """Runs a command; an error that the user can mend becomes one line on stderr and exit code 2.

    Ctrl-C ends it with exit code 130 and SIGTERM with 143, both after what it has to put in order. With
    PORTRAIT_MATTING_DEBUG set, every error keeps its traceback.

    Args:
        command: to run.
        stopped: the line that is printed where it is stopped and says nothing of its own; None says nothing at all.
    """
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # else Hydra prints a traceback of its own and exits
    logging.getLogger("matplotlib.font_manager").setLevel(logging.WARNING)  # of a first run: it looks for fonts
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")  # its warnings of a broken file name no file; our line does
    if os.name == "nt":
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")  # a pipe there has a code page, which lacks most letters
    try:
        with _terminable():
            command()
    except KeyboardInterrupt as interrupt:
        if stopped is not None:
            print(str(interrupt) or stopped, file=sys.stderr)
        sys.exit(exit_code(interrupt))
    except SystemExit as end:
        if isinstance(end.__context__, KeyboardInterrupt):  # Lightning makes exit code 1 of it
            sys.exit(exit_code(end.__context__))
        raise
    except Exception as error:
        stop(error)


def exit_code(stopped: KeyboardInterrupt) -> int:
    """What a shell, make and Slurm expect of a process that a signal stopped: 128 and the signal's number."""
    return 128 + (signal.SIGTERM if isinstance(stopped, Terminated) else signal.SIGINT)


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Makes `Terminated` of a first SIGTERM; by default the process would end amid a file, its own processes left.

    Further ones change nothing: Slurm and srun may each send one, and what is being put in order is to be finished.
    A handler that is there already stays, and so does "ignore" (nohup).
    """
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    ending = False

    def terminate(number: int, frame: FrameType | None) -> None:
        nonlocal ending
        if not ending:
            ending = True
            raise Terminated

    signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def job(command: Callable[[], float]) -> float:
    """Runs a command inside Hydra: one that fails ends the process, one of a sweep is named and the others go on."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    from portrait_matting.cli.explain import explain

    try:
        return command()
    except Exception as error:
        if HydraConfig.get().mode != RunMode.MULTIRUN:
            stop(error)
        if line := explain(error):
            print(f"error: {Path(HydraConfig.get().runtime.output_dir).name}: {line}", file=sys.stderr)
        raise  # Hydra goes on with the other jobs, and ends with the first one that failed


def stop(error: Exception) -> None:
    """Ends the process over an error: with its one line and exit code 2, or by raising it again if it is a bug."""
    from portrait_matting.cli.explain import explain

    line = None if "PORTRAIT_MATTING_DEBUG" in os.environ else explain(error)
    if line is None:
        raise error
    print(f"error: {line}", file=sys.stderr)
    sys.exit(2)


def main() -> None:
    """The console script: `portrait-matting COMMAND …`."""
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name in ("--help", "-h"):
        print(
            "portrait-matting COMMAND [OPTIONS]\n\n"
            + "\n".join(f"  {name:10}{what}" for name, what in COMMANDS.items())
        )
        print("\nportrait-matting COMMAND --help says more.")
        return
    if name not in COMMANDS:
        print(f"error: {name} is no command: give one of {', '.join(COMMANDS)}", file=sys.stderr)
        sys.exit(2)
    sys.argv = [f"portrait-matting {name}", *sys.argv[2:]]
    from importlib import import_module

    import_module(f"portrait_matting.{name}").main()
