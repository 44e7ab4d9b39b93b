"""A video in the making: pictures as arrays, with alpha or without, and the sound of another."""

import logging
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from portrait_matting.errors import InputError
from portrait_matting.prediction.ffmpeg import UNWRITABLE, load_av, matrix, naming, turn
from portrait_matting.prediction.video_reader import VideoReader

log = logging.getLogger(__name__)

_SOUND_RATE = 48_000  # Hz, which both codecs take
_LIMITED = 1  # AVCOL_RANGE_MPEG: black is 16, white 235


class Encoder(NamedTuple):
    """What a kind of file is written with, by FFmpeg's names."""

    container: str
    codec: str
    pixels: str
    options: dict[str, str]
    sound: str  # codec of sound that the container does not take as it is


# They look ahead only a little, since whole frames wait there. VP9's alternate frames do not go with alpha.
_VP9 = {"crf": "24", "cpu-used": "4", "row-mt": "1", "lag-in-frames": "10", "auto-alt-ref": "0"}
_H264 = {"crf": "18", "rc-lookahead": "10"}
_WITH_ALPHA = {
    ".webm": Encoder("webm", "libvpx-vp9", "yuva420p", _VP9, "libopus"),
    ".mov": Encoder("mov", "prores_ks", "yuva444p10le", {"profile": "4444", "vendor": "apl0"}, "aac"),
}
_OPAQUE = {
    ".mp4": Encoder("mp4", "libx264", "yuv420p", _H264, "aac"),
    ".m4v": Encoder("mp4", "libx264", "yuv420p", _H264, "aac"),
    ".mov": Encoder("mov", "libx264", "yuv420p", _H264, "aac"),
    ".mkv": Encoder("matroska", "libx264", "yuv420p", _H264, "aac"),
    ".webm": Encoder("webm", "libvpx-vp9", "yuv420p", _VP9, "libopus"),
}


def encoder_for(target: Path, alpha: bool) -> Encoder:
    """What a file of this name is written with.

    Raises:
        InputError: the suffix is not known, cannot hold alpha where that is asked for, or its codec is missing.
    """
    codecs = load_av().codecs_available
    suffix, encoders = target.suffix.lower(), _WITH_ALPHA if alpha else _OPAQUE
    if suffix not in encoders:
        cure = ", or choose a background" if suffix in _OPAQUE else ""
        raise InputError(f"{target} cannot hold {'alpha' if alpha else 'video'}: use {' or '.join(encoders)}{cure}")
    encoder = encoders[suffix]
    if encoder.codec == "libx264" and "libx264" not in codecs:  # which is GPL: some builds are without it
        encoder = encoder._replace(codec="libopenh264", options={})
    if encoder.codec not in codecs:
        raise InputError(f"PyAV is built without {encoder.codec}, which {suffix} needs: install the wheel of PyPI")
    return encoder


class VideoWriter:
    """A video in the making: pictures as arrays, and the sound of another."""

    def __init__(
        self, path: Path, target: Path, encoder: Encoder, reader: VideoReader, first: Any, comment: str = ""
    ) -> None:
        self.target, self.encoder, self.first = target, encoder, first
        self.heard: dict[int, int] = {}  # how far each sound has come
        options = {"movflags": "+faststart"} if encoder.container in ("mp4", "mov") else {}
        with naming(target, *UNWRITABLE):
            self.container = load_av().open(str(path.absolute()), "w", format=encoder.container, options=options)
            if comment:
                self.container.metadata["comment"] = comment
            self.stream = self._video(reader.video, *reader.upright(first, first).shape[:2])
            self.sounds = {sound.index: self._sound(sound) for sound in reader.sounds}

    def _video(self, source: Any, height: int, width: int) -> Any:
        even = self.encoder.codec != "libvpx-vp9" and self.encoder.pixels == "yuv420p"
        self.extra = (height % 2, width % 2) if even else (0, 0)
        stream = self.container.add_stream(
            self.encoder.codec,
            rate=source.average_rate,
            options=self.encoder.options,
            width=width + self.extra[1],
            height=height + self.extra[0],
            pix_fmt=self.encoder.pixels,
            colorspace=matrix(self.first),
            color_range=_LIMITED,
            color_primaries=self.first.color_primaries,
            color_trc=self.first.color_trc,
        )
        codec, self.time_base = stream.codec_context, source.time_base
        codec.time_base = self.time_base
        codec.flags |= load_av().codec.context.Flags.frame_duration  # else the last frame stands as long as the others
        if shape := source.sample_aspect_ratio:
            codec.sample_aspect_ratio = 1 / shape if turn(self.first)[0] else shape
        return stream

    def _sound(self, source: Any) -> tuple[Any, bool]:
        """The stream for one of sound, and whether its packets are copied; None where it cannot be kept."""
        with suppress(ValueError):  # the container does not take this codec
            return self.container.add_stream_from_template(source), True
        if source.codec_context is None:
            log.warning("%s: sound that cannot be decoded is left out", self.target)
            return None, False
        return self.container.add_stream(self.encoder.sound, rate=_SOUND_RATE), False

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            with suppress(Exception):  # the first error is the one that is raised
                self.container.close()
            return
        with naming(self.target, *UNWRITABLE):
            for stream in (self.stream, *(sound for sound, copied in self.sounds.values() if sound and not copied)):
                self.container.mux(stream.encode())
            self.container.close()

    def add(self, picture: np.ndarray, source: Any) -> None:
        """Adds uint8 RGB or RGBA (H, W, 3 or 4), at the time of the frame it was made of."""
        if any(self.extra):
            picture = cv2.copyMakeBorder(picture, 0, self.extra[0], 0, self.extra[1], cv2.BORDER_REPLICATE)
        kind = "rgba" if picture.shape[2] == 4 else "rgb24"
        frame = load_av().VideoFrame.from_ndarray(np.ascontiguousarray(picture), kind)
        with naming(self.target, *UNWRITABLE):
            frame = frame.reformat(
                format=self.encoder.pixels, dst_colorspace=matrix(self.first), dst_color_range=_LIMITED
            )
            frame.color_primaries, frame.color_trc = self.first.color_primaries, self.first.color_trc
            frame.pts, frame.time_base, frame.duration = source.pts, self.time_base, source.duration
            self.container.mux(self.stream.encode(frame))

    def add_sound(self, packet: Any) -> None:
        """Adds a packet of the reader's."""
        stream, copied = self.sounds[packet.stream.index]
        if stream is None or packet.dts <= self.heard.get(packet.stream.index, packet.dts - 1):
            return  # broken files go back in time, which no container takes
        self.heard[packet.stream.index] = packet.dts
        with naming(self.target, *UNWRITABLE):
            if copied:
                packet.stream = stream
                self.container.mux(packet)
            else:
                for frame in _decoded(packet):
                    self.container.mux(stream.encode(frame))


def _decoded(packet: Any) -> list[Any]:
    try:
        return packet.decode()
    except load_av().FFmpegError:  # a gap in the sound is no reason to lose the picture
        return []
