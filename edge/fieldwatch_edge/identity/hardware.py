"""What the box says of itself, for the list of nodes."""

from __future__ import annotations

import os
import platform
from pathlib import Path

_MODEL = ("/proc/device-tree/model", "/sys/class/dmi/id/product_name")
_SERIAL = ("/proc/device-tree/serial-number", "/sys/class/dmi/id/product_serial")


def hardware() -> dict[str, str]:
    """Model, serial number (for root alone on most machines), processor, memory, system: as far as told."""
    said = {
        "model": _first(_MODEL),
        "serial": _first(_SERIAL),
        "processor": f"{os.cpu_count()} x {platform.machine()}",
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 1024**3:.1f} GiB",
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", "") if _has_release() else "",
        "kernel": platform.release(),
    }
    return {name: value[:200] for name, value in said.items() if value}


def in_words() -> str:
    """One line: `Raspberry Pi 5 Model B Rev 1.0, 4 x aarch64, 7.9 GiB`."""
    said = hardware()
    return ", ".join(said[name] for name in ("model", "processor", "memory") if name in said)[:200]


def _first(paths: tuple[str, ...]) -> str:
    for path in paths:
        try:
            text = Path(path).read_text(encoding="utf-8", errors="replace").strip("\0 \n")
        except OSError:
            continue
        if text:
            return text
    return ""


def _has_release() -> bool:
    return any(Path(path).exists() for path in ("/etc/os-release", "/usr/lib/os-release"))
