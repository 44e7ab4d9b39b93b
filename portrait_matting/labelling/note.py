"""What made the labels of a folder, kept beside them: all that decides their bytes, and when they were begun."""

import json
from dataclasses import dataclass, replace
from datetime import date
from hashlib import file_digest
from pathlib import Path
from typing import Literal

from portrait_matting import __version__
from portrait_matting.disk.settings_file import changed_setting, settings_text
from portrait_matting.errors import InputError
from portrait_matting.labelling.confidence import VIEWS
from portrait_matting.labelling.network_choice import LabelNetwork, NetworkChoice

NAME = "labels.json"
_ASIDE = ("name", "min_confidence", "begun")
_FLAGS = {"input_height": "--input-size", "input_width": "--input-size"}


@dataclass(frozen=True)
class Note:
    """How photos were labelled.

    Attributes:
        source: a network, or mattes that any tool made.
        name: of the network's file or the mattes' folder. It may change: the digest says what is in the file.
        sha256, bytes: of the network's file; None of mattes, of which each label holds a digest of its own.
        kind: of the network: onnx, tflite or checkpoint; so None for mattes, as all that follows up to `views`.
        input_height, input_width: of the network's input in pixels.
        normalisation: how colours came to it.
        fit: how a photo came to the input's shape, squash or pad.
        values: what its output holds, alpha or logits.
        channel: of the output that is the person; None: its only one, or all but the first.
        views: those that the confidence comes from.
        refinement: how a matte came to the photo's size.
        version: of this package.
        min_confidence: labels below it are left out. It may change: labels are then moved, not made again.
        begun: the day on which the first label was made.
    """

    source: Literal["network", "mattes"]
    name: str
    refinement: str
    sha256: str | None = None
    bytes: int | None = None
    kind: str | None = None
    input_height: int | None = None
    input_width: int | None = None
    normalisation: str | None = None
    fit: str | None = None
    values: str | None = None
    channel: int | None = None
    views: str | None = None
    version: str = __version__
    min_confidence: float | None = None
    begun: str = ""

    def text(self) -> str:
        """The content of the file `NAME`."""
        return settings_text(self)


def network_note(choice: NetworkChoice, network: LabelNetwork, refinement: str, min_confidence: float) -> Note:
    """The note of labels by a network."""
    with choice.path.open("rb") as file:
        sha256 = file_digest(file, "sha256").hexdigest()
    return Note(
        "network",
        choice.path.name,
        refinement,
        sha256,
        choice.path.stat().st_size,
        network.kind,
        network.height,
        network.width,
        network.normalisation,
        choice.fit,
        network.values,
        choice.channel,
        VIEWS,
        min_confidence=min_confidence,
    )


def going_on(existing: str, wanted: Note, path: Path) -> Note:
    """What is wanted now, with the day on which the folder of the note at `path` was begun.

    Args:
        existing: the content of `path`; empty where there is none.
        wanted: the note of this call.
        path: of the folder's note.

    Raises:
        InputError: the folder's labels were made otherwise, or the file is of something else.
    """
    today = replace(wanted, begun=date.today().isoformat())
    if not existing:
        return today
    try:
        before = dict(json.loads(existing))
        change = changed_setting(existing, replace(today, **{name: before.get(name) for name in _ASIDE}))
    except (ValueError, TypeError):
        raise InputError(f"{path} is no note of labels: give another OUTPUT, or delete {path.parent}") from None
    if change:
        name, was, now = change
        now["name"] = wanted.name
        raise InputError(
            f"{path.parent} was labelled {_words(name, was)}, this is {_words(name, now)}: what makes the labels of a "
            "folder cannot change. Give another OUTPUT, or delete that one"
        )
    return replace(today, name=before["name"], begun=before["begun"])


def _words(name: str, own: dict) -> str:
    value = own[name]
    if name == "source":
        return f"by {'a network' if value == 'network' else 'mattes'}, {own['name']}"
    if name in ("sha256", "bytes"):
        return f"by {own['name']} of SHA-256 {str(own['sha256'])[:12]}…"
    if name == "version":
        return f"by version {value}"
    if name in ("kind", "views", "values"):
        return f"with {name} {value}"
    flag = _FLAGS.get(name, f"--{name}")
    return f"without {flag}" if value is None else f"with {flag} {value}"
