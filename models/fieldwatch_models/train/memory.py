"""Memory that PyTorch frees stays with the process: on a CPU a training step takes and frees gigabytes of it.

glibc gives large blocks back to the kernel at once and asks for them again in the next layer, and the kernel
fills each page with zeros before it hands it out.
"""

from __future__ import annotations

import ctypes
import sys

#: Of mallopt(3).
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
_NEVER = 2**31 - 1


def keep_freed_memory() -> bool:
    """For the rest of this process's life; whether its C library can (glibc can, others need not)."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    # No block of its own for any size, and no giving back from the end of the heap.
    return bool(mallopt(_MMAP_MAX, 0)) and bool(mallopt(_TRIM_THRESHOLD, _NEVER))
