"""Hydra's callback for `~` in the folders that Hydra makes itself, where a file of the user's gives them."""

from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf

from portrait_matting.cli.shell import hydra_quoted
from portrait_matting.disk.home import expand_text


class HomeFolders(Callback):
    """Puts homes in the place of `~` in hydra.run.dir and hydra.sweep.dir, before anything is written there."""

    def on_run_start(self, config: DictConfig, **_: Any) -> None:
        _settle(config.hydra.run)

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        if folder := _settle(config.hydra.sweep):
            config.hydra.overrides.hydra.append(f"hydra.sweep.dir={hydra_quoted(folder)}")  # each job is composed anew


def _settle(node: DictConfig) -> str | None:
    written = OmegaConf.to_container(node)["dir"]  # type: ignore[call-overload,index]
    if not isinstance(written, str) or expand_text(written) == written:
        return None
    node.dir = expand_text(written)
    return node.dir
