"""What a training frees stays with its process."""

import platform
import subprocess
import sys

import pytest

#: Takes 256 MiB, writes to it, frees it, and prints how much of that the process still holds, in MiB.
PROGRAM = """
import sys
from pathlib import Path
import numpy as np
from fieldwatch_models.train.memory import keep_freed_memory
if "keep" in sys.argv:
    assert keep_freed_memory()
resident = lambda: int(Path("/proc/self/statm").read_text().split()[1]) // 256
before = resident()
block = np.ones(256 << 20, np.uint8)
del block
print(resident() - before)
"""


def left(*arguments: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_freed_memory_stays() -> None:
    assert left("keep") > 200
    assert left() < 50
