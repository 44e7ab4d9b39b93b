"""The folder that a copy grows in: one preparation at a time, settings that cannot change, files whole or absent."""

import os
from pathlib import Path

from portrait_matting.disk.work_folder import WorkFolder
from portrait_matting.errors import InputError
from portrait_matting.preparation.settings import Settings, check_settings

_PATIENCE = 10.0  # seconds in which the workers of a killed preparation see that it is gone and end


class Output(WorkFolder):
    """An output folder, held by one preparation."""

    def open(self, settings: Settings) -> None:
        """Makes the folder if need be, takes the lock, and clears away what was left half written.

        Raises:
            InputError: the folder holds other things, or a copy with other settings, or another preparation is at
                work in it, or it cannot be written.
        """
        path = self.root / "settings.json"
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            if not path.exists() and any(entry.name[0] != "." for entry in os.scandir(self.root)):
                raise InputError(f"{self.root} holds other things already: give an empty or a new folder as OUTPUT")
            self.take_alone(_PATIENCE, "another preparation is at work in")
            if existing := path.read_text(encoding="utf-8") if path.exists() else "":
                check_settings(existing, settings, path)
            else:
                path.write_text(settings.text(), encoding="utf-8")
            self.clear(keep="journal")
        except OSError as error:
            self.give_up()
            raise InputError(f"{self.root} cannot be written ({error.strerror}): give another OUTPUT") from error
        except InputError:
            self.give_up()
            raise


def check_place(source: Path, output: Path) -> None:
    """Refuses an output folder that would mix with the source.

    Raises:
        InputError: `output` is `source`, or lies where the pictures of `source` are looked for.
    """
    inside, root = output.resolve(), source.resolve()
    if inside == root:
        raise InputError(f"OUTPUT is SOURCE, {source}: give another folder, the originals stay as they are")
    if inside.is_relative_to(root) and inside.relative_to(root).parts[0] in ("images", "annotations"):
        raise InputError(f"OUTPUT {output} is among the pictures of SOURCE {source}: give a folder outside it")
