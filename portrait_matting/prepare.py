"""A smaller copy of EasyPortrait, made once: `python -m portrait_matting.prepare SOURCE OUTPUT --size 512`."""

import argparse
import sys

from portrait_matting.cli import command
from portrait_matting.cli.arguments import Parser, cores, number, path
from portrait_matting.errors import InputError


def prepare(arguments: argparse.Namespace) -> None:
    """Finds, pairs and checks the portraits of a source, and writes their copies, tables and report.

    Raises:
        InputError: something in the source, the output or the settings is wrong, or no portrait could be prepared.
        KeyboardInterrupt: stopped by Ctrl-C, with the line to print.
    """
    from portrait_matting.preparation.copy import copy
    from portrait_matting.preparation.mask_check import check_masks
    from portrait_matting.preparation.output import Output, check_place
    from portrait_matting.preparation.pairing import pair_entries
    from portrait_matting.preparation.report import report, write_tables
    from portrait_matting.preparation.settings import Settings
    from portrait_matting.preparation.source import Source

    check_place(arguments.source, arguments.output)
    source = Source(arguments.source)
    pairs, rejections = pair_entries(source.entries, source.meta)
    check_masks(pairs, source.read)
    band = 0.0
    if arguments.targets == "soft":
        from portrait_matting.matte.closed_form import load_pymatting
        from portrait_matting.preparation.soft_target import BAND

        print("loading pymatting; the first time on a machine it compiles for about a minute", file=sys.stderr)
        load_pymatting()  # once, here, not by every worker at the same time
        band = arguments.band or BAND
    settings = Settings(arguments.size, arguments.targets, arguments.quality, band)
    output = Output(arguments.output)
    output.open(settings)
    try:
        made = copy(source, pairs, rejections, output, settings, arguments.workers)
        write_tables(made.records, made.rejections, output)
        output.finish()
    finally:
        output.close()
    if not made.records:
        raise InputError(
            f"no portrait of {arguments.source} could be prepared, {len(made.rejections):,} files were refused: "
            f"{arguments.output / 'rejected.csv'} says why"
        )
    print(report(made.records, made.rejections, arguments.output, made.done, made.seconds, source.ignored))


def parser() -> argparse.ArgumentParser:
    """The command line of this command."""
    parser = Parser(
        prog="python -m portrait_matting.prepare",
        description="Writes a smaller copy of EasyPortrait, which data=easyportrait data.root=OUTPUT reads. It may be "
        "stopped at any moment: the same command resumes it.",
    )
    parser.add_argument(
        "source", metavar="SOURCE", type=path, help="the folder with images/ and annotations/, or with the zips"
    )
    parser.add_argument("output", metavar="OUTPUT", type=path, help="a new folder, or the one to go on with")
    parser.add_argument(
        "--size", type=number(1), default=512, help="shorter side in pixels; never enlarged (%(default)s)"
    )
    parser.add_argument(
        "--targets", choices=("hard", "soft"), default="hard", help="soft writes alphas/ as well (%(default)s)"
    )
    parser.add_argument(
        "--band",
        type=_share,
        help="of soft targets: width of the softened edge, as a share of the shorter side (what measured best)",
    )
    parser.add_argument("--quality", type=number(1, 100), default=90, help="of the JPEGs, 1 to 100 (%(default)s)")
    parser.add_argument("--workers", type=number(1), default=cores(), help="processes (all cores: %(default)s)")
    return parser


def _share(text: str) -> float:
    if 0 < float(text) <= 1:
        return float(text)
    raise argparse.ArgumentTypeError(f"{text} is not in (0, 1]")


def main(argv: list[str] | None = None) -> None:
    """Runs the command. Ends with code 0 where files were refused too, 2 where nothing was, 130 or 143 if stopped."""
    arguments = parser().parse_args(argv)
    command.run(lambda: prepare(arguments), "stopped: the same command resumes it")


if __name__ == "__main__":
    main()
