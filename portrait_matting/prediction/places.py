"""Where each input's result goes: into what `--output` names, or, without it, beside the photo or the folder."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from portrait_matting.errors import InputError
from portrait_matting.prediction.cutout_file import Style
from portrait_matting.prediction.destination import Destination, check_writable
from portrait_matting.prediction.inputs import FoundInputs, find_inputs, look_for, nothing_found
from portrait_matting.prediction.names import Input, shown
from portrait_matting.prediction.own_results import CUT_OUT, MATTE, split_results

_CUT_OUTS, _MATTES = "_cut_outs", "_mattes"  # of folders


@dataclass
class Place:
    """A folder, and the inputs whose results go into it.

    Args:
        folder: that is written into.
        inputs: each with the name of its result below it.
        file: the one result, in that folder, where it is named; else None.
        beside: whether the folder is that of the photos themselves.
    """

    folder: Path
    inputs: list[Input]
    file: Path | None = None
    beside: bool = False


@dataclass
class Places:
    """All that a call is to do, by where it goes.

    Args:
        places: one, or without `--output` one for each folder.
        found: what was passed over on the way; its inputs are those of all places.
        results: inputs that are themselves results of predict, and are passed over.
        ending: what the names of results beside their photos end in, and the suffix of those of photos.
    """

    places: list[Place]
    found: FoundInputs
    results: list[Path]
    ending: str = ""

    def where(self, targets: Mapping[Path, Path]) -> str:
        """The places in words, as they follow "3 cut out"; `targets` are the results, by their inputs."""
        alone = [file.path for place in self.places if place.beside for file in place.inputs]
        words = [f"into {shown(place.file or place.folder)}" for place in self.places if not place.beside]
        if len(alone) == 1:
            [path] = alone
            words.insert(0, f"into {shown(targets[path])}" if path in targets else f"beside {shown(path)}")
        elif alone:
            words.insert(0, f"beside their photos, as NAME{self.ending}")
        return " and ".join(words)


def into(destination: Destination, inputs: Sequence[str], style: Style) -> Places:
    """The one place that `--output` names.

    Raises:
        InputError: nothing was found, or nothing but results of predict.
    """
    found = find_inputs(inputs, not style.matte, exclude=None if destination.file else destination.folder)
    found.inputs, results = split_results(found.inputs)
    if not found.inputs:
        nothing_found(found, results)
    return Places([Place(destination.folder, found.inputs, destination.file)], found, results)


def beside(inputs: Sequence[str], style: Style) -> Places:
    """The places where no `--output` is given.

    Of photos that are named, or that a glob fits, each result lies beside its photo, as `NAME_cut_out.png`; those of a
    folder lie in a new one beside it, `FOLDER_cut_outs`, by the names that they would have in any `--output`.

    Args:
        inputs: paths, folders and globs.
        style: what is written; of mattes alone the names end in `_matte` and `_mattes`, and no video is taken.

    Raises:
        InputError: nothing was found, or nothing but results of predict.
    """
    ending, folder_ending = (MATTE, _MATTES) if style.matte else (CUT_OUT, _CUT_OUTS)
    videos = not style.matte
    folders = list(dict.fromkeys(text for text in inputs if os.path.isdir(text)))
    named = [text for text in inputs if os.path.isfile(text)]
    others = [text for text in inputs if text not in {*folders, *named}]
    single, fitting = look_for(named, videos), look_for(others, videos)
    of_folders = [(_beside_folder(text, folder_ending), look_for([text], videos)) for text in folders]

    found = FoundInputs()
    for part in (single, fitting, *(inside for _, inside in of_folders)):
        found.add(part)
    searched = {file.path for part in (fitting, *(inside for _, inside in of_folders)) for file in part.inputs}
    kept, results = split_results(found.inputs, searched - {file.path for file in single.inputs})
    left = {file.path: file for file in kept}
    places: dict[str, Place] = {}
    taken: set[tuple[str, str]] = set()
    for folder, part in [(None, single), (None, fitting), *of_folders]:
        for file in part.inputs:
            identity = os.path.realpath(file.path.parent), file.path.name
            if file.path not in left or identity in taken:
                continue
            taken.add(identity)
            into = folder or file.path.parent
            place = places.setdefault(os.path.realpath(into), Place(into, [], beside=not folder))
            place.inputs.append(file if folder else _named(file, ending))
    found.inputs = [file for place in places.values() for file in place.inputs]
    if not found.inputs:
        nothing_found(found, results)
    return Places(list(places.values()), found, results, f"{ending}{style.suffix}")


def check_places(places: list[Place], given: bool) -> list[str]:
    """Sees to it that every folder is there and can be written; one that cannot be is taken out of the list.

    Args:
        places: is changed.
        given: whether the folder was named.

    Returns:
        A line for each input that has no place.

    Raises:
        InputError: none can be written.
    """
    lines, refused = [], None
    for place in list(places):
        try:
            check_writable(place.folder, given)
        except InputError as error:
            refused = error
            lines += [f"{shown(file.path)} is not cut out: {error}" for file in place.inputs]
            places.remove(place)
    if refused is not None and not places:
        raise refused
    return lines


def _named(file: Input, ending: str) -> Input:
    return Input(file.path, Path(f"{file.own_name.name}{ending}"))


def _beside_folder(text: str, ending: str) -> Path:
    """The folder beside a folder; of `.` and `..`, whose names say nothing, by where they are."""
    folder = Path(text)
    if folder.name in ("", ".."):
        folder = Path(os.path.abspath(folder))
    if not folder.name:
        raise InputError(f"beside {shown(folder)} there is no place for results: give --output DIR")
    return folder.with_name(f"{folder.name}{ending}")
