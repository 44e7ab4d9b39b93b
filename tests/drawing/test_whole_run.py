"""A folder drawn from beginning to end: by any number of processes, stopped, killed, truncated and gone on with."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple
from contextlib import suppress

import pytest

from portrait_matting.cli import process_pool
from portrait_matting.data.cutouts import CutOutsDataModule
from portrait_matting.data.folder import FolderDataModule
from portrait_matting.draw import draw, main, parser
from portrait_matting.errors import InputError

DRAW = [sys.executable, "-m", "portrait_matting.draw"]
LOADING = {"input_size": 16, "batch_size": 1, "workers": 0, "augment": [], "seed": 0}


def call(output, count, *flags):
    draw(parser().parse_args([str(output), "--style", "drawn", "--count", str(count), "--size", "40", *flags]))


def tree(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """12 portraits by one process at once."""
    output = tmp_path_factory.mktemp("drawn") / "out"
    call(output, 12, "--workers", "1")
    return output


def test_the_folder_is_what_data_folder_takes(undisturbed):
    stems = [f"drawn_0_{index:06d}" for index in range(12)]
    expected = {f"images/{stem}.jpg" for stem in stems} | {f"alphas/{stem}.png" for stem in stems}
    assert tree(undisturbed).keys() == expected | {"recipe.json", "sheet.jpg"}
    data = FolderDataModule(root=str(undisturbed), **LOADING)
    assert sum(len(data.portraits(split)) for split in ("train", "val", "test")) == 12
    image, alpha = data.portraits("train")[0]
    assert (image.shape, alpha.shape) == ((40, 35, 3), (40, 35))


def test_cut_outs_are_what_data_cutouts_takes(tmp_path, capsys):
    call(tmp_path / "out", 5, "--cut-outs")
    assert tree(tmp_path / "out").keys() == {
        *(f"drawn_0_{index:06d}.png" for index in range(5)),
        "recipe.json",
        "sheet.jpg",
    }
    assert "data=cutouts" in capsys.readouterr().out
    data = CutOutsDataModule(root=str(tmp_path / "out"), height=40, width=32, **LOADING)
    assert len(data.portraits("train")) == 3
    assert data.portraits("train")[0][1].max() > 0.9


def test_a_larger_count_goes_on_to_the_same_bytes_on_more_processes(undisturbed, tmp_path, capsys):
    call(tmp_path / "out", 5, "--workers", "1")
    call(tmp_path / "out", 12, "--workers", "2")
    assert tree(tmp_path / "out") == tree(undisturbed)
    assert f"12 portraits are in {tmp_path / 'out'}, 7 drawn now" in capsys.readouterr().out


def test_a_smaller_count_says_what_is_there(undisturbed, capsys):
    before = tree(undisturbed)
    call(undisturbed, 4)
    said = capsys.readouterr().out
    assert f"12 portraits are in {undisturbed}, 0 drawn now" in said
    assert "8 more than --count 4" in said
    assert tree(undisturbed) == before


def test_a_smaller_count_after_a_kill_draws_what_is_asked_for_and_keeps_the_rest(undisturbed, tmp_path, capsys):
    output = tmp_path / "out"
    shutil.copytree(undisturbed, output)
    for index in (2, 6, 10):
        (output / f"images/drawn_0_{index:06d}.jpg").unlink()
    call(output, 5)
    said = capsys.readouterr().out
    assert f"10 portraits are in {output}, 1 drawn now" in said
    assert "5 more than --count 5" in said
    data = FolderDataModule(root=str(output), **LOADING)  # no alpha is there without its image
    assert sum(len(data.portraits(split)) for split in ("train", "val", "test")) == 10
    call(output, 12)
    assert tree(output) == tree(undisturbed)


def test_what_a_kill_leaves_is_done_again(undisturbed, tmp_path):
    """The moment made by hand: half a file, an empty one, one of zeros, an alpha alone, no sheet, one being written."""
    output = tmp_path / "out"
    shutil.copytree(undisturbed, output)
    names = [f"images/drawn_0_{index:06d}.jpg" for index in range(4)]
    os.truncate(output / names[0], 500)
    os.truncate(output / names[1], 0)
    (output / names[2]).write_bytes(bytes((output / names[2]).stat().st_size))
    (output / names[3]).unlink()
    os.truncate(output / "alphas/drawn_0_000009.png", 99)
    (output / "sheet.jpg").unlink()
    (output / ".unfinished").mkdir()
    (output / ".unfinished" / "4711").write_bytes(b"half")
    call(output, 12)
    assert tree(output) == tree(undisturbed)


def test_another_recipe_leaves_all_as_it_is(undisturbed):
    before = tree(undisturbed)
    for flags, says in (
        (["--seed", "1"], "--seed 0, this is with --seed 1"),
        (["--cut-outs"], "this is with --cut-outs"),
    ):
        with pytest.raises(InputError, match=says):
            call(undisturbed, 12, *flags)
    assert tree(undisturbed) == before


def test_a_disk_too_small_is_refused_once_the_first_are_drawn(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**12, 10**12, 20_000))
    with pytest.raises(InputError, match=r"has 20\.0 kB free, and \d+ portraits need about \d+\.\d .B: free space"):
        call(tmp_path / "out", 60, "--workers", "1")
    assert len(list((tmp_path / "out" / "images").iterdir())) >= 16
    call(tmp_path / "out", 12)  # what is there stays, and needs no room


def limited():
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))


@pytest.mark.skipif(os.name == "nt", reason="no limit of a file's size there")
def test_a_disk_that_fills_is_one_line(tmp_path):
    """A limit on the size of a file, since a disk cannot be filled in a test."""
    command = [*DRAW, str(tmp_path / "out"), "--style", "drawn", "--count", "9", "--size", "64", "--workers", "1"]
    done = subprocess.run(command, preexec_fn=limited, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert re.fullmatch(
        r"error: .*out cannot be written \(File too large\); 0 of 9 are drawn: free space .* same command goes on", line
    )
    assert not list((tmp_path / "out" / "images").iterdir())
    left = {path.name.rstrip("0123456789") for path in (tmp_path / "out" / ".unfinished").glob("*[0-9]")}
    assert left <= {"worker-"}  # the lock of one that was ended


def test_a_worker_that_is_killed_is_one_line(tmp_path, monkeypatch):
    def killed(pool, work, chunks, workers):
        pool.submit(os._exit, 9).result()
        yield

    monkeypatch.setattr("portrait_matting.drawing.fill.in_turn", killed)
    with pytest.raises(InputError, match=r"a worker process was killed, .* 0 of 9 are drawn: .*--workers 1"):
        call(tmp_path / "out", 9, "--workers", "2")


def test_a_file_that_lies_elsewhere_is_named_and_not_the_output(tmp_path, monkeypatch):
    for place, says in ((tmp_path / "cache/shapes.npy", "shapes.npy cannot be used"), ("out/a", "cannot be written")):

        def gone(*_, place=place):
            raise FileNotFoundError(2, "No such file or directory", str(tmp_path / place))
            yield

        monkeypatch.setattr("portrait_matting.drawing.fill.in_turn", gone)
        with pytest.raises(InputError, match=rf"{says} \(No such file or directory\); 0 of 9 are drawn") as error:
            call(tmp_path / "out", 9)
        assert ("out cannot" in str(error.value)) == (place == "out/a")


def begin(output, count, workers=2):
    """A drawing in a session of its own, as a shell starts one."""
    command = [*DRAW, str(output), "--style", "drawn", "--count", str(count), "--size", "200"]
    return subprocess.Popen(
        [*command, "--workers", str(workers)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def drawn(output):
    with suppress(OSError):
        return len(os.listdir(output / "images"))
    return 0


@pytest.mark.parametrize("sign, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"])
def test_to_be_stopped_is_one_line_and_no_worker_stays(tmp_path, sign, code):
    process = begin(tmp_path / "out", 4000, workers=1)
    while not drawn(tmp_path / "out") and process.poll() is None:
        time.sleep(0.01)
    os.killpg(process.pid, sign)
    _, said = process.communicate(timeout=30)  # until the last process that holds stderr has ended
    assert process.returncode == code, said
    assert "Traceback" not in said
    assert re.fullmatch(r"stopped: \d+ of 4,000 are drawn; the same command goes on", said.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("whole_group", [True, False], ids=["group", "main"])
def test_killed_at_random_moments_it_writes_what_an_undisturbed_run_writes(tmp_path, whole_group):
    output, count = tmp_path / "killed", 150
    moment, kills = random.Random(7), []
    for _ in range(40):  # a kill that comes too late does not count, how often depends on the machine
        before = drawn(output)
        more = moment.choice([0, moment.randrange(30)])
        process = begin(output, count)
        while drawn(output) < before + more and process.poll() is None:
            time.sleep(0.002)
        time.sleep(moment.uniform(0, 0.8 if more == 0 else 0.05))
        with suppress(ProcessLookupError):
            (os.killpg if whole_group else os.kill)(process.pid, signal.SIGKILL)
        if process.wait() == -signal.SIGKILL:
            kills.append(drawn(output))
        else:
            assert process.returncode == 0
            shutil.rmtree(output)
        if len(kills) == 10:
            break
    assert len(kills) == 10
    assert len(set(kills)) > 1, kills  # some came after work was done
    os.truncate(next((output / "images").iterdir()), 100)  # as a machine that goes down may leave it
    _, said = begin(output, count, workers=2).communicate(timeout=120)
    assert "Traceback" not in said
    _, said = begin(tmp_path / "undisturbed", count, workers=1).communicate(timeout=120)
    assert tree(output) == tree(tmp_path / "undisturbed")


def test_workers_have_one_thread_and_this_process_keeps_its_own(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setenv("NUMBA_NUM_THREADS", "7")
    monkeypatch.setattr("portrait_matting.drawing.fill.in_turn", lambda *a: seen.append(dict(os.environ)) or iter(()))
    call_without_sheet(tmp_path / "out")
    assert {seen[0][name] for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS")} == {"1"}
    assert os.environ["NUMBA_NUM_THREADS"] == "7"


def call_without_sheet(output):
    with pytest.raises(InputError, match="cannot be written"):  # nothing was drawn that a sheet could show
        call(output, 2)


def test_the_command_itself_ends_with_code_0(tmp_path, capsys):
    main([str(tmp_path / "out"), "--style", "drawn", "--count", "1", "--size", "32"])
    assert "1 portrait is in" in capsys.readouterr().out


def test_few_portraits_need_few_processes(tmp_path, monkeypatch):
    asked = []
    opened = process_pool.open_pool
    monkeypatch.setattr(
        "portrait_matting.drawing.fill.open_pool",
        lambda workers, *rest: asked.append(workers) or opened(workers, *rest),
    )
    call(tmp_path / "out", 5, "--workers", "64")
    assert asked == [2]
