"""A matter without a network, whose cut-outs differ visibly from the photo."""

import threading
import time

import numpy as np
import pytest

from portrait_matting.matte.matter import CutOut


class LeftHalf:
    """Cuts out the left half of a photo; the column beside the middle is half there."""

    def __init__(self):
        self.calls = 0
        self.inside = 0
        self.most_inside = 0
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, photo):
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        assert self.go_on.wait(20)
        time.sleep(0.005)  # so that two at once would meet
        self.calls += 1
        alpha = np.zeros(photo.shape[:2], np.float32)
        middle = photo.shape[1] // 2
        alpha[:, :middle] = 1
        alpha[:, middle] = 0.5
        self.inside -= 1
        return CutOut(alpha, photo)


@pytest.fixture
def matter():
    return LeftHalf()
