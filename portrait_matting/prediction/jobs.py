"""Which input becomes which file, what is finished already, and what must not be written over."""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from portrait_matting.errors import InputError
from portrait_matting.prediction.cutout_file import Style
from portrait_matting.prediction.inputs import is_video
from portrait_matting.prediction.names import Input, key, named_apart, shown, target
from portrait_matting.prediction.settings import Settings
from portrait_matting.prediction.standing import Standing, State
from portrait_matting.prediction.summary import Summary

_OURS_TO_REPLACE = (State.CHANGED, State.OTHERWISE)
_WHY_NOT = {
    State.EDITED: "was changed by somebody since it was made, and is not up to date",
    State.OLDER: "is older than the photo, and nothing in it says what it was made of",
}


@dataclass(frozen=True)
class CutOutJob:
    """A file to read, and the one to write.

    Args:
        source: the photo or video.
        target: its result.
        settings: the digest that its mark holds; None: it gets no mark.
        replace: what stands there makes room; else nothing stands there, and what comes there meanwhile stays.
        apart: where it is written instead if another call has written there meanwhile; None: nowhere.
    """

    source: Path
    target: Path
    settings: str | None = None
    replace: bool = True
    apart: Path | None = None

    def targets(self) -> Iterator[Path]:
        """Where it may be written: the first that is free."""
        yield self.target
        if self.apart is not None:
            yield self.apart
            for number in itertools.count(2):
                yield self.apart.with_stem(f"{self.apart.stem}_{number}")


def plan_jobs(
    inputs: Sequence[Input],
    output: Path,
    style: Style,
    overwrite: bool = False,
    settings: Settings | None = None,
    only: Path | None = None,
) -> tuple[list[CutOutJob], Summary]:
    """What is to be done, and what already is or cannot be.

    A result says by its mark what it was made of. One that is of this photo and of these settings is finished, since it
    is written whole or not at all: so a stopped call can be resumed. One of the same photo with another content, or
    with other settings, is made again. One of another photo keeps its name: this photo's result is named apart, as
    `named_apart` does. A file without a mark, by an earlier version or by somebody else, stays: it counts as finished
    and is spoken of where it could be this photo's result; where its size or its channels say that it is not, the
    result is named apart; where it is older than the photo, and where somebody has worked on a result that is out of
    date, the photo is not done.

    Args:
        inputs: of `find_inputs`.
        output: the folder that they are cut out into.
        style: what is written of a photo; of a video it is .webm, or .mp4 before a background.
        overwrite: does again what is there, also what has no mark; not a file that is itself an input, nor another
            photo's result.
        settings: how they are cut out; None: no result gets a mark.
        only: the file that the one input is written to; nothing is named apart then, and `overwrite` replaces whatever
            it is.
    """
    summary = Summary()
    plan = _Plan(output, style, overwrite, settings, {_identity(file.path) for file in inputs} - {None}, summary)
    files = [file for file in inputs if plan.takes(file)]
    if only is not None:
        jobs = [plan.job(file, only, apart=False) for file in files]
    else:
        jobs = [plan.job(file, plan.target(file, file.name)) for file in plan.named(files)]
    return [job for job in jobs if job is not None], summary


class _Plan:
    def __init__(
        self,
        output: Path,
        style: Style,
        overwrite: bool,
        settings: Settings | None,
        input_files: set[tuple[int, int]],
        summary: Summary,
    ) -> None:
        self.output, self.style, self.overwrite, self.settings = output, style, overwrite, settings
        self.input_files, self.summary, self.standing = input_files, summary, Standing(output, style)
        self.rivals: dict[str, list[Input]] = {}

    def takes(self, file: Input) -> bool:
        """Whether there is such a result at all; if not, it is counted as failed."""
        try:
            self.target(file, file.own_name)
        except InputError as error:
            self.summary.failed.append(str(error))
            return False
        return True

    def target(self, file: Input, name: Path) -> Path:
        return target(self.output, name, _suffix(file.path, self.style))

    def named(self, files: list[Input]) -> list[Input]:
        """The files under the names that their results have already, or get."""
        kept = self.standing.kept((file, _suffix(file.path, self.style)) for file in files)
        if self.overwrite:  # what has no mark makes room: then nothing needs to be called otherwise
            for file in files:
                there = self.standing.find(self.target(file, file.own_name))
                if there is not None and there.is_file() and self.standing.read_mark(there) is None:
                    kept.pop(file.path, None)
        self.standing.read_ahead(kept)
        self.rivals = defaultdict(list)
        for file in files:
            self.rivals[key(file.own_name)].append(file)
        return named_apart(files, kept, self._is_anothers)

    def _is_anothers(self, file: Input, name: Path) -> bool:
        there = self.standing.find(self.target(file, name))
        if there is None or _identity(there) in self.input_files:
            return False
        if self.overwrite and there.is_file() and self.standing.read_mark(there) is None:
            return False
        state = self.standing.state(file.path, there, self._made(file.path) or "")
        if state in (State.UNKNOWN, State.OLDER) and name == file.own_name:
            return not self._all_there(self.rivals[key(name)][1:])
        return state is State.ANOTHERS

    def _all_there(self, rivals: list[Input]) -> bool:
        """Whether all but the first of one name have results, as if by an earlier version that saw them all.

        If not, it saw one of them, and nobody knows which.
        """
        return all(self.standing.find(self.target(file, file.other_name)) for file in rivals)

    def _made(self, source: Path) -> str | None:
        if self.settings is None:
            return None
        return self.settings.of_videos if is_video(source) else self.settings.of_photos

    def job(self, file: Input, target: Path, apart: bool = True) -> CutOutJob | None:
        """The job of a file, or None where it is finished or cannot be; then it is counted."""
        there, made, summary = self.standing.find(target), self._made(file.path), self.summary
        named_apart = apart and file.name != file.own_name
        if there is None:
            summary.apart += [(file.path, target)] if named_apart else []
            other = self.target(file, file.other_name) if apart else None
            return CutOutJob(file.path, target, made, replace=False, apart=other)
        if _identity(there) in self.input_files:
            summary.failed.append(f"{shown(file.path)} would become {shown(there)}, an input: give another --output")
            return None
        if self.overwrite and there.is_file():
            summary.overwritten += 1
            return CutOutJob(file.path, there, made)
        state = self.standing.state(file.path, there, made or "")
        if state is State.DONE or (state is State.UNKNOWN and apart):
            summary.existed += 1
            summary.unmarked += [there] if state is State.UNKNOWN else []
            return None
        if state in _OURS_TO_REPLACE:
            summary.changed += state is State.CHANGED
            summary.otherwise += state is State.OTHERWISE
            return CutOutJob(file.path, there, made)
        if apart or state is State.EDITED:
            reason = f"{shown(there)} {_WHY_NOT[state]}: --overwrite replaces it, or give another --output"
        else:
            reason = (
                f"{shown(there)} is a file: give a folder as --output, or --overwrite to replace what predict did not "
                "make of this photo"
            )
        summary.failed.append(f"{shown(file.path)} is not cut out: {reason}")
        return None


def _suffix(path: Path, style: Style) -> str:
    if not is_video(path):
        return style.suffix
    if style.matte:
        raise InputError(f"{shown(path)} is a video, of which no matte alone is written")
    return video_suffix(style)


def video_suffix(style: Style) -> str:
    """The suffix of a video's result: a container that holds alpha, or one that every player opens."""
    return ".webm" if style.background is None else ".mp4"


def _identity(path: Path) -> tuple[int, int] | None:
    """What makes two paths the same file; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
