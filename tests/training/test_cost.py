import mmap
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from portrait_matting.training import cost
from portrait_matting.training.cost import TrainingCost

MIB = 1024**2
SPIN = "import time\nwhile time.process_time() < 0.5: pass"


def held(size):
    """The peak in GiB while `size` MiB are allocated, touched and given back to the system."""
    with TrainingCost("cpu") as measured:
        block = mmap.mmap(-1, size * MIB)  # not from the heap, which may keep what is freed
        for _ in range(size):
            block.write(b"\1" * MIB)
        block.close()
    return measured.metrics()["peak_memory_gib"] * 1024


def resets():
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


@pytest.mark.skipif(not resets(), reason="the peak cannot be set back here")
def test_the_peak_is_of_this_body_alone():
    before, large, after = held(2), held(200), held(2)
    assert large - before == pytest.approx(198, abs=15)
    assert after == pytest.approx(before, abs=20)


def test_where_the_peak_cannot_be_set_back_it_is_that_of_the_process(monkeypatch, tmp_path):
    real = cost.Path
    elsewhere = {"/proc/self/clear_refs": tmp_path / "none/clear_refs", "/proc/self/status": tmp_path / "status"}
    monkeypatch.setattr(cost, "Path", lambda path: elsewhere.get(path, real(path)))
    resource = pytest.importorskip("resource", reason="Windows says it in another way")
    monkeypatch.setattr(cost.sys, "platform", "linux")
    monkeypatch.setattr(resource, "getrusage", lambda who: SimpleNamespace(ru_maxrss=3 * MIB))
    for status in (None, "Name:\tpython\n"):
        if status:
            (tmp_path / "status").write_text(status)
        with TrainingCost("cpu") as measured:
            pass
        assert measured.metrics()["peak_memory_gib"] == 3.0


def test_seconds_of_waiting_and_of_work():
    with TrainingCost("cpu") as waiting:
        time.sleep(0.3)
    with TrainingCost("cpu") as working:
        end = time.process_time() + 0.3
        while time.process_time() < end:
            pass
    assert waiting.metrics()["fit_seconds"] >= 0.3
    assert waiting.metrics()["cpu_seconds"] <= 0.1
    assert working.metrics()["cpu_seconds"] == pytest.approx(0.3, abs=0.1)


def test_what_a_worker_that_has_ended_worked_counts():
    with TrainingCost("cpu") as measured:
        subprocess.run([sys.executable, "-S", "-c", SPIN], check=True)
    assert measured.metrics()["cpu_seconds"] == pytest.approx(0.5, abs=0.15)


def test_a_training_that_fails_is_measured_too_and_fails():
    with pytest.raises(ValueError, match="no luck"), TrainingCost("cpu") as measured:
        raise ValueError("no luck")
    assert measured.metrics().keys() == {"fit_seconds", "cpu_seconds", "peak_memory_gib"}


def test_on_a_card_it_is_what_torch_has_allocated_there_since_the_beginning(monkeypatch):
    allocated = [5 * MIB * 1024]
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda: allocated.append(0))
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda: allocated[-1])
    with TrainingCost("cuda") as measured:
        allocated[-1] += 7 * MIB * 256
    assert measured.metrics()["peak_memory_gib"] == 1.75
