"""Photos a second of `prepare`, and its memory, on this machine.

    python benchmarks/preparing.py --write

Draws 16 photos of 1080x1920 at two file sizes, 450 kB and 2,300 kB (what EasyPortrait's 92 GB come to on average),
gives each many names by links, and prepares them at short side 512 with hard targets. The reference is a plain script's
way on one core: Pillow, full decode, antialiased resize, save; it runs in the same minutes on some of the same photos.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from originals import write_originals
from PIL import Image
from report import machine
from sections import PREPARING, write

from portrait_matting.cli import command

DRAWN = 16
SIDE = 512


def multiply(drawn: Path, root: Path, photos: int) -> None:
    """A source with `photos` training portraits, all links to those of `drawn`."""
    for half in ("images", "annotations"):
        for split in ("val", "test"):
            shutil.copytree(drawn / half / split, root / half / split)
        (root / half / "train").mkdir(parents=True)
        files = sorted((drawn / half / "train").iterdir())
        for number in range(photos):
            file = files[number % len(files)]
            os.link(file, root / half / "train" / f"{number:06}{file.suffix}")


def pillow(root: Path, output: Path, photos: int) -> float:
    """Photos a second of a plain script on one core."""
    output.mkdir()
    files = sorted((root / "images" / "train").iterdir())[:photos]
    began = time.perf_counter()
    for file in files:
        image = Image.open(file).convert("RGB")
        mask = Image.open(root / "annotations" / "train" / f"{file.stem}.png")
        size = SIDE, round(SIDE * image.height / image.width)
        image.resize(size, Image.Resampling.BILINEAR).save(output / file.name, quality=95)
        mask.resize(size, Image.Resampling.NEAREST).save(output / f"{file.stem}.png")
    return len(files) / (time.perf_counter() - began)


def memory(process: int) -> float:
    """MB that a process and all below it hold alone or share (proportional set size)."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        own = next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1e3
        children = [
            int(child)
            for task in Path(f"/proc/{process}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except (OSError, StopIteration):  # it has just ended
        return 0.0
    return own + sum(map(memory, children))


def prepared(root: Path, output: Path, workers: int, photos: int) -> tuple[float, list[float]]:
    """Photos a second, with start and report, and memory in MB at each second."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "portrait_matting.prepare", str(root), str(output), "--size", str(SIDE)]
    process = subprocess.Popen([*command, "--workers", str(workers)], stdout=subprocess.DEVNULL)
    held = []
    while process.poll() is None:
        time.sleep(1)
        held.append(memory(process.pid))
    if process.returncode:
        raise SystemExit(f"prepare ended with {process.returncode}")
    return photos / (time.perf_counter() - began), [megabytes for megabytes in held if megabytes]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, nargs=2, default=[5000, 1000], help="of 450 kB and of 2,300 kB")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    options = parser.parse_args()
    lines = [
        f"{machine('cpu')}. `prepare --size {SIDE}`, {options.workers} worker(s), with start and report.",
        "",
        PREPARING,
        "|---|---:|---:|---:|",
    ]
    for kilobytes, photos in zip((450, 2300), options.photos, strict=True):
        with tempfile.TemporaryDirectory() as folder:
            drawn, root = Path(folder) / "drawn", Path(folder) / "source"
            print(f"drawing {DRAWN} photos of {kilobytes} kB")
            write_originals(drawn, DRAWN, kilobytes)
            multiply(drawn, root, photos)
            theirs = pillow(root, Path(folder) / "pillow", 40)
            ours, held = prepared(root, Path(folder) / "copy", options.workers, photos)
        lines.append(
            f"| {photos} of 1080x1920, {kilobytes} kB | {ours:.1f} | {ours / options.workers / theirs:.1f} | "
            f"{held[len(held) // 4]:.0f}, {held[-2]:.0f}, {max(held):.0f} |"
        )
    text = "\n".join(lines)
    print(f"\n{text}")
    if options.write:
        write(text, "preparing", __file__)


if __name__ == "__main__":
    command.run(main)
