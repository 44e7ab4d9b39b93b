import errno
import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from portrait_matting.disk.atomic_write import write_bytes
from portrait_matting.errors import InputError
from portrait_matting.matte.matter import CutOut
from portrait_matting.prediction import workers
from portrait_matting.prediction.batch import cut_out_all, cut_out_videos
from portrait_matting.prediction.cutout_file import Style
from portrait_matting.prediction.destination import check_writable
from portrait_matting.prediction.inputs import find_inputs
from portrait_matting.prediction.jobs import CutOutJob, plan_jobs
from portrait_matting.prediction.pixel_budget import PixelBudget, pixels
from portrait_matting.prediction.shared_network import SharedNetwork


class RedMatter:
    """A matter without a network: what is red is the person."""

    def __init__(self, device="cpu"):
        self.predictor = SimpleNamespace(device=device)
        self.threads, self.together, self.torch_threads = set(), [], set()

    def mattes(self, photos):
        self.threads.add(threading.get_ident())
        self.torch_threads.add(torch.get_num_threads())
        self.together.append(len(photos))
        return [photo[..., 0] / np.float32(255) for photo in photos]

    def cut_out(self, photo, matte):
        return CutOut(matte, photo)


class RecordedProgress:
    """Stands for the progress bars: records each call."""

    def __init__(self, on_photo=lambda count: None):
        self.reasons, self.failures, self.on_photo = [], [], on_photo

    def photo(self, reason):
        self.reasons.append(reason)
        self.on_photo(len(self.reasons))

    def failed(self, reason):
        self.failures.append(reason)


def save(path, seed=0, size=(12, 10)):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(image).save(path)
    return image


@pytest.fixture
def photos(tmp_path):
    """Twelve photos in folders with trying names: path below photos/ to the pixels."""
    names = ["a b", "a,b", "[a]", "a=b", "a.v1.2", "写真", "ü/ä/a b", "-dash", "'quoted'", "a (1)", "100%", "#1"]
    return {f"{name}.png": save(tmp_path / "photos" / f"{name}.png", seed) for seed, name in enumerate(names)}


def planned(tmp_path, overwrite=False, output="cut"):
    return plan_jobs(find_inputs([str(tmp_path / "photos")]).inputs, tmp_path / output, Style(), overwrite)


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def run(jobs, matter=None, count=3, progress=None):
    return cut_out_all(jobs, matter or RedMatter(), Style(), count, progress or RecordedProgress())


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_every_photo_is_cut_out_into_its_place(photos, tmp_path, device):
    jobs, _ = planned(tmp_path)
    matter, progress = RedMatter(device), RecordedProgress()
    summary = run(jobs, matter, 4, progress)
    assert (summary.done, summary.existed, summary.failed, summary.code) == (12, 0, [], 0)
    assert progress.reasons == [None] * 12
    assert files(tmp_path / "cut") == set(photos)
    for name, image in photos.items():
        read = np.asarray(Image.open(tmp_path / "cut" / name))
        np.testing.assert_array_equal(read[..., 3], image[..., 0])
    assert sum(matter.together) == 12
    if device == "cuda":
        assert len(matter.threads) == 1
        assert max(matter.together) <= 4
    else:
        assert set(matter.together) == {1}


def test_workers_share_the_threads_and_give_them_back(photos, tmp_path):
    before = torch.get_num_threads(), cv2.getNumThreads()
    jobs, _ = planned(tmp_path)
    for some, count, expected in ((jobs, 4, 1), (jobs[:1], 4, 4), (jobs[:2], 4, 2), (jobs[:3], 2, 1)):
        matter = RedMatter()
        run(some, matter, count)
        assert matter.torch_threads == {expected}
    assert (torch.get_num_threads(), cv2.getNumThreads()) == before


def test_what_cannot_be_read_is_said_and_passed_over(photos, tmp_path):
    (tmp_path / "photos/broken.jpg").write_bytes(b"no picture")
    (tmp_path / "photos/empty.png").touch()
    jobs, _ = planned(tmp_path)
    progress = RecordedProgress()
    summary = run(jobs, progress=progress)
    assert (summary.done, len(summary.failed), summary.code) == (12, 2, 1)
    assert {Path(line.split(".")[0]).name for line in summary.failed} == {"broken", "empty"}
    assert [reason for reason in progress.reasons if reason] == summary.failed
    assert files(tmp_path / "cut") == set(photos)


def test_nothing_is_written_over_unless_asked(photos, tmp_path):
    run(planned(tmp_path)[0])
    (tmp_path / "cut/a b.png").write_bytes(b"mine")
    (tmp_path / "cut/#1.png").unlink()
    jobs, summary = planned(tmp_path)
    assert {job.source.name: job.target.name for job in jobs} == {"#1.png": "#1.png", "a b.png": "a b_png.png"}
    assert (summary.existed, len(summary.unmarked), summary.code) == (10, 10, 0)
    run(jobs)
    assert (tmp_path / "cut/a b.png").read_bytes() == b"mine"
    jobs, summary = planned(tmp_path, overwrite=True)
    assert (len(jobs), summary.existed) == (12, 0)
    run(jobs)
    assert Image.open(tmp_path / "cut/a b.png").size == (10, 12)


def test_a_photo_is_never_written_over(tmp_path):
    save(tmp_path / "photos/a.jpg")
    png = save(tmp_path / "photos/a.png")
    inputs = find_inputs([str(tmp_path / "photos/a.jpg"), str(tmp_path / "photos/a.png")]).inputs
    jobs, summary = plan_jobs(inputs, tmp_path / "photos", Style(), overwrite=True)
    assert [job.target.name for job in jobs] == ["a_png.png"]
    [line] = summary.failed
    assert "give another --output" in line
    run(jobs)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "photos/a.png")), png)
    (tmp_path / "other").symlink_to(tmp_path / "photos")
    jobs, summary = plan_jobs(find_inputs([str(tmp_path / "photos/a.png")]).inputs, tmp_path / "other", Style())
    assert (jobs, len(summary.failed), summary.existed) == ([], 1, 0)


def test_a_video_becomes_a_video_and_has_no_matte_alone(tmp_path):
    (tmp_path / "a.mp4").touch()
    inputs = find_inputs([str(tmp_path / "a.mp4")], videos=True).inputs
    for style, name in ((Style(), "a.webm"), (Style("jpg", "blur"), "a.mp4")):
        [job], _ = plan_jobs(inputs, tmp_path / "cut", style)
        assert job.target.name == name
    jobs, summary = plan_jobs(inputs, tmp_path / "cut", Style(matte=True))
    assert jobs == []
    assert "is a video" in summary.failed[0]


def test_a_call_that_is_stopped_leaves_whole_files_and_goes_on(photos, tmp_path):
    class Slow(RedMatter):
        def cut_out(self, photo, matte):
            time.sleep(0.03)
            return super().cut_out(photo, matte)

    jobs, _ = planned(tmp_path)

    def stop(count):
        if count == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"stopped: .* the same command resumes it") as stopped:
        run(jobs, Slow(), progress=RecordedProgress(stop))
    written = files(tmp_path / "cut")
    assert f" {len(written)} of 12 are done;" in str(stopped.value)
    time.sleep(0.2)  # what a worker might still write
    assert files(tmp_path / "cut") == written
    assert 4 <= len(written) < 12
    assert written <= set(photos)
    for name in written:
        Image.open(tmp_path / "cut" / name).load()
    rest, summary = planned(tmp_path)
    assert summary.existed == len(written)
    assert run(rest).done == 12 - len(written)
    assert files(tmp_path / "cut") == set(photos)


def test_a_full_disk_ends_the_call_with_one_line(photos, tmp_path, monkeypatch):
    written = []

    def fill(target, content, **options):
        if len(written) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
        written.append(target)
        write_bytes(target, content, **options)

    monkeypatch.setattr(workers, "write_bytes", fill)
    with pytest.raises(
        InputError, match=r"cannot be written \(No space left on device\); 3 of 12 are done: free space"
    ) as stopped:
        run(planned(tmp_path)[0], count=1)
    assert len(str(stopped.value).splitlines()) == 1
    assert len(files(tmp_path / "cut")) == 3


def test_what_stands_in_the_way_of_one_file_is_that_files_fault(tmp_path):
    save(tmp_path / "photos/good.png")
    save(tmp_path / "photos/folder.png")
    save(tmp_path / "photos/below/a.png")
    save(tmp_path / "photos/long.png")
    (tmp_path / "cut/folder.png").mkdir(parents=True)
    (tmp_path / "cut/below").touch()
    targets = {name: name for name in ("folder.png", "below/a.png", "good.png")} | {"long.png": f"{'x' * 253}.png"}
    jobs = [CutOutJob(tmp_path / "photos" / name, tmp_path / "cut" / file) for name, file in targets.items()]
    summary = run(jobs)
    assert (summary.done, len(summary.failed), summary.code) == (1, 3, 1)
    assert all("cannot be written" in line for line in summary.failed)
    assert files(tmp_path / "cut") == {"below", "good.png"}


def test_a_fault_that_nobody_thought_of_stops_nothing(photos, tmp_path, monkeypatch):
    class Faulty(RedMatter):
        def cut_out(self, photo, matte):
            if (photo == photos["#1.png"]).all():
                raise ZeroDivisionError("what\nnow")
            if (photo == photos["a=b.png"]).all():
                raise MemoryError
            return super().cut_out(photo, matte)

    jobs, _ = planned(tmp_path)
    summary = run(jobs, Faulty())
    assert summary.done == 10
    assert sorted(line.split("photos/")[1] for line in summary.failed) == [
        "#1.png: ZeroDivisionError: what now",
        "a=b.png needs more memory than there is: give fewer --workers, or make it smaller",
    ]
    monkeypatch.setenv("PORTRAIT_MATTING_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        run(jobs, Faulty())


def test_an_output_that_cannot_be_written_is_found_at_once(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a file: give a folder as --output"):
        check_writable(tmp_path / "file")
    with pytest.raises(InputError, match="cannot be written"):
        check_writable(tmp_path / "file" / "below")
    check_writable(tmp_path / "new" / "folder")
    assert list((tmp_path / "new/folder").iterdir()) == []


def test_large_photos_wait_for_each_other_and_small_ones_do_not_starve_them():
    room, held, most, order = PixelBudget(100), [], [], []

    def take(name, pixels):
        with room.take(pixels):
            held.append(pixels)
            most.append(list(held))
            order.append(name)
            time.sleep(0.02)
            held.remove(pixels)

    threads = []
    for name, count in [("a", 40), ("b", 40), ("large", 500), ("c", 40), ("large too", 99), ("d", 40)]:
        threads.append(threading.Thread(target=take, args=(name, count)))
        threads[-1].start()
        time.sleep(0.003)  # so that they queue in this order
    for thread in threads:
        thread.join()
    assert all(sum(together) <= 100 or together == [500] for together in most)
    assert [40, 40] in most  # small ones are together
    assert order.index("large") < order.index("c") < order.index("large too") < order.index("d")


def test_pixels_are_those_of_the_header(tmp_path):
    save(tmp_path / "a.png", size=(7, 11))
    (tmp_path / "b.png").write_bytes(b"no picture")
    assert [pixels(tmp_path / name) for name in ("a.png", "b.png", "none.png")] == [77, 0, 0]


def test_a_shared_network_sees_together_what_waits_and_answers_each():
    begun = threading.Event()

    class Slow(RedMatter):
        def mattes(self, photos):
            begun.set()
            time.sleep(0.05)
            if any(photo[0, 0, 0] == 13 for photo in photos):
                raise InputError("thirteen")
            return super().mattes(photos)

    matter, answers = Slow(), {}
    network = SharedNetwork(matter, 4)

    def ask(value):
        try:
            answers[value] = network(np.full((2, 2, 3), value, np.uint8))[0, 0] * 255
        except InputError as error:
            answers[value] = str(error)

    first = threading.Thread(target=ask, args=(0,))
    first.start()
    begun.wait()
    others = [threading.Thread(target=ask, args=(value,)) for value in (1, 2, 13, 4, 5, 6, 7)]
    for thread in others:
        thread.start()
    for thread in [first, *others]:
        thread.join(10)
    assert answers.pop(13) == "thirteen"
    assert {value: round(float(answer)) for value, answer in answers.items()} == {
        value: value for value in (0, 1, 2, 4, 5, 6, 7)
    }
    assert matter.together[0] == 1
    assert 1 < max(matter.together) <= 4
    network.close()


def test_a_video_that_cannot_be_read_is_said_and_passed_over(tmp_path):
    pytest.importorskip("av")
    (tmp_path / "a.mp4").write_bytes(b"no video")
    progress = RecordedProgress()
    job = CutOutJob(tmp_path / "a.mp4", tmp_path / "cut/a.webm")
    progress.frame = lambda video, done, total: None
    summary = cut_out_videos([job], RedMatter(), None, 0.0, progress)
    assert (summary.done, summary.failed, summary.code) == (0, progress.failures, 2)
    assert "a.mp4" in summary.failed[0]
