"""Milliseconds of a core that a portrait of a person in three dimensions takes, against a drawn one, on this machine.

    make people
    python benchmarks/people.py --write

Both are drawn in turn, in one process on one thread, and what is counted is CPU time, so that other programs disturb
little; a ratio compares two portraits of one turn. Then the same portraits without one piece after the other, and the
memory of a process that draws them.
"""

import argparse
import multiprocessing
import time
from collections.abc import Callable
from statistics import median

import cv2
import psutil
from report import machine
from sections import PEOPLE, WITHOUT, write
from tqdm import tqdm

from portrait_matting.cli import command
from portrait_matting.cli.arguments import Parser, number
from portrait_matting.people.portrait import PIECES, draw_person_portrait
from portrait_matting.synthetic import draw_portrait
from portrait_matting.synthetic.backgrounds import FolderBackgrounds

HEIGHT, WIDTH = 384, 336


def milliseconds(draw: Callable[[int], object], index: int) -> float:
    before = time.process_time()
    draw(index)
    return 1000 * (time.process_time() - before)


def drawn(index: int) -> object:
    return draw_portrait("train", 0, index, HEIGHT, WIDTH)


def person(backgrounds: str | None, without: str = "") -> Callable[[int], object]:
    pieces = [piece for piece in PIECES if piece != without]
    return lambda index: draw_person_portrait("train", 0, index, HEIGHT, WIDTH, pieces, backgrounds)


def memory(backgrounds: str | None, count: int) -> float:
    """MB that a process holds after `count` portraits, at most: its resident set."""
    draw, most = person(backgrounds), 0.0
    for index in range(count):
        draw(index)
        most = max(most, psutil.Process().memory_info().rss / 1e6)
    return most


def main(argv: list[str] | None = None) -> None:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--portraits", metavar="N", type=number(1), default=60, help="of each kind (%(default)s)")
    parser.add_argument("--backgrounds", metavar="DIR", help="pictures without people; else places are drawn")
    parser.add_argument("--write", action="store_true", help="write the tables into benchmarks/README.md")
    arguments = parser.parse_args(argv)
    if arguments.backgrounds is not None:
        FolderBackgrounds(arguments.backgrounds, "--backgrounds")  # refuses what is none
    cv2.setNumThreads(0)
    whole = person(arguments.backgrounds)
    for draw in (whole, drawn):
        for index in range(24):  # compiled, and what is made once a process is made
            draw(index)
    turns = [(milliseconds(drawn, i), milliseconds(whole, i)) for i in tqdm(range(arguments.portraits), "turns")]
    flat, solid = ([turn[k] for turn in turns] for k in (0, 1))
    ratios = [b / a for a, b in turns]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        most = pool.apply(memory, (arguments.backgrounds, 24))
    where = "pictures of a folder" if arguments.backgrounds else "drawn places"
    lines = [
        f"{machine('cpu')}. {HEIGHT}×{WIDTH}, {arguments.portraits} portraits of each kind, {where}.",
        "",
        PEOPLE,
        "|---|---:|---:|---:|",
        f"| drawn | {median(flat):.0f} ({min(flat):.0f} to {max(flat):.0f}) | 1 | |",
        f"| people | {median(solid):.0f} ({min(solid):.0f} to {max(solid):.0f}) "
        f"| {median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f}) | {most:.0f} |",
        "",
        WITHOUT,
        "|---|---:|---:|",
    ]
    some = range(0, arguments.portraits, 3)
    for piece in tqdm(PIECES, "without"):
        draw = person(arguments.backgrounds, piece)
        pairs = [(milliseconds(whole, i), milliseconds(draw, i)) for i in some]
        gone = median(b for _, b in pairs)
        lines.append(f"| {piece} | {gone:.0f} | {median(b / a for a, b in pairs):.2f} |")
    print(text := "\n".join(lines))
    if arguments.write:
        write(text, "people", __file__)


if __name__ == "__main__":
    command.run(main)
