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


def findings(arguments: Sequence[str], stopping: Callable[[], bool]) -> list[dict[str, Any]]:
    """Of the node that `arguments` (--config ...) name. Where there are none, one that says why."""
    command = ["nice", "-n", "15", sys.executable, "-m", "fieldwatch", "edge", "doctor", "--json", *arguments]
    try:
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
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
        return found if isinstance(found, list) else [found]
    except (OSError, ValueError) as error:
        said = err.decode(errors="replace")[-500:] if "err" in locals() else ""
        return [{"what": "doctor", "status": "fail", "finding": f"gives no findings: {error} {said}"}]
