"""Where the recipes are."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
# In a wheel conf/ lies inside the package, in a clone beside it. An absolute path is the one form that Hydra finds from
# `python -m` and from a console script alike.
CONF_DIR = next(folder for folder in (_PACKAGE / "conf", _PACKAGE.parent / "conf") if (folder / "train.yaml").is_file())
