"""The frames of a video in order, upright, each with its time, and the packets of its sound."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from portrait_matting.errors import InputError
from portrait_matting.prediction.ffmpeg import UNREADABLE, load_av, matrix, naming, turn

# Playlists and lists of files, which FFmpeg knows besides, name other files and addresses: a "video" could read those.
_READABLE = "asf,avi,flv,matroska,mov,mpeg,mpegts,mpegvideo,ogg"
_MOST_PIXELS = 2**26  # of a frame: twice those of 8K
_EBML, _SEGMENT = bytes.fromhex("1a45dfa3"), bytes.fromhex("18538067")


class VideoReader:
    """The frames of a video in order, each with its time, and its sound."""

    def __init__(self, source: Path) -> None:
        av = load_av()
        self.source = source
        with naming(source, *UNREADABLE):
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

    def __enter__(self) -> "VideoReader":
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
        with naming(self.source, *UNREADABLE):
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
        colours = matrix(frame)
        with naming(self.source, *UNREADABLE):
            rgb = frame.reformat(first.width, first.height, "rgb24", src_colorspace=colours, dst_colorspace=colours)
        swap, mirror, flip = turn(first)
        photo = rgb.to_ndarray().transpose(1, 0, 2) if swap else rgb.to_ndarray()
        return np.ascontiguousarray(photo[:: -1 if flip else 1, :: -1 if mirror else 1])


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
