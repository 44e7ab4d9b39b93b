"""A video of a person to a video of the person cut out: with alpha, or before another background."""

import itertools
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import cv2
import numpy as np

from portrait_matting.errors import InputError
from portrait_matting.matte.composite import blurred
from portrait_matting.matte.matter import CutOut, Matter
from portrait_matting.matte.smoothing import TemporalSmoothing
from portrait_matting.prediction.cutout_file import Background

log = logging.getLogger(__name__)

VIDEO_SUFFIXES = frozenset(
    (".3gp", ".asf", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov")
    + (".mp4", ".mpeg", ".mpg", ".mts", ".ogv", ".ts", ".webm", ".wmv")
)
# Playlists and lists of files, which FFmpeg knows besides, name other files and addresses: a "video" could read those.
_READABLE = "asf,avi,flv,matroska,mov,mpeg,mpegts,mpegvideo,ogg"
_MOST_PIXELS = 2**26  # of a frame: twice those of 8K
_BATCH_PIXELS, _BATCH_FRAMES = 2**23, 8  # that the network sees together: four frames of 1080p, one of 4K
_UNREADABLE = "cannot be read as a video", "choose a whole video"
_UNWRITABLE = "cannot be written", "look at the folder, the room on the disk and the video"


class _Encoder(NamedTuple):
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
    ".webm": _Encoder("webm", "libvpx-vp9", "yuva420p", _VP9, "libopus"),
    ".mov": _Encoder("mov", "prores_ks", "yuva444p10le", {"profile": "4444", "vendor": "apl0"}, "aac"),
}
_OPAQUE = {
    ".mp4": _Encoder("mp4", "libx264", "yuv420p", _H264, "aac"),
    ".m4v": _Encoder("mp4", "libx264", "yuv420p", _H264, "aac"),
    ".mov": _Encoder("mov", "libx264", "yuv420p", _H264, "aac"),
    ".mkv": _Encoder("matroska", "libx264", "yuv420p", _H264, "aac"),
    ".webm": _Encoder("webm", "libvpx-vp9", "yuv420p", _VP9, "libopus"),
}
# Matrices between RGB and YUV: FFmpeg's numbers, AVCOL_SPC_*, to PyAV's for what is written. BT.601 has two of FFmpeg's
# (5, 6), and so has BT.2020 (9, 10).
_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
_BT709, _BT601 = 1, 5
_SOUND_RATE = 48_000  # Hz, which both codecs take
_EBML, _SEGMENT = bytes.fromhex("1a45dfa3"), bytes.fromhex("18538067")
_LIMITED = 1  # AVCOL_RANGE_MPEG: black is 16, white 235


def is_video(path: Path) -> bool:
    """Whether a file's name is that of a video."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def cut_out_video(
    source: Path,
    target: Path,
    matter: Matter,
    background: Background | None = None,
    smoothing: float = 0.0,
    progress: Callable[[int, int | None], None] | None = None,
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

    Raises:
        InputError: PyAV is missing, an option cannot be, the source is no whole video, or the target cannot be written.
    """
    smooth, encoder = TemporalSmoothing(smoothing), _encoder(target, background is None)
    if target.exists() and source.exists() and target.samefile(source):
        raise InputError(f"{target} is the video itself: choose another output")
    with _Reader(source) as reader:
        first = next(reader.frames(), None)
    if first is None:
        raise InputError(f"{source} holds no frames: choose a whole video")
    unfinished = target.with_name(f".{os.getpid()}-{threading.get_ident()}.unfinished")
    try:
        with _Reader(source) as reader, _Writer(unfinished, target, encoder, reader, first) as writer:
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
        with _naming(target, *_UNWRITABLE):
            os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


def _picture(photo: np.ndarray, cut_out: CutOut, background: Background | None) -> np.ndarray:
    """What is written of a frame: uint8 (H, W, 4) where there is no background, else (H, W, 3)."""
    if background is None:
        return cut_out.rgba()
    return cut_out.over(blurred(photo, cut_out.alpha) if isinstance(background, str) else background)


def _batches(frames: Iterator[Any], pixels: int) -> Iterator[list[Any]]:
    count = min(max(1, _BATCH_PIXELS // pixels), _BATCH_FRAMES)
    while batch := list(itertools.islice(frames, count)):
        yield batch


class _Reader:
    """The frames of a video in order, each with its time, and its sound."""

    def __init__(self, source: Path) -> None:
        av = _av()
        self.source = source
        with _naming(source, *_UNREADABLE):
            if _is_cut_short(source):
                raise InputError(f"{source} ends before its end: copy it again")
            # An absolute path is never taken for an address.
            options = {"format_whitelist": _READABLE}
            self.container = av.open(str(source.absolute()), options=options, metadata_errors="replace")
        try:
            self.video = self._video(av.stream.Disposition)
        except InputError:
            self.container.close()
            raise
        self.sounds = self.container.streams.audio
        # Parts of a broadcast begin at any hour.
        self.start = Fraction(max(0, self.container.start_time or 0), av.time_base)

    def __enter__(self) -> "_Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.container.close()

    def _video(self, disposition: Any) -> Any:
        for stream in self.container.streams.video:
            if stream.codec_context is None or stream.disposition & disposition.attached_pic:
                continue
            if stream.width * stream.height > _MOST_PIXELS:
                raise InputError(f"{self.source} has frames of {stream.width} x {stream.height}: make it smaller first")
            stream.thread_type = "AUTO"
            return stream
        raise InputError(f"{self.source} holds no moving picture: choose a video")

    def count(self) -> int | None:
        """How many frames there are, by the file's own account; None if it does not say."""
        video = self.video
        return video.frames or round((video.duration or 0) * video.time_base * (video.average_rate or 0)) or None

    def frames(self, add_sound: Callable[[Any], None] | None = None) -> Iterator[Any]:
        """The frames, `pts` counted from the start of the file, and always later than the one before.

        Packets of sound are handed over as they come, their times counted likewise.
        """
        video, last, begin = self.video, -1, None
        step = max(1, round(1 / ((video.average_rate or 25) * video.time_base)))
        # AVI knows only the order in which packets are decoded; what FFmpeg takes for times goes back and forth.
        ordered = self.container.format.name == "avi"
        with _naming(self.source, *_UNREADABLE):
            for packet in self.container.demux([video, *(self.sounds if add_sound else ())]):
                # Broadcasts are full of small losses, which decoders hide.
                if packet.is_corrupt and self.container.format.name != "mpegts":
                    raise InputError(f"{self.source} is broken in the middle, or ends before its end: copy it again")
                if packet.stream is not video:
                    if packet.size and packet.dts is not None:
                        start = round(self.start / packet.time_base)
                        packet.dts -= start
                        packet.pts = packet.dts if packet.pts is None else packet.pts - start
                        add_sound(packet)
                    continue
                for frame in packet.decode():
                    time = frame.dts if ordered else frame.pts
                    if begin is None:
                        begin = (time or 0) if ordered else round(self.start / video.time_base)
                    last = max(last + step if time is None else time - begin, last + 1)
                    frame.pts = last
                    yield frame

    def upright(self, frame: Any, first: Any) -> np.ndarray:
        """uint8 RGB (H, W, 3) of a frame, in the size and pose of the first."""
        matrix = _matrix(frame)
        with _naming(self.source, *_UNREADABLE):
            rgb = frame.reformat(first.width, first.height, "rgb24", src_colorspace=matrix, dst_colorspace=matrix)
        swap, mirror, flip = _turn(first)
        photo = rgb.to_ndarray().transpose(1, 0, 2) if swap else rgb.to_ndarray()
        return np.ascontiguousarray(photo[:: -1 if flip else 1, :: -1 if mirror else 1])


class _Writer:
    """A video in the making: pictures as arrays, and the sound of another."""

    def __init__(self, path: Path, target: Path, encoder: _Encoder, reader: _Reader, first: Any) -> None:
        self.target, self.encoder, self.first = target, encoder, first
        self.heard: dict[int, int] = {}  # how far each sound has come
        options = {"movflags": "+faststart"} if encoder.container in ("mp4", "mov") else {}
        with _naming(target, *_UNWRITABLE):
            self.container = _av().open(str(path.absolute()), "w", format=encoder.container, options=options)
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
            colorspace=_matrix(self.first),
            color_range=_LIMITED,
            color_primaries=self.first.color_primaries,
            color_trc=self.first.color_trc,
        )
        codec, self.time_base = stream.codec_context, source.time_base
        codec.time_base = self.time_base
        codec.flags |= _av().codec.context.Flags.frame_duration  # else the last frame stands as long as the others
        if shape := source.sample_aspect_ratio:
            codec.sample_aspect_ratio = 1 / shape if _turn(self.first)[0] else shape
        return stream

    def _sound(self, source: Any) -> tuple[Any, bool]:
        """The stream for one of sound, and whether its packets are copied; None where it cannot be kept."""
        with suppress(ValueError):  # the container does not take this codec
            return self.container.add_stream_from_template(source), True
        if source.codec_context is None:
            log.warning("%s: sound that cannot be decoded is left out", self.target)
            return None, False
        return self.container.add_stream(self.encoder.sound, rate=_SOUND_RATE), False

    def __enter__(self) -> "_Writer":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            with suppress(Exception):  # the first trouble is told
                self.container.close()
            return
        with _naming(self.target, *_UNWRITABLE):
            for stream in (self.stream, *(sound for sound, copied in self.sounds.values() if sound and not copied)):
                self.container.mux(stream.encode())
            self.container.close()

    def add(self, picture: np.ndarray, source: Any) -> None:
        """Adds uint8 RGB or RGBA (H, W, 3 or 4), at the time of the frame it was made of."""
        if any(self.extra):
            picture = cv2.copyMakeBorder(picture, 0, self.extra[0], 0, self.extra[1], cv2.BORDER_REPLICATE)
        kind = "rgba" if picture.shape[2] == 4 else "rgb24"
        frame = _av().VideoFrame.from_ndarray(np.ascontiguousarray(picture), kind)
        with _naming(self.target, *_UNWRITABLE):
            frame = frame.reformat(
                format=self.encoder.pixels, dst_colorspace=_matrix(self.first), dst_color_range=_LIMITED
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
        with _naming(self.target, *_UNWRITABLE):
            if copied:
                packet.stream = stream
                self.container.mux(packet)
            else:
                for frame in _decoded(packet):
                    self.container.mux(stream.encode(frame))


def _av() -> ModuleType:
    try:
        import av
    except ImportError as error:
        raise InputError('videos need PyAV: pip install "portrait-matting[video]"') from error
    return av


def _encoder(target: Path, alpha: bool) -> _Encoder:
    codecs = _av().codecs_available
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


@contextmanager
def _naming(path: Path, trouble: str, cure: str) -> Iterator[None]:
    """Errors of FFmpeg and of the disk as one line."""
    try:
        yield
    except (_av().FFmpegError, OSError) as error:
        raise InputError(f"{path} {trouble} ({error.strerror}): {cure}") from error


def _turn(frame: Any) -> tuple[bool, bool, bool]:
    """How a frame is made upright: rows and columns change places, then it is mirrored left-right and top-bottom.

    By its display matrix [a b; c d], x' = a x + c y and y' = b x + d y (ISO/IEC 14496-12, 6.2.2).
    """
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return False, False, False
    a, b, _, c, d = np.frombuffer(matrix, np.int32)[:5].tolist()
    if abs(b) > abs(a):
        return True, c < 0, b < 0
    return False, a < 0, d < 0


def _matrix(frame: Any) -> int:
    return _MATRICES.get(frame.colorspace, _BT709 if frame.height >= 720 else _BT601)


def _decoded(packet: Any) -> list[Any]:
    try:
        return packet.decode()
    except _av().FFmpegError:  # a gap in the sound is no reason to lose the picture
        return []


def _is_cut_short(source: Path) -> bool:
    """Whether a Matroska or WebM file is shorter than it says: FFmpeg only stops there (RFC 8794, 4 and 5; RFC 9559).

    Raises OSError if the file cannot be read.
    """
    with open(source, "rb") as file:
        head = file.read(4096)
    at = 0
    for name in (_EBML, _SEGMENT):
        if not head.startswith(name, at) or len(head) < at + len(name) + 8:
            return False
        at += len(name)
        length = 9 - head[at].bit_length()  # the first bit that is set tells how many bytes the size has
        size = int.from_bytes(head[at : at + length]) & ((1 << 7 * length) - 1)
        unknown = size == (1 << 7 * length) - 1  # of what was recorded live
        at += length + size
    return not unknown and at > source.stat().st_size
