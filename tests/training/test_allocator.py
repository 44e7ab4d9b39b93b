"""Freed memory stays in the process after keep_freed_memory."""

import platform
import subprocess
import sys
from textwrap import dedent

import pytest

from portrait_matting.training import allocator


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_freed_tensors_stay_in_the_process():
    # In a process of its own: the setting is of the whole process.
    code = """
    import torch
    from portrait_matting.training import allocator

    def resident():
        return int(open("/proc/self/statm").read().split()[1]) * 4096 / 2**20

    def after_freeing_64_mib():
        before = resident()
        torch.ones(64 * 2**18).sum()
        return resident() - before

    torch.ones(64 * 2**18).sum()
    print(after_freeing_64_mib(), allocator.keep_freed_memory(), after_freeing_64_mib())
    """
    run = subprocess.run([sys.executable, "-c", dedent(code)], capture_output=True, text=True, check=True)
    usual, done, kept = run.stdout.split()
    assert done == "True"
    assert float(usual) < 8
    assert float(kept) > 56


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not allocator.keep_freed_memory()
