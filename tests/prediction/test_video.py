import sys
from fractions import Fraction

import cv2
import numpy as np
import pytest

from portrait_matting.errors import InputError
from portrait_matting.matte.matter import CutOut
from portrait_matting.prediction.inputs import VIDEO_SUFFIXES, is_video
from portrait_matting.prediction.video import cut_out_video

av = pytest.importorskip("av")

FRAMES, WIDTH, HEIGHT = 8, 64, 48
TENTH = Fraction(1, 10)
RAMP = np.linspace(0, 1, 16, dtype=np.float32)[None].repeat(12, axis=0)
GREY = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)


class FakeMatter:
    """Gives the same small matte to every photo, or the next of several, and the photo's own colours."""

    def __init__(self, *mattes, at=None, trouble=None):
        self.given, self.seen, self.at, self.trouble = mattes, [], at, trouble

    def mattes(self, photos):
        before = sum(map(len, self.seen))
        self.seen.append([photo.copy() for photo in photos])
        return [self.given[(before + i) % len(self.given)] for i in range(len(photos))]

    def cut_out(self, photo, matte):
        self.alphas = [*getattr(self, "alphas", []), matte]
        if len(self.alphas) == self.at:
            raise self.trouble
        return CutOut(cv2.resize(matte, photo.shape[1::-1]), photo)


WHOLE, NOTHING = FakeMatter(np.ones((12, 16), np.float32)), FakeMatter(np.zeros((12, 16), np.float32))


def make(
    path,
    photos=(GREY,) * FRAMES,
    codec="libx264",
    pixels="yuv420p",
    times=None,
    unit=TENTH,
    last=None,
    matrix=None,
    rotation=None,
    sound=None,
    **tags,
):
    """Writes a video of RGB photos, one each unit of seconds or at given units, the last for `last`; with a tone."""
    options = {"crf": "10"} if codec.startswith("lib") else {}
    with av.open(str(path), "w") as container:
        height, width = photos[0].shape[:2]
        stream = container.add_stream(codec, rate=10, width=width, height=height, pix_fmt=pixels, options=options)
        stream.codec_context.time_base = unit
        stream.codec_context.flags |= av.codec.context.Flags.frame_duration
        for name, value in tags.items():
            setattr(stream.codec_context, name, value)
        if rotation is not None:
            stream.set_display_rotation(*rotation)
        tone = container.add_stream(sound, rate=48000) if sound else None
        for index, photo in enumerate(photos):
            frame = av.VideoFrame.from_ndarray(photo, "rgb24").reformat(
                format=pixels, dst_colorspace=matrix, dst_color_range=tags.get("color_range")
            )
            frame.pts, frame.time_base = times[index] if times else index, unit
            frame.duration = last if last and index == len(photos) - 1 else 0
            container.mux(stream.encode(frame))
            if tone:
                wave = np.sin(np.arange(4800, dtype=np.float32) * 0.06)[None].repeat(2, axis=0) * 0.5
                samples = av.AudioFrame.from_ndarray(wave, "fltp", "stereo")
                samples.sample_rate, samples.time_base = 48000, Fraction(1, 48000)
                samples.pts = 4800 * (index + (times[0] if times else 0))
                container.mux(tone.encode(samples))
        container.mux(stream.encode())
        if tone:
            container.mux(tone.encode())
    return path


def read(path, kind="rgb24"):
    """The frames of a video as arrays, and their times in seconds. FFmpeg's own VP9 decoder does not see alpha."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = []
        decoder = stream.codec_context
        if decoder.name == "vp9" and kind == "rgba":
            decoder = av.CodecContext.create("libvpx-vp9", "r")
        for packet in container.demux(stream):
            frames += decoder.decode(packet if packet.size else None)
        return [frame.to_ndarray(format=kind) for frame in frames], [
            float(frame.pts * stream.time_base) for frame in frames
        ]


def sound_of(path):
    """Codec, packets and length in seconds of the first stream of sound."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        length = (packets[-1].pts + packets[-1].duration - packets[0].pts) * stream.time_base
        return stream.codec_context.name, [bytes(packet) for packet in packets], float(length)


@pytest.mark.parametrize("name, is_one", [("a.mp4", True), ("A B.MOV", True), ("a.jpg", False), ("mp4", False)])
def test_videos_are_known_by_their_suffix(tmp_path, name, is_one):
    assert is_video(tmp_path / name) == is_one
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in VIDEO_SUFFIXES)


@pytest.mark.parametrize("suffix", [".webm", ".mov"])
def test_without_a_background_the_alpha_is_in_the_file(tmp_path, suffix):
    target = tmp_path / f"out{suffix}"
    cut_out_video(make(tmp_path / "in.mp4"), target, FakeMatter(RAMP))
    frames, times = read(target, "rgba")
    assert times == pytest.approx([i / 10 for i in range(FRAMES)], abs=1e-3)
    expected = cv2.resize(RAMP, (WIDTH, HEIGHT)) * 255
    for frame in frames:
        assert np.abs(frame[..., 3] - expected).max() < 8
        assert np.abs(frame[..., 3] - expected).mean() < 2
        assert np.abs(frame[:, 48:, :3].astype(int) - 128).max() <= 4  # colours are not multiplied by alpha
    assert {path.name for path in tmp_path.iterdir()} == {"in.mp4", target.name}


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov", ".mkv", ".webm"])
def test_over_a_colour_there_is_that_colour_and_the_person(tmp_path, suffix):
    target = tmp_path / f"out{suffix}"
    cut_out_video(make(tmp_path / "in.mp4"), target, FakeMatter(np.float32(RAMP > 0.5)), background=(30, 180, 90))
    frames, times = read(target)
    assert times == pytest.approx([i / 10 for i in range(FRAMES)], abs=1e-3)
    for frame in frames:
        assert np.abs(frame[:, :24].astype(int) - (30, 180, 90)).max() <= 4
        assert np.abs(frame[:, 40:].astype(int) - 128).max() <= 4


def test_a_picture_or_the_blurred_video_as_background(tmp_path):
    stripes = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    stripes[:, ::8] = stripes[:, 1::8] = stripes[:, 2::8] = stripes[:, 3::8] = 255
    source, picture = make(tmp_path / "in.mp4", [stripes] * 2), np.full((96, 128, 3), (200, 40, 60), np.uint8)
    cut_out_video(source, tmp_path / "picture.mp4", NOTHING, background=picture)
    assert np.abs(read(tmp_path / "picture.mp4")[0][1].astype(int) - (200, 40, 60)).max() <= 4
    cut_out_video(source, tmp_path / "blur.mp4", NOTHING, background="blur")
    cut_out_video(source, tmp_path / "same.mp4", WHOLE, background="blur")
    assert read(tmp_path / "blur.mp4")[0][1][..., 1].std() < 0.8 * read(tmp_path / "same.mp4")[0][1][..., 1].std()


# Kr and Kb of ITU-R BT.709 (3), BT.601 (2.5.1) and BT.2020 (4): Y = Kr R + (1 - Kr - Kb) G + Kb B.
LUMA = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 9: (0.2627, 0.0593)}


@pytest.mark.parametrize(
    "height, tags, pixels, matrix",
    [
        (48, {}, "yuv420p", 5),
        (720, {}, "yuv420p", 1),
        (48, {"colorspace": 1, "color_primaries": 1, "color_trc": 1, "color_range": 1}, "yuv420p", 1),
        (720, {"colorspace": 5, "color_range": 1}, "yuv420p", 5),
        (48, {"colorspace": 9, "color_primaries": 9, "color_trc": 16, "color_range": 1}, "yuv420p", 9),
        (48, {"colorspace": 5, "color_range": 2}, "yuvj420p", 5),
        (48, {"colorspace": 1, "color_range": 2}, "yuvj420p", 1),
    ],
)
@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_colours_survive_and_their_flags_are_carried(tmp_path, height, tags, pixels, matrix, suffix):
    colour = np.array([200, 40, 60])
    photo = np.broadcast_to(colour.astype(np.uint8), (height, WIDTH, 3))
    source = make(tmp_path / "in.mp4", [np.ascontiguousarray(photo)] * 2, pixels=pixels, matrix=matrix, **tags)
    target, matter = tmp_path / f"out{suffix}", FakeMatter(np.ones((12, 16), np.float32))
    cut_out_video(source, target, matter, background=(0, 0, 0))
    assert np.abs(matter.seen[0][0].astype(int) - colour).max() <= 4
    with av.open(str(source)) as container:  # 2 is unspecified
        assert next(container.decode(video=0)).colorspace == tags.get("colorspace", 2)
    with av.open(str(target)) as container:
        frame = next(container.decode(video=0))
        stream = container.streams.video[0]
        assert frame.color_range == stream.color_range == 1  # limited
        assert LUMA[{6: 5}.get(frame.colorspace, frame.colorspace)] == LUMA[matrix]
        if "color_trc" in tags:
            assert (stream.color_primaries, stream.color_trc) == (tags["color_primaries"], tags["color_trc"])
    red, blue = LUMA[matrix]
    luma = red * colour[0] + (1 - red - blue) * colour[1] + blue * colour[2]
    expected = (
        16 + 219 * luma / 255,
        128 + 224 * (colour[2] - luma) / 255 / (2 - 2 * blue),
        128 + 224 * (colour[0] - luma) / 255 / (2 - 2 * red),
    )
    for plane, level in zip(frame.planes, expected, strict=True):
        values = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        assert np.abs(values - level).max() <= 3


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".mkv"])
def test_frames_keep_their_times_where_these_vary(tmp_path, suffix):
    times = [0, 33, 67, 70, 333, 421, 700, 1111]
    source = make(tmp_path / "in.mkv", times=times, unit=Fraction(1, 1000))
    assert read(source)[1] == pytest.approx([time / 1000 for time in times], abs=1e-3)
    cut_out_video(source, tmp_path / f"out{suffix}", WHOLE, background=(0, 0, 0))
    assert read(tmp_path / f"out{suffix}")[1] == pytest.approx([time / 1000 for time in times], abs=1e-3)


def test_the_average_rate_and_the_length_stay(tmp_path):
    source, target = make(tmp_path / "in.mp4"), tmp_path / "out.mp4"
    cut_out_video(source, target, WHOLE, background=(0, 0, 0))
    with av.open(str(source)) as before, av.open(str(target)) as after:
        assert after.streams.video[0].average_rate == before.streams.video[0].average_rate == 10
        assert after.duration == before.duration == 800_000  # microseconds


@pytest.mark.parametrize("suffix", [".webm", ".mov"])
def test_how_long_the_last_frame_stands_is_kept(tmp_path, suffix):
    source, target = make(tmp_path / "in.webm", codec="libvpx-vp9", last=15), tmp_path / f"out{suffix}"
    cut_out_video(source, target, WHOLE)
    with av.open(str(source)) as before, av.open(str(target)) as after:
        assert after.duration == before.duration == 2_200_000


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_recording_that_begins_at_any_hour_begins_at_0_with_its_sound(tmp_path, suffix):
    source, target = (
        make(tmp_path / "in.ts", times=range(36000, 36000 + FRAMES), sound="aac"),
        tmp_path / f"out{suffix}",
    )
    assert read(source)[1][0] >= 3600
    cut_out_video(source, target, WHOLE, background=(0, 0, 0))
    assert read(target)[1] == pytest.approx([i / 10 for i in range(FRAMES)], abs=0.03)  # a frame of sound before it
    with av.open(str(target)) as container:
        assert abs(container.streams.audio[0].start_time * container.streams.audio[0].time_base) < 0.03


@pytest.mark.parametrize("name, codec", [("in.avi", "libx264"), ("in.avi", "mpeg4"), ("in.mpg", "mpeg2video")])
def test_frames_that_have_no_times_come_at_the_rate_of_the_file(tmp_path, name, codec):
    photos = [np.full((HEIGHT, WIDTH, 3), 20 * i, np.uint8) for i in range(FRAMES)]
    source, target = tmp_path / name, tmp_path / "out.mp4"
    make(source, photos, codec, unit=TENTH if codec != "mpeg2video" else Fraction(1, 25))
    cut_out_video(source, target, WHOLE, background=(0, 0, 0))
    frames, times = read(target)
    assert np.diff(times) == pytest.approx([0.04 if codec == "mpeg2video" else 0.1] * (FRAMES - 1), abs=1e-3)
    assert times[0] < 0.05
    assert [frame.mean() for frame in frames] == pytest.approx([20 * i for i in range(FRAMES)], abs=4)


def test_two_frames_of_one_time_are_both_kept(tmp_path):
    source = make(tmp_path / "in.mkv", times=[0, 4, 1000, 2000, 3000, 4000, 5000, 6000], unit=Fraction(1, 10_000))
    assert read(source)[1][:3] == [0, 0, 0.1]
    cut_out_video(source, tmp_path / "out.mp4", WHOLE, background=(0, 0, 0))
    assert read(tmp_path / "out.mp4")[1][:3] == pytest.approx([0, 0.001, 0.1])


@pytest.mark.parametrize(
    "source, sound, target, codec, copied",
    [
        ("in.mp4", "aac", "out.mp4", "aac", True),
        ("in.ts", "aac", "out.mp4", "aac", False),  # the frames lose their transport headers
        ("in.mp4", "aac", "out.webm", "opus", False),
        ("in.mkv", "libopus", "out.webm", "opus", True),
        ("in.mkv", "pcm_s16le", "out.webm", "opus", False),
        ("in.mov", "pcm_s16le", "out.mov", "pcm_s16le", True),
    ],
)
def test_sound_is_copied_or_encoded_anew_in_its_length(tmp_path, source, sound, target, codec, copied):
    make(tmp_path / source, sound=sound)
    cut_out_video(tmp_path / source, tmp_path / target, FakeMatter(RAMP), None if "mp4" not in target else (0, 0, 0))
    _, packets, length = sound_of(tmp_path / source)
    found, kept, kept_length = sound_of(tmp_path / target)
    assert found.removeprefix("lib") == codec
    assert kept_length == pytest.approx(length, abs=0.045)  # two frames of AAC or Opus
    assert (kept == packets) == copied
    with av.open(str(tmp_path / target)) as container:
        [tone] = container.streams.audio
        loud = np.concatenate([frame.to_ndarray().astype(float).ravel() for frame in container.decode(tone)])
    assert np.abs(loud).max() > 0.2 * (32768 if codec == "pcm_s16le" else 1)


@pytest.mark.parametrize("rotation", [(0,), (90,), (180,), (270,), (0, True), (0, False, True), (90, True)])
def test_what_is_stored_sideways_stands_upright(tmp_path, rotation):
    photo = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    photo[:16, :16], photo[:16, -16:], photo[-16:, :16] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    source, target = make(tmp_path / "in.mp4", [photo] * 2, rotation=rotation), tmp_path / "out.mp4"
    cut_out_video(source, target, WHOLE, background=(0, 0, 0))
    degrees, mirrored, flipped = (*rotation, False, False)[:3]
    expected = np.rot90(photo, degrees // 90)  # FFmpeg turns anticlockwise, then mirrors
    expected = expected[:: -1 if flipped else 1, :: -1 if mirrored else 1]
    found = read(target)[0][0]
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected).mean() < 4
    with av.open(str(target)) as container:
        assert next(container.decode(video=0)).rotation == 0


@pytest.mark.parametrize("suffix, size", [(".mp4", (48, 64)), (".webm", (47, 63))])
def test_an_odd_size_is_filled_up_where_it_must_be_even(tmp_path, suffix, size):
    photo = np.full((47, 63, 3), 60, np.uint8)
    photo[:, -4:], photo[-4:] = 200, 200
    source, target = make(tmp_path / "in.webm", [photo] * 2, codec="libvpx-vp9"), tmp_path / f"out{suffix}"
    cut_out_video(source, target, WHOLE, background=(0, 0, 0))
    frame = read(target)[0][0]
    assert frame.shape[:2] == size
    assert np.abs(frame[:, -2:].astype(int) - 200).max() < 16
    assert np.abs(frame[-2:].astype(int) - 200).max() < 16


def test_a_video_that_changes_its_size_keeps_the_first(tmp_path):
    source = tmp_path / "in.avi"
    with av.open(str(source), "w") as container:
        streams = [container.add_stream("mjpeg", rate=10, width=WIDTH, height=HEIGHT, pix_fmt="yuvj420p")]
        other = av.CodecContext.create("mjpeg", "w")
        other.width, other.height, other.pix_fmt, other.time_base = 32, 24, "yuvj420p", TENTH
        for index, (codec, width, height) in enumerate([(streams[0], WIDTH, HEIGHT), (other, 32, 24)]):
            frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), 128, np.uint8)).reformat(format="yuvj420p")
            frame.pts, frame.time_base = index, TENTH
            for packet in codec.encode(frame):
                packet.stream = streams[0]
                container.mux(packet)
    matter = FakeMatter(RAMP)
    cut_out_video(source, tmp_path / "out.mp4", matter, background=(0, 0, 0))
    assert [photo.shape for batch in matter.seen for photo in batch] == [(HEIGHT, WIDTH, 3)] * 2


def test_pixels_that_are_not_square_stay_so(tmp_path):
    source = make(tmp_path / "in.mp4", rotation=(90,), sample_aspect_ratio=Fraction(4, 3))
    cut_out_video(source, tmp_path / "out.mp4", WHOLE, background=(0, 0, 0))
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(3, 4)


def test_frames_stream_through_in_small_batches_and_each_is_counted(tmp_path):
    photos = [np.full((HEIGHT, WIDTH, 3), 10 * i, np.uint8) for i in range(20)]
    counts, matter = [], FakeMatter(RAMP)
    cut_out_video(
        make(tmp_path / "in.mp4", photos), tmp_path / "out.webm", matter, progress=lambda *n: counts.append(n)
    )
    assert counts == [(i, 20) for i in range(1, 21)]
    assert [len(batch) for batch in matter.seen] == [8, 8, 4]
    assert [photo.mean() for batch in matter.seen for photo in batch] == pytest.approx(
        [10 * i for i in range(20)], abs=3
    )


def test_smoothing_averages_mattes_over_time(tmp_path):
    matter = FakeMatter(np.full((12, 16), 0.4, np.float32), np.full((12, 16), 0.8, np.float32))
    cut_out_video(make(tmp_path / "in.mp4"), tmp_path / "out.webm", matter, smoothing=0.5)
    assert [matte.mean() for matte in matter.alphas[:4]] == pytest.approx([0.4, 0.6, 0.5, 0.65], abs=1e-4)


def cut_short(path, share, **how):
    make(path, **how)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def sound_alone(path, cover=False):
    with av.open(str(path), "w") as container:
        if cover:
            container.add_attachment("cover.png", "image/png", cv2.imencode(".png", GREY)[1].tobytes())
        stream = container.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 4800), np.float32), "fltp", "stereo")
        frame.sample_rate, frame.pts = 48000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())


def without_frames(path):
    with av.open(str(path), "w") as container:
        container.add_stream("libx264", rate=10, width=WIDTH, height=HEIGHT)
        container.start_encoding()


NOISE = np.random.default_rng(0).integers(0, 256, (FRAMES, HEIGHT, WIDTH, 3), dtype=np.uint8)
BROKEN = {
    "missing.mp4": lambda path: None,
    "empty.mp4": lambda path: path.write_bytes(b""),
    "text.mp4": lambda path: path.write_text("not a video\n" * 100),
    "garbage.webm": lambda path: path.write_bytes(NOISE.tobytes()),
    "folder.mp4": lambda path: path.mkdir(),
    "sound.mp4": sound_alone,
    "cover.mkv": lambda path: sound_alone(path, cover=True),
    "none.mp4": without_frames,
    "short.mp4": lambda path: cut_short(path, 0.6, photos=NOISE),
    "short.webm": lambda path: cut_short(path, 0.6, photos=NOISE, codec="libvpx-vp9"),
    "short.mkv": lambda path: cut_short(path, 0.97, photos=NOISE),
    "short.avi": lambda path: cut_short(path, 0.6, photos=NOISE),
    "list.mp4": lambda path: path.write_text(f"ffconcat version 1.0\nfile {make(path.with_name('good.mp4')).name}\n"),
    "play.mp4": lambda path: path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_whole_video_is_refused_and_leaves_nothing(tmp_path, name):
    folder = tmp_path / "out"
    folder.mkdir()
    BROKEN[name](tmp_path / name)
    with pytest.raises(InputError, match=name) as error:
        cut_out_video(tmp_path / name, folder / "out.webm", FakeMatter(RAMP))
    assert "\n" not in str(error.value)
    assert list(folder.iterdir()) == []


def test_a_video_broken_after_its_head_leaves_nothing(tmp_path):
    source = make(tmp_path / "in.mp4", NOISE)
    with av.open(str(source)) as container:
        place, size = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size][5]
    content = bytearray(source.read_bytes())
    content[place : place + size] = b"\xff" * size
    source.write_bytes(content)
    with pytest.raises(InputError, match=r"in\.mp4"):
        cut_out_video(source, tmp_path / "out.webm", FakeMatter(RAMP))
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


@pytest.mark.parametrize("trouble", [KeyboardInterrupt(), RuntimeError("no memory")])
def test_a_stop_leaves_the_old_target_and_nothing_else(tmp_path, trouble):
    source, target = make(tmp_path / "in.mp4", sound="aac"), tmp_path / "out.webm"
    target.write_bytes(b"old")
    with pytest.raises(type(trouble)):
        cut_out_video(source, target, FakeMatter(RAMP, at=3, trouble=trouble))
    assert target.read_bytes() == b"old"
    assert {path.name for path in tmp_path.iterdir()} == {"in.mp4", "out.webm"}


@pytest.mark.parametrize(
    "target, options, message",
    [
        ("out.mp4", {}, r"out\.mp4 cannot hold alpha: use \.webm or \.mov, or choose a background$"),
        ("out.gif", {"background": (0, 0, 0)}, r"out\.gif cannot hold video: use \.mp4 or"),
        ("out.webm", {"smoothing": 1.0}, "smoothing 1.0 is out of range"),
        ("nowhere/out.webm", {}, r"nowhere/out\.webm cannot be written \(No such file or directory\)"),
        ("in.mp4", {"background": (0, 0, 0)}, r"in\.mp4 is the video itself"),
    ],
)
def test_a_wrong_option_is_named(tmp_path, target, options, message):
    source = make(tmp_path / "in.mp4")
    with pytest.raises(InputError, match=message):
        cut_out_video(source, tmp_path / target, FakeMatter(RAMP), **options)
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


def test_without_pyav_the_error_names_the_cure(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(InputError, match=r'pip install "portrait-matting\[video\]"'):
        cut_out_video(tmp_path / "in.mp4", tmp_path / "out.webm", FakeMatter(RAMP))


@pytest.mark.parametrize("suffix", [".mp4", ".ts", ".webm"])
def test_damaged_videos_are_cut_out_or_refused_in_a_line(tmp_path, suffix):
    codec, sound = ("libvpx-vp9", "libopus") if suffix == ".webm" else ("libx264", "aac")
    whole = make(tmp_path / f"whole{suffix}", NOISE, codec=codec, sound=sound).read_bytes()
    rng, folder = np.random.default_rng(0), tmp_path / "out"
    folder.mkdir()
    refusals = []
    for _ in range(6):
        damaged = np.frombuffer(whole, np.uint8).copy()
        damaged[rng.integers(0, min(3000, len(damaged)), 20)] = rng.integers(0, 256, 20)
        (tmp_path / f"in{suffix}").write_bytes(damaged.tobytes())
        try:
            cut_out_video(tmp_path / f"in{suffix}", folder / "out.mp4", WHOLE, background=(0, 0, 0))
            (folder / "out.mp4").unlink()
        except InputError as error:
            refusals.append(str(error))
        assert list(folder.iterdir()) == []
    assert not any("\n" in refusal for refusal in refusals)
    assert refusals or suffix != ".webm"
