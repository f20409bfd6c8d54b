"""How strong the line's radio is, where this machine can tell: ModemManager, or the kernel's Wi-Fi."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

WIRELESS = Path("/proc/net/wireless")
_REFERENCES = (("5g", "rsrp"), ("lte", "rsrp"), ("umts", "rscp"), ("gsm", "rssi"), ("cdma1x", "rssi"))
"""ModemManager's names of each technology's own measure of strength, newest first."""
_ASKED_EVERY_S = "60"


def signal_dbm(kind: str) -> float | None:
    """dBm by the kind of line (settings `[link] kind`); None where nothing tells."""
    if kind in ("5g", "lte", "satellite"):
        return _modem()
    return _wifi() if kind == "wifi" else None


def of_modem(answer: str) -> float | None:
    """Of `mmcli -m any --signal-get -J`. Values that the modem does not know are "--"."""
    try:
        signal: dict[str, Any] = json.loads(answer)["modem"]["signal"]
    except (ValueError, KeyError, TypeError):
        return None
    for technology, measure in _REFERENCES:
        try:
            return float(signal[technology][measure])
        except (KeyError, TypeError, ValueError):
            continue
    return None


def of_wireless(text: str) -> float | None:
    """Of /proc/net/wireless: two lines of headings, then an interface each, with status, link and level.

    A level that is positive is no dBm: old drivers count it otherwise.
    """
    for line in text.splitlines()[2:]:
        fields = line.split()
        try:
            level = float(fields[3])
        except (IndexError, ValueError):
            continue
        if level < 0:
            return level
    return None


def _modem() -> float | None:
    answer = of_modem(_output("mmcli", "-m", "any", "--signal-get", "-J"))
    if answer is None:
        # It measures only once it is told to; the next asking finds something.
        _output("mmcli", "-m", "any", f"--signal-setup={_ASKED_EVERY_S}")
    return answer


def _wifi() -> float | None:
    try:
        return of_wireless(WIRELESS.read_text())
    except OSError:
        return None


def _output(*command: str) -> str:
    program = shutil.which(command[0])
    if program is None:
        return ""
    try:
        done = subprocess.run([program, *command[1:]], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
