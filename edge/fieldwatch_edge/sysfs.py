"""What the kernel says: what it measures (hwmon, industrial I/O, 1-wire), which boot this is, since when."""

from __future__ import annotations

import time
from pathlib import Path

from fieldwatch_edge.errors import DeviceError

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """Of this start of the machine, an id that no other start has; empty where the kernel does not say."""
    return _text(_BOOT_ID) or ""


def since_boot_s() -> float:
    """Seconds since this start of the machine, sleep included: no setting of the time changes them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def device(root: Path, wanted: str) -> Path:
    """The folder of a device below a class, such as /sys/class/hwmon.

    Args:
        wanted: the folder's own name (hwmon3, iio:device0), which may be another after the next start; where
            it hangs (1-0040: bus and address), which stays; or its driver's name, where there is one.

    Raises:
        DeviceError: there is none, or more than one; says which there are.
    """
    found = []
    try:
        folders = sorted(root.iterdir())
    except OSError as error:
        raise DeviceError(f"{root} cannot be read ({error.strerror}): is its driver loaded?") from error
    there = []
    for folder in folders:
        name, place = _text(folder / "name"), _place(folder)
        there.append(f"{place or folder.name} ({name or 'unnamed'})")
        if wanted in (folder.name, place):
            return folder
        if wanted == name:
            found.append(folder)
    if len(found) == 1:
        return found[0]
    if found:
        raise DeviceError(
            f"there are {len(found)} of {wanted!r} in {root}: name one by where it hangs: {there}"
        )
    raise DeviceError(f"there is no {wanted!r} in {root}; there is: {', '.join(there) or 'nothing'}")


def number(path: Path) -> float | None:
    """The number in a file; None: there is no such file.

    Raises:
        DeviceError: the device does not answer, or says something else.
    """
    try:
        text = path.read_text()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DeviceError(f"{path} does not answer: {error.strerror}") from error
    try:
        return float(text)
    except ValueError:
        raise DeviceError(f"{path} says {text[:40]!r}, which is no number") from None


def _text(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None


def _place(folder: Path) -> str | None:
    """The name of the device behind it. A folder of iio lies in its device's own."""
    try:
        link = folder / "device"
        return link.resolve(strict=True).name if link.is_symlink() else folder.resolve().parent.name
    except OSError:
        return None
