"""How a training writes its checkpoints: the old one stays until the new one is whole."""

from pathlib import Path
from typing import Any

from lightning.pytorch.plugins.io import TorchCheckpointIO

from portrait_matting.disk.atomic_write import atomic_write


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint beside its place and moves it there when it is whole: the old one stays until then.

    Lightning writes to the system's temporary folder first. Where that is another disk, its move is a copy onto the
    old checkpoint, which is lost if the disk is full.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        place = Path(path)
        # One name for all processes, and they are half a gigabyte: what a killed run leaves is written over.
        with atomic_write(place, place.with_name(f"{place.name}.unfinished")) as unfinished:
            try:
                super().save_checkpoint(checkpoint, unfinished, storage_options)
            except OSError as error:  # it names a file of the temporary folder
                raise OSError(error.errno, error.strerror, str(place)) from error
