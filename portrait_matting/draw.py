"""Drawn portraits in a folder: `python -m portrait_matting.draw OUTPUT --style people --count 20000 --size 384`."""

import argparse

from portrait_matting.cli import command
from portrait_matting.cli.arguments import Parser, cores, number, path
from portrait_matting.errors import InputError

WIDTH = 7 / 8
"""Of the height: portraits are taken upright."""


def draw(arguments: argparse.Namespace) -> None:
    """Fills a folder with drawn portraits, or with people cut out, and writes the sheet of the first sixty.

    Raises:
        InputError: something in the output or the settings is wrong, or the disk is full.
        KeyboardInterrupt: stopped by Ctrl-C, with the line to print.
    """
    from portrait_matting.cli.shell import path_override
    from portrait_matting.data.people_extra import choose_pieces, load_people
    from portrait_matting.drawing.backgrounds import backgrounds_hash, check_backgrounds, find_backgrounds
    from portrait_matting.drawing.fill import cannot_write, fill
    from portrait_matting.drawing.folder import DrawingFolder
    from portrait_matting.drawing.recipe import Recipe
    from portrait_matting.drawing.sheet import NAME, SHOWN, write_sheet
    from portrait_matting.drawing.style import Style

    pieces, bodies, backgrounds = None, None, None
    if arguments.style == "people":
        pieces = tuple(sorted(choose_pieces(arguments.without, "--without {}")))
        bodies = load_people().edition()
        _check_size(arguments.size, load_people().MIN_SIZE)
    elif arguments.without:
        raise InputError("--without is of --style people: flat drawings are not made of pieces")
    elif arguments.cut_outs and arguments.backgrounds:
        raise InputError("--cut-outs are before nothing: leave out --backgrounds, or give it to data=cutouts")
    if arguments.backgrounds:
        backgrounds = find_backgrounds(arguments.backgrounds, arguments.output)
    recipe = Recipe(
        style=arguments.style,
        height=arguments.size,
        width=_width(arguments.size),
        seed=arguments.seed,
        cut_outs=arguments.cut_outs,
        pieces=pieces,
        backgrounds=backgrounds and backgrounds_hash(backgrounds),
        bodies=bodies,
    )
    folder = DrawingFolder(arguments.output)
    if backgrounds and not folder.is_begun():
        check_backgrounds(backgrounds)
    folder.open(recipe)
    try:
        drawn = fill(folder, Style(recipe, backgrounds), arguments.count, arguments.workers)
        try:
            more = folder.beyond(recipe, arguments.count)
            write_sheet(folder, recipe, [*range(min(arguments.count, SHOWN)), *more][:SHOWN])
            folder.finish()
        except OSError as error:
            raise cannot_write(folder, error) from error
    finally:
        folder.close()
    there = arguments.count + len(more)
    what = ("cut-out" if recipe.cut_outs else "portrait") + (" is" if there == 1 else "s are")
    print(f"{there:,} {what} in {arguments.output}, {drawn:,} drawn now")
    if more:
        print(f"that is {len(more):,} more than --count {arguments.count}, by an earlier call; none was removed")
    print(f"{arguments.output / NAME} shows the first of them")
    kind = "cutouts" if recipe.cut_outs else "folder"
    print(f"train on them with data={kind} {path_override('data.root', arguments.output)}")


def _width(height: int) -> int:
    return round(WIDTH * height)


def _check_size(height: int, least: int) -> None:
    if _width(height) < least:
        enough = next(size for size in range(height, 2 * least) if _width(size) >= least)
        raise InputError(f"--size {height} is too small for people: give at least {enough}")


def parser() -> argparse.ArgumentParser:
    """The command line of this command."""
    parser = Parser(
        prog="python -m portrait_matting.draw",
        usage="%(prog)s OUTPUT --style people|drawn --count N [--size N] [--seed N] [--workers N] [--cut-outs] "
        "[--backgrounds DIR] [--without PIECE …]",  # argparse's own has OUTPUT where --without would take it
        description="Draws people who do not exist, with exact alphas, into images/ and alphas/, which data=folder "
        "data.root=OUTPUT reads. It may be stopped at any moment: the same command goes on, and a larger --count adds.",
    )
    parser.add_argument("output", metavar="OUTPUT", type=path, help="a new folder, or the one to go on with")
    parser.add_argument(
        "--style", choices=("people", "drawn"), required=True, help="bodies in three dimensions, or flat drawings"
    )
    parser.add_argument("--count", type=number(1, 10**7), required=True, help="portraits in all")
    parser.add_argument(
        "--size", type=number(32, 8192), default=384, help="height in pixels; the width is 7/8 of it (%(default)s)"
    )
    parser.add_argument("--seed", type=number(0), default=0, help="of the drawings (%(default)s)")
    parser.add_argument("--workers", type=number(1), default=cores(), help="processes (all cores: %(default)s)")
    parser.add_argument(
        "--cut-outs", action="store_true", help="people before nothing, NAME.png with transparency, for data=cutouts"
    )
    parser.add_argument(
        "--backgrounds", metavar="DIR", type=path, help="pictures without people to put them before (drawn ones)"
    )
    parser.add_argument(
        "--without",
        metavar="PIECE",
        nargs="+",
        action="extend",
        default=[],
        help="of --style people: what is switched off, after OUTPUT (an unknown name lists all)",
    )
    # argparse takes a beginning for the flag: --with hair would be --without hair.
    parser.add_argument("--with", nargs="+", type=_with, dest="without", help=argparse.SUPPRESS)
    return parser


def _with(text: str) -> str:
    raise argparse.ArgumentTypeError(f"{text} is on as all pieces are: leave it out, or switch others off by --without")


def main(argv: list[str] | None = None) -> None:
    """Runs the command. Ends with code 2 where something is wrong, 130 on Ctrl-C and 143 on SIGTERM."""
    arguments = parser().parse_args(argv)
    command.run(lambda: draw(arguments), "stopped: the same command goes on")


if __name__ == "__main__":
    main()
