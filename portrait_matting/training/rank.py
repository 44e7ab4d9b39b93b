"""One of the other processes of a run on several devices: `python -m portrait_matting.training.rank CONFIG`."""

import sys

from omegaconf import OmegaConf

from portrait_matting.cli import command


def main() -> None:
    """Trains by a finished recipe, as the process that the environment's LOCAL_RANK names."""
    from portrait_matting.training.job import build_training_job
    from portrait_matting.training.lightning_messages import silence
    from portrait_matting.training.phases import fit

    silence()
    fit(build_training_job(OmegaConf.load(sys.argv[1])))


if __name__ == "__main__":
    command.run(main)
