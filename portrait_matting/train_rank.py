"""One of the other processes of a run on several devices: `python -m portrait_matting.train_rank CONFIG`."""

import sys

from omegaconf import OmegaConf


def main() -> None:
    from portrait_matting.train import fit, prepare

    fit(prepare(OmegaConf.load(sys.argv[1])))


if __name__ == "__main__":
    main()
