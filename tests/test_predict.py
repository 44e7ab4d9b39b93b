"""The command `predict`: tests/prediction has what it opens."""

import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from portrait_matting.matte.matter import Matter
from portrait_matting.models.u2net import u2netp
from portrait_matting.predict import main, parser

PREDICT = [sys.executable, "-m", "portrait_matting.predict"]
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """A state dict as the reference project has them, of a network whose mattes are neither black nor white."""
    torch.manual_seed(0)
    net = u2netp().eval()
    torch.nn.init.normal_(net.outconv.weight)
    path = tmp_path_factory.mktemp("weights") / "u2netp.pth"
    torch.save(net.state_dict(), path)
    return path


@pytest.fixture
def call(weights, tmp_path, monkeypatch):
    """Runs the command on inputs, from `tmp_path`, and gives its exit code."""
    monkeypatch.chdir(tmp_path)

    def call(*inputs, output="cut"):
        try:
            main([*FLAGS, "--checkpoint", str(weights), "--output", str(output), *map(str, inputs)])
        except SystemExit as end:
            return end.code
        return 0

    return call


FLAGS = ["--input-size", "32", "--workers", "2", "--device", "cpu", "--precision", "32-true"]


def save(path, seed=0, size=(40, 30), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(image).save(path, **options)
    return image


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "flags",
    [["--workers", "0"], ["--format", "gif"], ["--input-size", "8"], ["--quality", "101"], ["--smoothing", "1"]],
)
def test_flags_out_of_range_are_refused(flags, capsys):
    with pytest.raises(SystemExit) as stopped:
        parser().parse_args(["a.jpg", "--output", "cut", *flags])
    assert stopped.value.code == 2
    assert flags[0] in capsys.readouterr().err


def test_help_imports_nothing_heavy():
    done = subprocess.run(
        [*PREDICT, "--help"], env=os.environ | {"PYTHONPROFILEIMPORTTIME": "1"}, capture_output=True, text=True
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert done.returncode == 0
    assert "INPUT" in done.stdout
    assert "portrait_matting.cli.command" in imported
    assert imported & {"torch", "lightning", "cv2", "numpy", "PIL", "matplotlib", "pymatting", "tqdm", "hydra"} == set()


def test_an_unknown_network_is_told_which_there_are(tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([str(tmp_path / "a.jpg"), "--checkpoint", "portrait", "--output", str(tmp_path / "cut")])
    assert stopped.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("error: there is no checkpoint portrait, and no network of that name in the package")
    assert line.endswith("did you mean portraits?")


def test_the_file_holds_what_the_matter_gives_and_the_profile(call, weights, tmp_path, capsys):
    image = save(tmp_path / "photo.png", icc_profile=PROFILE)
    assert call("photo.png") == 0
    matter = Matter.from_checkpoint(weights, input_size=32, device="cpu", precision="32-true")
    cut_out = matter(image)
    picture = Image.open(tmp_path / "cut/photo.png")
    read = np.asarray(picture)
    np.testing.assert_array_equal(read[..., 3], np.rint(cut_out.alpha * 255))
    np.testing.assert_array_equal(read, cut_out.rgba())
    assert picture.info["icc_profile"] == PROFILE
    assert cut_out.alpha.std() > 0.01
    said = capsys.readouterr().out
    assert re.fullmatch(r"1 cut out into cut in \d+\.\d s\n", said)


def test_names_and_folders_are_kept(call, tmp_path):
    names = ["a b", "a,b", "[a]", "a=b", "a.v1.2", "写真", "ü/ä/x y", "'q'", "a (1)", "100%", "#1", "$HOME", "*"]
    for seed, name in enumerate(names):
        save(tmp_path / f"in/{name}.jpg", seed)
    save(tmp_path / "-dash.jpg")
    assert call("in", "--", "-dash.jpg") == 0
    assert files(tmp_path / "cut") == {f"{name}.png" for name in names} | {"-dash.png"}
    assert call("in/a*.jpg", "in/[a].jpg", "in/*.jpg", output="again") == 0  # the last two are names
    assert files(tmp_path / "again") == {"a b.png", "a,b.png", "a=b.png", "a.v1.2.png", "a (1).png", "[a].png", "*.png"}


def test_the_summary_and_the_code_tell_the_truth(call, tmp_path, capsys):
    save(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    assert call("b.jpg") == 2
    out, err = capsys.readouterr()
    assert out == "0 cut out into cut, 1 could not be done\n"
    assert "b.jpg is not an image" in err
    assert call("a.jpg", "b.jpg") == 1
    out, err = capsys.readouterr()
    assert re.fullmatch(r"1 cut out into cut in \d+\.\d s, 1 could not be done\n", out)
    assert err.count("b.jpg is not an image") == 1
    assert call("a.jpg") == 0
    assert capsys.readouterr().out == "0 cut out into cut, 1 was there already\n"
    assert call("a.jpg", "b.jpg", "none.jpg") == 1
    out, err = capsys.readouterr()
    assert out == "0 cut out into cut, 1 was there already, 2 could not be done\n"
    assert "none.jpg does not exist" in err
    assert call("none.jpg") == 2
    assert capsys.readouterr().err == "error: nothing to cut out: none.jpg does not exist: check the path\n"


def test_overwrite(call, tmp_path):
    save(tmp_path / "a.jpg")
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut/a.png").write_bytes(b"mine")
    assert call("a.jpg") == 0
    assert (tmp_path / "cut/a.png").read_bytes() == b"mine"
    assert files(tmp_path / "cut") == {"a.png", "a_jpg.png"}
    assert call("a.jpg", "--overwrite") == 0
    assert Image.open(tmp_path / "cut/a.png").mode == "RGBA"


@pytest.mark.slow
def test_no_photo_is_passed_over_for_anothers_result(call, tmp_path, capsys):
    """tests/prediction/test_jobs.py has more of this kind."""
    save(tmp_path / "inc/a.png", 1)
    assert call("inc") == 0
    before = (tmp_path / "cut/a.png").read_bytes()
    save(tmp_path / "inc/a.jpg", 2)
    capsys.readouterr()
    assert call("inc") == 0
    out, err = capsys.readouterr()
    assert err == "named apart, since another photo or file has the name: inc/a.jpg becomes cut/a_jpg.png\n"
    assert re.fullmatch(r"1 cut out into cut in \d+\.\d s, 1 was there already\n", out)
    assert files(tmp_path / "cut") == {"a.png", "a_jpg.png"}
    assert (tmp_path / "cut/a.png").read_bytes() == before

    save(tmp_path / "card1/IMG_0001.jpg", 3)
    save(tmp_path / "card2/IMG_0001.png", 4)
    assert call("card1", output="cards") == 0
    assert call("card2", output="cards") == 0
    assert files(tmp_path / "cards") == {"IMG_0001.png", "IMG_0001_png.png"}

    assert call("inc", "--matte") == 0
    assert {Image.open(path).mode for path in (tmp_path / "cut").iterdir()} == {"L"}
    save(tmp_path / "inc/a.jpg", 5)
    os.utime(tmp_path / "inc/a.jpg", (0, 0))
    capsys.readouterr()
    assert call("inc", "--matte") == 0
    out, err = capsys.readouterr()
    assert err == "1 input has changed since the last time, and is cut out again\n"
    assert re.fullmatch(r"1 cut out into cut in \d+\.\d s, 1 of them again, 1 was there already\n", out)


@pytest.mark.parametrize(
    ("flags", "file", "mode"),
    [
        (["--matte"], "a.png", "L"),
        (["--format", "webp"], "a.webp", "RGBA"),
        (["--background", "white", "--format", "jpg"], "a.jpg", "RGB"),
        (["--background", "#0f0"], "a.png", "RGB"),
        (["--background", "behind = 1.png"], "a.png", "RGB"),
        (["--background", "blur", "--flip", "--no-foreground", "--fit", "pad"], "a.png", "RGB"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_may_be_written(call, tmp_path, flags, file, mode):
    save(tmp_path / "a.bmp")
    save(tmp_path / "behind = 1.png", size=(5, 9))
    assert call("a.bmp", *flags) == 0
    assert files(tmp_path / "cut") == {file}
    picture = Image.open(tmp_path / "cut" / file)
    picture.load()
    assert (picture.mode, picture.size) == (mode, (30, 40))


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--background", "gren"], "gren is neither a colour"),
        (["--background", "#ff000080"], "is transparent"),
        (["--background", "text.png"], "text.png is not an image"),
        (["--format", "jpg"], "cannot be transparent"),
        (["--refinement", "magic"], "magic"),
        (["--output", "text"], "text is a file: give a folder"),
        (["--output", "cut.tif"], ".tif is not written: give a name in .png"),
        (["--checkpoint", "none.ckpt"], "none.ckpt"),
        (["--checkpoint", "text.png"], "text.png"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_is_one_line(call, tmp_path, capsys, flags, words):
    save(tmp_path / "a.jpg")
    (tmp_path / "text.png").write_bytes(b"no picture")
    (tmp_path / "text").write_bytes(b"no picture")
    assert call("a.jpg", *flags) == 2
    out, err = capsys.readouterr()
    line = err.splitlines()[-1]
    assert out == ""
    assert line.startswith("error: ")
    assert words in line
    assert "Traceback" not in err


def begin(weights, tmp_path):
    """A call in a session of its own, as a shell starts one."""
    command = [*PREDICT, "in", "--checkpoint", str(weights), "--output", "cut", *FLAGS]
    return subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "sign, code",
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)],
    ids=["Ctrl-C", "SIGTERM", "kill"],
)
def test_a_call_that_is_ended_midway_goes_on(weights, tmp_path, sign, code):
    for seed in range(30):
        save(tmp_path / f"in/{seed}.jpg", seed, size=(900, 700))
    process = begin(weights, tmp_path)
    while not list((tmp_path / "cut").glob("*.png")) and process.poll() is None:
        time.sleep(0.01)
    os.killpg(process.pid, sign)
    _, said = process.communicate(timeout=10)
    done = files(tmp_path / "cut")
    for name in done:
        if not name.startswith("."):
            Image.open(tmp_path / "cut" / name).load()
    assert process.returncode == code, said
    if sign != signal.SIGKILL:
        assert "Traceback" not in said
        assert re.fullmatch(r"stopped: \d+ of 30 are done; the same command resumes it", said.splitlines()[-1])
        assert not [name for name in done if name.startswith(".")]
    assert 0 < len(done) < 30
    if sign != signal.SIGKILL:
        assert f" {len(done)} of 30 " in said.splitlines()[-1]
    before = {name: (tmp_path / "cut" / name).stat().st_mtime_ns for name in done}
    process = begin(weights, tmp_path)
    out, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    whole = [name for name in done if not name.startswith(".")]
    assert out.startswith(f"{30 - len(whole)} cut out into cut in ")
    assert {f"{seed}.png" for seed in range(30)} <= files(tmp_path / "cut")
    assert {name: (tmp_path / "cut" / name).stat().st_mtime_ns for name in done} == before


def film(path, levels=(0, 80, 160)):
    av = pytest.importorskip("av")
    path.parent.mkdir(exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height = 48, 32
        for level in levels:
            frame = av.VideoFrame.from_ndarray(np.full((32, 48, 3), level, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def test_a_video_is_cut_out_too(call, tmp_path):
    av = pytest.importorskip("av")
    film(tmp_path / "film, 1.mp4")
    save(tmp_path / "a.jpg")
    assert call("film, 1.mp4", "a.jpg", "--smoothing", "0.5") == 0
    assert files(tmp_path / "cut") == {"film, 1.webm", "a.png"}
    assert call("film, 1.mp4", "--background", "red") == 0
    with av.open(str(tmp_path / "cut/film, 1.mp4")) as container:
        assert len(list(container.decode(video=0))) == 3
    assert call("film, 1.mp4", "--matte") == 2


@pytest.mark.parametrize("flags", [[], ["--background", "red"]], ids=["webm", "mp4"])
def test_a_videos_result_knows_what_it_was_made_of(call, tmp_path, capsys, flags):
    suffix = ".mp4" if flags else ".webm"

    def said(*inputs):
        assert call(*inputs, *flags) == 0
        return re.sub(r" in \d+\.\d s", "", capsys.readouterr().out)

    film(tmp_path / "one/a.avi")
    assert said("one") == "1 cut out into cut\n"
    assert said("one") == "0 cut out into cut, 1 was there already\n"
    assert said("one", "--smoothing", "0.5") == "1 cut out into cut, 1 of them again\n"
    film(tmp_path / "two/a.avi", (160, 80, 0))
    assert said("two", "--smoothing", "0.5") == "1 cut out into cut\n"
    assert files(tmp_path / "cut") == {f"a{suffix}", f"a_avi{suffix}"}
    assert said("one", "two", "--smoothing", "0.5") == "0 cut out into cut, 2 were there already\n"
    film(tmp_path / "one/a.avi", (160, 160))
    assert said("one", "--smoothing", "0.5") == "1 cut out into cut, 1 of them again\n"
    (tmp_path / "cut" / f"a{suffix}").write_bytes(b"mine")
    assert said("one", "--smoothing", "0.5") == "0 cut out into cut, 1 was there already, 1 of them without a mark\n"


@pytest.mark.slow
def test_the_output_may_be_one_file(call, tmp_path, capsys):
    save(tmp_path / "a.jpg", 1)
    save(tmp_path / "b.jpg", 2)
    assert call("a.jpg", output="of.png") == 0
    assert Image.open(tmp_path / "of.png").mode == "RGBA"
    assert call("a.jpg", output="of.png") == 0
    assert capsys.readouterr().out.endswith("0 cut out into of.png, 1 was there already\n")
    before = (tmp_path / "of.png").read_bytes()
    assert call("b.jpg", output="of.png") == 2  # it is a.jpg's
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert "error: b.jpg is not cut out: of.png is a file: give a folder as --output, or --overwrite" in err
    assert (tmp_path / "of.png").read_bytes() == before
    assert call("b.jpg", "--overwrite", output="of.png") == 0
    assert (tmp_path / "of.png").read_bytes() != before
    assert call("a.jpg", "--background", "red", output="below/of.jpeg") == 0
    assert Image.open(tmp_path / "below/of.jpeg").format == "JPEG"
    assert call("a.jpg", "--background", "red", output="a.jpg") == 2
    assert "a.jpg would become a.jpg, an input: give another --output" in capsys.readouterr().err
    assert call("a.jpg", output="new.png/") == 0
    assert call("b.jpg", output="new.png") == 0  # a folder by now
    assert files(tmp_path / "new.png") == {"a.png", "b.png"}
    assert call("a.jpg", "b.jpg", output="two.png") == 2
    assert not (tmp_path / "two.png").exists()


def test_what_is_passed_over_or_taken_in_part_is_said(call, tmp_path, capsys):
    save(tmp_path / "in/a.jpg")
    for name in ("b.JP2", "c.tga", "d.tga", "notes.txt", ".e.psd"):
        (tmp_path / "in" / name).touch()
    first, second = (Image.new("RGB", (40, 30), colour) for colour in ("red", "blue"))
    first.save(tmp_path / "in/f.gif", save_all=True, append_images=[second])
    assert call("in") == 0
    out, err = capsys.readouterr()
    assert err.splitlines() == [
        "passed over in folders, since they are not read: 1 .jp2, 2 .tga: save them as JPEG or PNG",
        "of files that hold several pictures the first is cut out: in/f.gif (2)",
    ]
    assert out.startswith("2 cut out into cut in ")
