"""Milliseconds of a core that a drawn portrait takes, now and as an earlier commit draws it, on this machine.

    python benchmarks/drawing.py --earlier e795ea9 --write

The earlier commit is checked out beside this one for as long as it takes (`git worktree`), so that no copy of old code
is kept. Each version has a process of its own, of one thread; they take turns, portrait by portrait, and CPU time is
what is counted, so that other programs disturb little. A ratio compares the same portrait of one turn.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Client, Listener
from pathlib import Path
from statistics import mean, median

from report import machine
from sections import DRAWING, write
from tqdm import tqdm

from portrait_matting.cli import command
from portrait_matting.cli.arguments import Parser, number
from portrait_matting.errors import InputError

HEIGHT, WIDTH = 384, 336
WARM = 200  # portraits, so that what is made once a process is made
STAGES = {
    "scene": "choosing everything",
    "people": "painting people",
    "background": "painting what is behind",
    "picture": "edges, light, grain, composing",
    "augment": "augment=strong, at {size}²",
}
REPOSITORY = Path(__file__).resolve().parent.parent


def serve(address: str, size: int) -> None:
    """Draws the portraits that are asked for, in the version that Python imports: seconds by stage."""
    import cv2
    import torch
    from hydra.utils import instantiate

    from portrait_matting.config.compose import compose
    from portrait_matting.data.augment import Augmentation
    from portrait_matting.synthetic import draw_portrait, scene

    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    seconds: dict[str, float] = {}
    for stage, name in (("scene", "plan_scene"), ("people", "draw_person"), ("background", "draw_background")):
        setattr(scene, name, _timed(getattr(scene, name), stage, seconds))
    transforms = instantiate(compose(["augment=strong", f"hardware.input_size={size}"]).augment.transforms)
    augment = Augmentation(list(transforms), size)
    with Client(address) as parent:
        while (index := parent.recv()) is not None:
            seconds.update(dict.fromkeys(STAGES, 0.0))
            began = time.process_time()
            portrait = draw_portrait("train", 0, index, HEIGHT, WIDTH)
            drawn = time.process_time()
            augment(*portrait, seed=index)
            seconds["augment"] = time.process_time() - drawn
            parts = sum(seconds[name] for name in ("scene", "people", "background"))
            seconds["picture"] = drawn - began - parts
            parent.send(dict(seconds))


def _timed(function, stage: str, seconds: dict[str, float]):
    def timed(*arguments, **named):
        began = time.process_time()
        result = function(*arguments, **named)
        seconds[stage] += time.process_time() - began
        return result

    return timed


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """The repository as of a commit, in a folder that goes again.

    Raises InputError where git does not know it.
    """
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "earlier"
        git = ["git", "-C", str(REPOSITORY), "worktree"]
        done = subprocess.run([*git, "add", "--detach", str(tree), commit], capture_output=True, text=True)
        if done.returncode:
            raise InputError(f"--earlier {commit} cannot be checked out: {done.stderr.strip().splitlines()[-1]}")
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


@contextmanager
def drawing(tree: Path, size: int) -> Iterator:
    """A process that draws as the code in a folder does: a connection that takes numbers and gives seconds."""
    with Listener() as listener:
        code = f"import sys; sys.path.insert(1, {str(Path(__file__).parent)!r}); import drawing; drawing.serve"
        environment = os.environ | {"PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
        own = [sys.executable, "-c", f"{code}({listener.address!r}, {size})"]
        process = subprocess.Popen(own, cwd=tree, env=environment)
        with listener.accept() as connection:
            yield connection
            connection.send(None)
        process.wait()


def main(argv: list[str] | None = None) -> None:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--earlier", metavar="COMMIT", default="e795ea9", help="to compare with (%(default)s)")
    parser.add_argument("--portraits", metavar="N", type=number(1), default=300, help="of each (%(default)s)")
    parser.add_argument("--size", type=number(32), default=160, help="of the network's input (%(default)s)")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    options = parser.parse_args(argv)
    with (
        checked_out(options.earlier) as tree,
        drawing(tree, options.size) as then,
        drawing(REPOSITORY, options.size) as now,
    ):
        turns = []
        for index in tqdm(range(-WARM, options.portraits), "portraits"):
            turn = []
            for version in (then, now):
                version.send(index % 10**6)  # the first ones are of elsewhere: they are not measured
                turn.append(version.recv())
            if index >= 0:
                turns.append(turn)
    rows = {says.format(size=options.size): (stage,) for stage, says in STAGES.items()}
    drawn = tuple(stage for stage in STAGES if stage != "augment")
    rows |= {"**drawing, in all**": drawn, "**a sample as training sees it**": tuple(STAGES)}
    lines = [
        f"{machine('cpu')}. {HEIGHT}×{WIDTH}, {options.portraits} portraits, {options.earlier} against now.",
        "",
        DRAWING,
        "|---|---:|---:|---:|",
    ]
    for says, stages in rows.items():
        before, after = ([1000 * sum(turn[k][stage] for stage in stages) for turn in turns] for k in (0, 1))
        quotients = sorted(b / max(a, 1e-3) for b, a in zip(before, after, strict=True))
        low, high = quotients[len(quotients) // 10], quotients[-1 - len(quotients) // 10]
        lines.append(
            f"| {says} | {mean(before):.1f} | {mean(after):.1f} "
            f"| {mean(before) / mean(after):.1f}, {median(quotients):.1f} ({low:.1f} to {high:.1f}) |"
        )
    print(text := "\n".join(lines))
    if options.write:
        write(text, "drawing", __file__)


if __name__ == "__main__":
    command.run(main)
