"""The people out of photos and videos: `python -m portrait_matting.predict photo.jpg` writes `photo_cut_out.png`."""

import argparse
import os
import sys

from portrait_matting.cli import command
from portrait_matting.cli.arguments import Parser, cores, named, number
from portrait_matting.errors import InputError


def predict(arguments: argparse.Namespace) -> int:
    """Cuts out the photos and videos that are not cut out yet.

    Returns:
        The exit code: 0 if everything is cut out, 1 if something is not, 2 if nothing is.

    Raises:
        InputError: an argument cannot be, nothing was found, or the output cannot be written.
        KeyboardInterrupt: stopped by Ctrl-C, with the line to print.
    """
    from portrait_matting.checkpoint import check_is_there
    from portrait_matting.matte.matter import Matter
    from portrait_matting.matte.refine import REFINEMENT, check_refinement
    from portrait_matting.prediction.background import parse_background
    from portrait_matting.prediction.batch import cut_out_all, cut_out_videos
    from portrait_matting.prediction.cutout_file import Style
    from portrait_matting.prediction.destination import Destination
    from portrait_matting.prediction.inputs import is_video
    from portrait_matting.prediction.jobs import plan_jobs, video_suffix
    from portrait_matting.prediction.names import shown
    from portrait_matting.prediction.places import beside, check_places, into
    from portrait_matting.prediction.progress import Progress
    from portrait_matting.prediction.settings import Settings
    from portrait_matting.prediction.summary import Summary
    from portrait_matting.weights.shipped import shipped

    given = arguments.checkpoint
    checkpoint = shipped() if given is None else check_is_there(given)  # also where there is nothing left to do
    destination = None if arguments.output is None else Destination.named(arguments.output)
    refinement = check_refinement(arguments.refinement or REFINEMENT)
    background = arguments.background and parse_background(arguments.background)
    image_format = destination.format(arguments.format) if destination else arguments.format or "png"
    style = Style(image_format, background, arguments.matte, arguments.quality)
    if destination:
        todo = into(destination, arguments.inputs, style)
        destination.check(todo.found.inputs, video_suffix(style))
    else:
        todo = beside(arguments.inputs, style)
    summary = Summary(failed=check_places(todo.places, given=destination is not None), results=todo.results)
    options = {"input_size": arguments.input_size, "precision": arguments.precision}
    options |= {"fit": arguments.fit, "flip": arguments.flip}
    foreground = not arguments.no_foreground
    settings = Settings(checkpoint, style, refinement, foreground, smoothing=arguments.smoothing, **options)
    jobs = []
    for place in todo.places:
        planned, plan = plan_jobs(place.inputs, place.folder, style, arguments.overwrite, settings, place.file)
        if place.file and plan.failed:
            raise InputError(plan.failed[0])
        jobs += planned
        summary.add(plan)
    summary.failed += [f"{shown(path)} {reason}" for path, reason in todo.found.skipped]
    summary.unread = todo.found.unread
    photos = [job for job in jobs if not is_video(job.source)]
    videos = [job for job in jobs if is_video(job.source)]
    with Progress(len(photos)) as progress:
        for line in (*summary.failed, *summary.plans()):
            progress.say(line)
        if jobs:
            matter = Matter.from_checkpoint(checkpoint, refinement, foreground, device=arguments.device, **options)
            summary.add(cut_out_all(photos, matter, style, arguments.workers, progress))
            summary.add(cut_out_videos(videos, matter, background, arguments.smoothing, progress))
        for line in summary.remarks():
            progress.say(line)
    print(summary.line(todo.where({job.source: job.target for job in jobs})))
    return summary.code


def parser() -> argparse.ArgumentParser:
    """The command line of this command."""
    parser = Parser(
        prog="python -m portrait_matting.predict",
        description="Cuts people out of photos and videos, at their own resolution. What is there already is passed "
        "over, so that a stopped call can be resumed; of a photo that has changed since, or with other options, it is "
        "made again. Inputs that begin with a dash come last, after --.",
    )
    parser.add_argument(
        "inputs", metavar="INPUT", nargs="+", type=named, help="photos, videos, folders of them, or globs in quotes"
    )
    parser.add_argument(
        "--checkpoint", metavar="FILE", type=named, help="another network than the package's: of a run, or U²-Net's own"
    )
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=named,
        help="where NAME.png is written; of one input also FILE.png (beside each photo, as NAME_cut_out.png)",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="do again what is there, also what predict did not make"
    )

    written = parser.add_argument_group("what is written").add_mutually_exclusive_group()
    written.add_argument(
        "--background", metavar="COLOUR|PICTURE|blur", type=named, help="white, #00ff00, a file; else transparent"
    )
    written.add_argument("--matte", action="store_true", help="the matte alone, as grey PNG (photos only)")
    parser.add_argument("--format", choices=("png", "webp", "jpg"), help="of photos; jpg with --background (png)")
    parser.add_argument(
        "--quality", type=number(1, 100), default=90, help="of jpg and webp; webp loses nothing at 100 (%(default)s)"
    )
    parser.add_argument(
        "--smoothing", type=_share, default=0.0, help="against flicker in videos, 0 to below 1 (%(default)s)"
    )

    how = parser.add_argument_group("how")
    how.add_argument("--refinement", metavar="NAME", help="from the network's resolution to the photo's (the best)")
    how.add_argument("--no-foreground", action="store_true", help="keep the photo's colours in soft edges")
    how.add_argument("--flip", action="store_true", help="average with the mirrored photo: twice the time")
    how.add_argument("--fit", choices=("squash", "keep", "pad"), default="squash", help="to the network (%(default)s)")
    how.add_argument("--input-size", metavar="N", type=number(16), help="of the network, in pixels (as trained)")
    how.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="(%(default)s)")
    how.add_argument(
        "--precision", choices=("auto", "32-true", "bf16-mixed", "16-mixed"), default="auto", help="(%(default)s)"
    )
    how.add_argument("--workers", type=number(1), default=cores(), help="photos at once (all cores: %(default)s)")
    return parser


def _share(text: str) -> float:
    if 0 <= float(text) < 1:
        return float(text)
    raise argparse.ArgumentTypeError(f"{text} is not in [0, 1)")


def main(argv: list[str] | None = None) -> None:
    """Runs the command. Ends with code 0 if all is cut out, 1 if something is not, 2 if nothing is.

    Ctrl-C ends it with 130 and SIGTERM with 143.
    """
    arguments = parser().parse_args(argv)
    command.run(lambda: _until_stopped(arguments))


def _until_stopped(arguments: argparse.Namespace) -> None:
    try:
        code = predict(arguments)
    except KeyboardInterrupt as stop:
        print(str(stop) or "stopped: the same command resumes it", file=sys.stderr)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(command.exit_code(stop))  # threads amid a network's operation would crash in Python's own way to end
    if code:
        sys.exit(code)


if __name__ == "__main__":
    main()
