"""The folder that drawings fill: one command at a time, one recipe, files whole or absent."""

import os
import re
from pathlib import Path

from portrait_matting.disk.work_folder import WorkFolder
from portrait_matting.drawing.files import is_whole, paths
from portrait_matting.drawing.recipe import NAME, Recipe, check_recipe
from portrait_matting.errors import InputError

_PATIENCE = 10.0  # seconds in which the workers of a killed drawing see that it is gone and end


class DrawingFolder(WorkFolder):
    """A folder of drawings, held by one command."""

    def is_begun(self) -> bool:
        """Whether drawings were begun here."""
        return (self.root / NAME).is_file()

    def open(self, recipe: Recipe) -> None:
        """Makes the folder if need be, takes the lock, and clears away what was left half written.

        Raises:
            InputError: OUTPUT is a file, holds other things or drawings by another recipe, cannot be written, or is
                being filled by another process.
        """
        if self.root.exists() and not self.root.is_dir():
            raise InputError(f"{self.root} is a file: give an empty or a new folder as OUTPUT")
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            if not self.is_begun() and any(entry.name[0] != "." for entry in os.scandir(self.root)):
                raise InputError(f"{self.root} holds other things already: give an empty or a new folder as OUTPUT")
            self.take_alone(_PATIENCE, "another process draws into")
            if self.is_begun():
                check_recipe((self.root / NAME).read_text(encoding="utf-8"), recipe, self.root / NAME)
            self.clear()
            if not self.is_begun():
                self.write(NAME, recipe.text().encode())
            for folder in {Path(path).parent for path in paths(recipe, 0)}:
                (self.root / folder).mkdir(exist_ok=True)
        except OSError as error:
            self.give_up()
            raise InputError(f"{self.root} cannot be written ({error.strerror}): give another OUTPUT") from error
        except UnicodeDecodeError:
            self.give_up()
            raise InputError(f"{self.root / NAME} is no recipe of drawn portraits: give another OUTPUT") from None
        except InputError:
            self.give_up()
            raise

    def missing(self, recipe: Recipe, count: int) -> list[int]:
        """Which of the first `count` portraits are not there, or not whole."""
        listed = self._listed(recipe)
        return [index for index in range(count) if not self._is_there(recipe, index, listed)]

    def beyond(self, recipe: Recipe, count: int) -> list[int]:
        """Which portraits are there beyond the first `count`, of an earlier call that was to draw more.

        Of one that is not whole, the files that are there are removed: an alpha without its image is no pair.
        """
        listed = self._listed(recipe)
        numbers: set[int] = set()
        for path in paths(recipe, 0):
            before, _, after = path.rpartition("000000")
            pattern = re.compile(f"{re.escape(before)}(\\d{{6,}}){re.escape(after)}", re.ASCII)
            numbers |= {int(match[1]) for match in map(pattern.fullmatch, listed) if match}
        more = sorted(number for number in numbers if number >= count)
        there = [index for index in more if self._is_there(recipe, index, listed)]
        for index in set(more) - set(there):
            for path in paths(recipe, index):
                (self.root / path).unlink(missing_ok=True)
        return there

    def _is_there(self, recipe: Recipe, index: int, listed: set[str]) -> bool:
        return all(path in listed and is_whole(self.root / path) for path in paths(recipe, index))

    def _listed(self, recipe: Recipe) -> set[str]:
        folders = {path.rpartition("/")[0] for path in paths(recipe, 0)}
        return {f"{folder}/{entry.name}".lstrip("/") for folder in folders for entry in os.scandir(self.root / folder)}
