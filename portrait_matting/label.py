"""Labels for photos without mattes: `python -m portrait_matting.label PHOTOS OUTPUT --network FILE`."""

import argparse
from dataclasses import replace

from portrait_matting.cli import command
from portrait_matting.cli.arguments import Parser, cores, named, number, path
from portrait_matting.errors import InputError

MIN_CONFIDENCE = 0.9
"""Of 700 street portraits by MediaPipe's selfie network 55 are below it, half of those that it gets wrong (an IoU below
0.8) and few others: EXPERIMENTS.md."""

NORMALISATIONS = ("unit", "half", "raw", "imagenet", "imagenet_by_maximum", "easyportrait")
"""Those of `labelling.model_input`, whose import would take seconds of --help."""


def label(arguments: argparse.Namespace) -> None:
    """Labels the photos of a folder by a network or by mattes, into a folder data set.

    Raises:
        InputError: something in the photos, the network, the output or the settings is wrong, or no photo got a label.
        KeyboardInterrupt: stopped by Ctrl-C, with the line to print.
    """
    from portrait_matting.cli.shell import path_override
    from portrait_matting.labelling.fill import cannot_write, fill
    from portrait_matting.labelling.folder import LabelFolder, check_place
    from portrait_matting.labelling.photos import find_photos
    from portrait_matting.labelling.sheet import NAME, write_sheet
    from portrait_matting.labelling.tables import photos_have, report, write_tables
    from portrait_matting.labelling.worker import Job

    _check_flags(arguments)
    check_place(arguments.photos, arguments.output)
    photos = find_photos(arguments.photos)
    minimum = MIN_CONFIDENCE if arguments.min_confidence is None else arguments.min_confidence
    teacher, note = _by_mattes(arguments) if arguments.mattes else _by_network(arguments, minimum)
    folder = LabelFolder(arguments.output)
    folder.open(note)
    try:
        folder.remove_renamed(photos.files)
        job = Job(teacher, folder, arguments.photos, minimum, arguments.copy)
        filled = fill(job, sorted(photos.files.items()), arguments.workers)
        earlier = folder.earlier(photos.files)
        records = sorted([*filled.records, *earlier], key=lambda record: record.name)
        rejections = sorted([*filled.rejections, *photos.rejections])
        try:
            write_tables(records, rejections, folder)
            shown = write_sheet(folder, filled.records, photos.files)
            folder.finish()
        except OSError as error:
            raise cannot_write(arguments.output, error) from error
    finally:
        folder.close()
    kept = sum(record.kept for record in records)
    if not kept:
        raise InputError(_nothing(len(records), rejections, arguments, minimum))
    print(f"{photos_have(kept)} a label in {arguments.output}, {filled.made:,} labelled now")
    if earlier:
        print(f"that is with {len(earlier):,} of an earlier call whose photos are in {arguments.photos} no more")
    if lines := report(records, rejections, folder, minimum):
        print(lines)
    if shown:
        print(f"{arguments.output / NAME} shows the {shown} of least confidence")
    print(f"train on them with data=folder {path_override('data.root', arguments.output)}")


def _by_network(arguments: argparse.Namespace, minimum: float):
    from dataclasses import fields

    from portrait_matting.labelling.network_choice import NetworkChoice, check_network
    from portrait_matting.labelling.note import network_note
    from portrait_matting.labelling.teacher import NetworkTeacher
    from portrait_matting.matte.closed_form import load_pymatting
    from portrait_matting.matte.refine import check_refinement

    own = {field.name: getattr(arguments, field.name) for field in fields(NetworkChoice) if field.name != "path"}
    own["fit"] = own["fit"] or "squash"
    choice = NetworkChoice(check_network(arguments.network), **own)
    refinement = check_refinement(arguments.refinement or "bilinear")
    if refinement == "closed_form":
        load_pymatting()  # once, here, not by every worker at the same time
    network = choice.build()
    note = network_note(choice, network, refinement, minimum)
    print(f"{choice.path.name} ({network.kind}) takes {network.width}x{network.height}, colours {_colours(network)}")
    values = None if network.kind == "checkpoint" else network.values
    return NetworkTeacher(replace(choice, values=values), refinement), note


def _colours(network) -> str:
    if network.kind == "checkpoint":
        return "as it was trained with"
    assumed = "unless --normalisation says otherwise"
    return f"by {network.normalisation} {assumed}" if network.normalisation == "unit" else f"by {network.normalisation}"


def _by_mattes(arguments: argparse.Namespace):
    from portrait_matting.evaluation.mattes import FolderMattes
    from portrait_matting.labelling.folder import check_place
    from portrait_matting.labelling.note import Note
    from portrait_matting.labelling.teacher import MatteTeacher

    check_place(arguments.mattes, arguments.output, "--mattes")
    mattes = FolderMattes(arguments.mattes)
    return MatteTeacher(mattes.files), Note("mattes", mattes.folder.resolve().name, "bilinear")


def _nothing(labelled: int, rejections: list, arguments: argparse.Namespace, minimum: float) -> str:
    if labelled:
        return (
            f"all {labelled:,} labels are below a confidence of {minimum:g}: look at "
            f"{arguments.output / 'least_confident.jpg'}, and give a lower --min-confidence or another network"
        )
    return (
        f"no photo of {arguments.photos} got a label, {len(rejections):,} were refused: "
        f"{arguments.output / 'rejected.csv'} says why"
    )


def _check_flags(arguments: argparse.Namespace) -> None:
    """Refuses flags that are of the other source of labels."""
    if (arguments.network is None) == (arguments.mattes is None):
        raise InputError(
            "--network and --mattes are two sources of labels: give one of them"
            if arguments.network
            else "--network is missing: give a network, FILE.onnx, FILE.tflite or a checkpoint, or --mattes DIR"
        )
    if arguments.mattes is None:
        return
    for flag in ("fit", "input_size", "normalisation", "values", "channel", "refinement", "min_confidence"):
        if getattr(arguments, flag) is not None:
            raise InputError(
                f"--{flag.replace('_', '-')} is of --network: --mattes are taken as they are, leave it out"
            )


def parser() -> argparse.ArgumentParser:
    """The command line of this command."""
    parser = Parser(
        prog="python -m portrait_matting.label",
        description="Labels photos of people with soft mattes by a network, or with mattes that any tool made, into "
        "images/ and alphas/, which data=folder data.root=OUTPUT reads. What the network is unsure of is left out. It "
        "may be stopped at any moment: the same command goes on.",
    )
    parser.add_argument("photos", metavar="PHOTOS", type=path, help="a folder of photos of people, at any depth")
    parser.add_argument("output", metavar="OUTPUT", type=path, help="a new folder, or the one to go on with")
    parser.add_argument(
        "--network",
        metavar="FILE",
        type=named,
        help="NAME.onnx, NAME.tflite, a checkpoint, or portraits, which comes with the package",
    )
    parser.add_argument(
        "--mattes", metavar="DIR", type=path, help="mattes with the photos' names, in a network's place"
    )
    parser.add_argument(
        "--min-confidence",
        metavar="C",
        type=_share,
        help=f"from 0 to 1: what the network agrees less with itself about is left out ({MIN_CONFIDENCE})",
    )
    parser.add_argument("--refinement", metavar="NAME", help="from the network's resolution to the photo's (bilinear)")
    parser.add_argument("--copy", action="store_true", help="copy photos even where hard links do")
    parser.add_argument("--workers", type=number(1), default=cores(), help="processes (all cores: %(default)s)")

    network = parser.add_argument_group("the network, where its file does not say it")
    network.add_argument("--fit", choices=("squash", "pad"), help="photos to its input (squash)")
    network.add_argument("--input-size", metavar="N", type=number(16, 4096), help="of its input, in pixels")
    network.add_argument(
        "--normalisation",
        metavar="NAME",
        type=_normalisation,
        help="of colours: unit is 0 to 1 (the default), half -1 to 1, raw 0 to 255; imagenet; imagenet_by_maximum, "
        "which U²-Net has; easyportrait",
    )
    network.add_argument(
        "--values",
        choices=("alpha", "levels", "logits"),
        help="what it gives: 0 to 1, 0 to 255, or numbers of any size (found out)",
    )
    network.add_argument("--channel", metavar="N", type=number(0), help="of a person (all but the first, 0)")
    return parser


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number: give one from 0 to 1") from None
    if 0 <= value <= 1:
        return value
    raise argparse.ArgumentTypeError(f"{text} is not in [0, 1]: 0 keeps all, 0.9 what is sure")


def _normalisation(text: str) -> str:
    if text in NORMALISATIONS:
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is unknown: give one of {', '.join(NORMALISATIONS)}")


def main(argv: list[str] | None = None) -> None:
    """Runs the command. Ends with code 0 where some have no label too, 2 where none has, 130 or 143 if stopped."""
    arguments = parser().parse_args(argv)
    command.run(lambda: label(arguments), "stopped: the same command goes on")


if __name__ == "__main__":
    main()
