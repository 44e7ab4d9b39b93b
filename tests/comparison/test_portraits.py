import subprocess
import sys

import numpy as np
import pytest

from portrait_matting.callbacks.gallery import write_shown
from portrait_matting.comparison.arm import arms
from portrait_matting.comparison.portraits import shared_portraits
from portrait_matting.comparison.run import find_runs
from portrait_matting.runs.gallery import FOLDER, Shown, read_gallery


def test_only_portraits_that_every_arm_shows_are_shared_with_each_ones_matte(two):
    found = shared_portraits(two, 10)
    assert [one.name for one in found] == ["photo_0_jpg", "photo_1_jpg"]  # the second arm has but two
    for one in found:
        assert one.image.shape == (24, 24, 3)
        assert len(one.mattes) == 2
        inside = one.truth == 1
        assert one.mattes[0][inside].mean() == pytest.approx(0.9, abs=0.01)
        assert one.mattes[1][inside].mean() == pytest.approx(0.7, abs=0.01)
        assert one.errors == pytest.approx([np.abs(matte - one.truth).mean() for matte in one.mattes])


def test_as_many_as_are_asked_for(two):
    assert len(shared_portraits(two, 1)) == 1
    assert shared_portraits(two, 0) == []


def test_another_portrait_of_the_same_name_is_not_shared(two, tmp_path):
    import shutil

    folder = tmp_path / "sweep"
    shutil.copytree(two[0].runs[0].folder.parent, folder)
    gallery = folder / "wide 0" / FOLDER
    [shown] = [one for one in read_gallery(gallery) if one.name == "photo_0_jpg"]
    write_shown(gallery, 0, Shown("photo 0.jpg", 255 - shown.image, shown.truth, shown.matte))
    assert [one.name for one in shared_portraits(arms(find_runs([folder])[0]), 10)] == ["photo_1_jpg"]


@pytest.mark.slow
def test_run_folders_are_compared_without_lightning():
    code = "import sys; from portrait_matting.comparison import page, picture, portraits, run; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "portrait_matting.runs.gallery" in done.stdout.split()
    assert {"lightning", "pytorch_lightning", "hydra"} & set(done.stdout.split()) == set()
