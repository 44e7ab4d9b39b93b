"""Memory that tensors on a CPU gave back: kept by the process, instead of asked of the system again every step.

glibc gives each large block back at once and asks for it anew, and the system clears it page by page at its first use.
A training step makes and frees hundreds of such tensors: without that, one of the lite network takes a sixth less time
(benchmarks/README.md). It costs a fifth more resident memory, for gaps between the blocks that are kept.
"""

import ctypes
import platform

# Parameters of mallopt(3), from malloc.h.
TRIM_THRESHOLD = -1
MMAP_MAX = -4


def keep_freed_memory() -> bool:
    """From now on this process keeps freed memory for its next tensors; False where the C library is not glibc."""
    return _set(MMAP_MAX, 0) and _set(TRIM_THRESHOLD, -1)


def _set(parameter: int, value: int) -> bool:
    if platform.libc_ver()[0] != "glibc":
        return False
    return ctypes.CDLL(None).mallopt(parameter, value) == 1
