"""A checkpoint's network as a small file to give away: `python -m portrait_matting.export CHECKPOINT OUTPUT`."""

import argparse
from pathlib import Path

from portrait_matting.cli import command
from portrait_matting.cli.arguments import Parser, named, path
from portrait_matting.errors import InputError


def export(arguments: argparse.Namespace) -> None:
    """Writes a checkpoint's weights in half precision, with the recipe that rebuilds its network.

    Raises:
        InputError: the checkpoint is none, or the output cannot be, is there already, or cannot be written.
    """
    output: Path = arguments.output
    _check(output, arguments.overwrite)  # before the seconds that the rest takes

    from portrait_matting.checkpoint import load_weights, read_weights
    from portrait_matting.models import registry
    from portrait_matting.weights import safetensors_file
    from portrait_matting.weights.kept_recipe import kept_recipe

    weights = read_weights(arguments.checkpoint)
    net = registry.build(weights.config["model"])
    load_weights(net, arguments.checkpoint, weights)  # refuses what no command could read again
    recipe = kept_recipe(weights.config)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        safetensors_file.write(output, net.state_dict(), recipe, weights.about)
        size = output.stat().st_size
    except OSError as error:
        raise InputError(f"{output} cannot be written ({error.strerror}): give another OUTPUT") from error
    parameters = sum(parameter.numel() for parameter in net.parameters())
    name = recipe["model"]["_target_"].rpartition(".")[2]
    print(f"{output}: {name}, {parameters / 1e6:.2f} million parameters in half precision, {size / 1e6:.1f} MB")


def _check(output: Path, overwrite: bool) -> None:
    if output.suffix.lower() != ".safetensors":
        raise InputError(f"{output} would be no .safetensors file, which is what is written: give a name that ends so")
    if output.is_dir():
        raise InputError(f"{output} is a folder: give another OUTPUT")
    if output.exists() and not overwrite:
        raise InputError(f"{output} is there already: --overwrite replaces it, or give another OUTPUT")


def parser() -> argparse.ArgumentParser:
    """The command line of this command."""
    parser = Parser(
        prog="python -m portrait_matting.export",
        description="Writes the network of a checkpoint as a small file, weights in half precision and the recipe that "
        "rebuilds it, without the training state, code or any path of this machine. Every command takes it as it takes "
        "a checkpoint: --checkpoint FILE, checkpoint=FILE, model.weights=FILE.",
    )
    parser.add_argument(
        "checkpoint", metavar="CHECKPOINT", type=named, help="of a run, or U²-Net's own weights, or a packaged name"
    )
    parser.add_argument("output", metavar="OUTPUT.safetensors", type=path, help="the file to write")
    parser.add_argument("--overwrite", action="store_true", help="replace OUTPUT where it is there")
    return parser


def main(argv: list[str] | None = None) -> None:
    """Runs the command. Ends with code 0, or 2 where nothing was written."""
    arguments = parser().parse_args(argv)
    command.run(lambda: export(arguments))


if __name__ == "__main__":
    main()
