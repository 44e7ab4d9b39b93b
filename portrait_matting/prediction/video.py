"""A video of a person to a video of the person cut out: with alpha, or before another background."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from portrait_matting.disk.atomic_write import atomic_write
from portrait_matting.errors import InputError
from portrait_matting.matte.composite import blurred
from portrait_matting.matte.matter import CutOut, Matter
from portrait_matting.matte.smoothing import TemporalSmoothing
from portrait_matting.prediction.cutout_file import Background
from portrait_matting.prediction.ffmpeg import UNWRITABLE, naming
from portrait_matting.prediction.video_reader import VideoReader
from portrait_matting.prediction.video_writer import VideoWriter, encoder_for

_BATCH_PIXELS, _BATCH_FRAMES = 2**23, 8  # that the network sees together: four frames of 1080p, one of 4K


def cut_out_video(
    source: Path,
    target: Path,
    matter: Matter,
    background: Background | None = None,
    smoothing: float = 0.0,
    progress: Callable[[int, int | None], None] | None = None,
    comment: str = "",
    replace: bool = True,
) -> None:
    """Cuts the person out of every frame of a video.

    Frames keep their times and stand upright; sound is copied, or encoded anew where the container does not take it.
    Colours come in 8 bits and keep the matrix, primaries and transfer curve of the source; where it names no matrix,
    that is BT.709 from 720 lines on and BT.601 below. H.264 takes even sizes only: the last row or column of an odd
    frame is repeated. Few frames are held at once.

    Args:
        source: the video.
        target: without a background .webm (VP9) or .mov (ProRes 4444), with alpha, colours not multiplied by it; with
            one .mp4, .m4v, .mov or .mkv (H.264), or .webm (VP9). What is there is replaced once the new one is whole.
        matter: makes mattes and cut-outs.
        background: a colour; a picture, uint8 RGB of any size; the video's own, blurred; alpha where there is none.
        smoothing: share of the previous matte where nothing moves, in [0, 1).
        progress: called after each frame with the number of frames done, and that of all, where it is known.
        comment: a line of text that the file gets as its tag `comment`.
        replace: what is at `target` by the end makes room; else it stays, and that is an `InputError`.

    Raises:
        InputError: PyAV is missing, an option cannot be, the source is no whole video, or the target cannot be written.
    """
    smooth, encoder = TemporalSmoothing(smoothing), encoder_for(target, background is None)
    if target.exists() and source.exists() and target.samefile(source):
        raise InputError(f"{target} is the video itself: choose another output")
    with VideoReader(source) as reader:
        first = next(reader.frames(), None)
    if first is None:
        raise InputError(f"{source} holds no frames: choose a whole video")
    with (
        naming(target, *UNWRITABLE),
        atomic_write(target, replace=replace) as unfinished,
        VideoReader(source) as reader,
        VideoWriter(unfinished, target, encoder, reader, first, comment) as writer,
    ):
        done, total = 0, reader.count()
        for frames in _batches(reader.frames(writer.add_sound), first.width * first.height):
            photos = [reader.upright(frame, first) for frame in frames]
            for frame, photo, matte in zip(frames, photos, matter.mattes(photos), strict=True):
                if smoothing:
                    matte = smooth(matte, cv2.resize(photo, matte.shape[::-1], interpolation=cv2.INTER_AREA))
                writer.add(_picture(photo, matter.cut_out(photo, matte), background), frame)
                done += 1
                if progress is not None:
                    progress(done, total and max(done, total))


def _picture(photo: np.ndarray, cut_out: CutOut, background: Background | None) -> np.ndarray:
    """What is written of a frame: uint8 (H, W, 4) where there is no background, else (H, W, 3)."""
    if background is None:
        return cut_out.rgba()
    return cut_out.over(blurred(photo, cut_out.alpha) if isinstance(background, str) else background)


def _batches(frames: Iterator[Any], pixels: int) -> Iterator[list[Any]]:
    count = min(max(1, _BATCH_PIXELS // pixels), _BATCH_FRAMES)
    while batch := list(itertools.islice(frames, count)):
        yield batch
