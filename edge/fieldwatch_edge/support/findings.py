"""What `fieldwatch edge doctor` finds, by a process of its own: it loads models and opens cameras, and must
not take the node's memory, nor bring it down."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LONGEST_S = 300.0
DOCTOR = "doctor"
"""What failed where there are no findings at all."""


def findings(
    arguments: Sequence[str], stopping: Callable[[], bool], program: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Of the node that `arguments` (--config ...) name. Where there are none, `doctor` itself is a failure.

    Args:
        stopping: ends it soon.
        program: another installation's `fieldwatch`.
    """
    own = [sys.executable, "-m", "fieldwatch"]
    command = ["nice", "-n", "15", *(program or own), "edge", "doctor", "--json", *arguments]
    out, err = b"", b""
    try:
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd="/"
        ) as process:
            waited = 0.0
            while True:
                try:
                    out, err = process.communicate(timeout=0.5)
                    break
                except subprocess.TimeoutExpired:
                    waited += 0.5
                    if stopping() or waited > LONGEST_S:
                        process.kill()
        found = json.loads(out)
        return [{key: str(value) for key, value in each.items()} for each in found]
    except (OSError, ValueError, AttributeError, TypeError) as error:
        said = err.decode(errors="replace").strip()[-300:]
        return [{"what": DOCTOR, "status": "fail", "finding": f"gives no findings: {error} {said}"}]
