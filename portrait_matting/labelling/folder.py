"""The folder that labels fill: a folder data set, and beside it what was left out, by one command at a time."""

import os
import shutil
from collections.abc import Collection
from pathlib import Path

from portrait_matting.disk.atomic_write import atomic_write
from portrait_matting.disk.work_folder import WorkFolder
from portrait_matting.errors import InputError
from portrait_matting.images.io import IMAGE_SUFFIXES
from portrait_matting.labelling.label_file import Mark, read_mark
from portrait_matting.labelling.note import NAME, Note, going_on
from portrait_matting.labelling.record import Record

IMAGES, ALPHAS, LEFT_OUT = "images", "alphas", "left_out"
_PATIENCE = 10.0  # seconds in which the workers of a killed labelling see that it is gone and end


class LabelFolder(WorkFolder):
    """A folder of labels, held by one command.

    A label lies in `alphas` and its photo in `images`, or the label alone in `left_out`. A photo is never there without
    its alpha: it comes last and goes first.
    """

    def open(self, note: Note) -> None:
        """Makes the folder if need be, takes the lock, and clears away what was left half written.

        Raises:
            InputError: OUTPUT is a file, holds other things or labels that were made otherwise, cannot be written, or
                is being filled by another process.
        """
        if self.root.exists() and not self.root.is_dir():
            raise InputError(f"{self.root} is a file: give an empty or a new folder as OUTPUT")
        path = self.root / NAME
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            if not path.is_file() and any(entry.name[0] != "." for entry in os.scandir(self.root)):
                raise InputError(f"{self.root} holds other things already: give an empty or a new folder as OUTPUT")
            self.take_alone(_PATIENCE, "another process labels into")
            existing = path.read_text(encoding="utf-8") if path.is_file() else ""
            note = going_on(existing, note, path)
            self.clear()
            if note.text() != existing:
                self.write(NAME, note.text().encode())
            for folder in (IMAGES, ALPHAS):
                (self.root / folder).mkdir(exist_ok=True)
        except OSError as error:
            self.give_up()
            raise InputError(f"{self.root} cannot be written ({error.strerror}): give another OUTPUT") from error
        except UnicodeDecodeError:
            self.give_up()
            raise InputError(f"{path} is no note of labels: give another OUTPUT, or delete {self.root}") from None
        except InputError:
            self.give_up()
            raise

    def mark(self, name: str) -> Mark | None:
        """The mark of the label that a photo has here, kept or left out; None where it has none."""
        return read_mark(self.alpha(name)) or read_mark(self.left_out(name))

    def alpha(self, name: str) -> Path:
        return self.root / ALPHAS / f"{name}.png"

    def left_out(self, name: str) -> Path:
        return self.root / LEFT_OUT / f"{name}.png"

    def image(self, name: str, suffix: str) -> Path:
        return self.root / IMAGES / f"{name}{suffix}"

    def put(self, name: str, photo: Path, kept: bool, label: bytes | None, copy: bool) -> int:
        """Puts a label where it belongs, and its photo beside it if it is kept: how many bytes that took.

        Args:
            name: of the photo, by its path below PHOTOS without suffix.
            photo: its file.
            kept: whether label and photo are trained on.
            label: the label's file; None where it is in the folder already.
            copy: copies the photo even where a hard link would do.

        Raises:
            OSError: the disk is full or fails.
        """
        place, other = (self.alpha(name), self.left_out(name)) if kept else (self.left_out(name), self.alpha(name))
        image = self.image(name, photo.suffix)
        if not kept:
            image.unlink(missing_ok=True)
        if label is not None:
            place.parent.mkdir(parents=True, exist_ok=True)
            self.write(str(place.relative_to(self.root)), label)
            other.unlink(missing_ok=True)
        elif read_mark(place) is None:
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(other, place)
        else:
            other.unlink(missing_ok=True)
        size = len(label or b"")
        return size + self._put_photo(photo, image, copy, anew=label is not None) if kept else size

    def remove(self, name: str) -> None:
        """Removes a photo and its label."""
        self._remove_images(name)
        for path in (self.alpha(name), self.left_out(name)):
            path.unlink(missing_ok=True)

    def earlier(self, photos: Collection[str]) -> list[Record]:
        """The labels of an earlier call whose photos are gone: they stay where they are.

        Args:
            photos: names of those that are there.
        """
        records = []
        for kept, folder in ((True, ALPHAS), (False, LEFT_OUT)):
            top = self.root / folder
            for path in sorted(top.rglob("*.png")):
                name = path.relative_to(top).with_suffix("").as_posix()
                if name not in photos and (mark := read_mark(path)) is not None:
                    records.append(Record(name, "", mark.confidence, kept, mark.coverage, mark.height, mark.width))
        return records

    def remove_renamed(self, files: dict[str, Path]) -> None:
        """Removes images whose photos have another suffix by now: two of one name would be no data set."""
        top = self.root / IMAGES
        for folder, _, listed in os.walk(top):
            for file in listed:
                path = Path(folder, file)
                photo = files.get(path.relative_to(top).with_suffix("").as_posix())
                if photo is not None and photo.suffix != path.suffix and path.suffix.lower() in IMAGE_SUFFIXES:
                    path.unlink()

    def _put_photo(self, photo: Path, image: Path, copy: bool, anew: bool) -> int:
        if not anew and image.is_file() and image.stat().st_size == photo.stat().st_size:
            return 0
        image.parent.mkdir(parents=True, exist_ok=True)
        image.unlink(missing_ok=True)  # it may be a link to the very same file, which a rename would leave as it is
        with atomic_write(image, self.unfinished / f"{os.getpid()}") as unfinished:
            if not copy and _link(photo, unfinished):
                return 0
            shutil.copyfile(photo, unfinished)
            return photo.stat().st_size

    def _remove_images(self, name: str) -> None:
        for suffix in IMAGE_SUFFIXES:
            for own in (suffix, suffix.upper()):
                self.image(name, own).unlink(missing_ok=True)


def _link(photo: Path, target: Path) -> bool:
    """Makes a hard link; False where the disk has none, is another one, or the system does not let us."""
    try:
        os.link(os.path.realpath(photo), target)
    except OSError:
        return False
    return True


def check_place(photos: Path, output: Path, what: str = "PHOTOS") -> None:
    """Refuses an output folder that would mix with photos or mattes.

    Raises:
        InputError: `photos` is no folder, or `output` is it, lies in it or holds it.
    """
    if not photos.is_dir():
        cure = "give the folder that it lies in" if photos.is_file() else "check the path"
        raise InputError(f"{what} {photos} is {'a file' if photos.is_file() else 'no folder'}: {cure}")
    inside, root = output.resolve(), photos.resolve()
    if inside == root:
        raise InputError(f"OUTPUT is {what}, {photos}: give another folder, what is in it stays as it is")
    if inside.is_relative_to(root):
        raise InputError(f"OUTPUT {output} lies in {what} {photos}, among whose pictures labels would be: move it")
    if root.is_relative_to(inside):
        raise InputError(f"{what} {photos} lies in OUTPUT {output}: give another OUTPUT")
