"""A file that another program writes: what no driver of ours knows, such as a BMS over Bluetooth or CAN."""

from __future__ import annotations

import csv
import json
import math
import time
from typing import TYPE_CHECKING, Any

from fieldwatch_edge.errors import DeviceError
from fieldwatch_edge.power.meters.base import Measured

if TYPE_CHECKING:
    from fieldwatch_edge.settings import FileMeter

NAMES = ("battery_v", "battery_w", "battery_a", "solar_w", "load_w", "charge")
LARGEST = 1024 * 1024
"""Of a CSV file only the end is read; a JSON object is no larger."""


class Written:
    """Read again where it has changed."""

    def __init__(self, settings: FileMeter) -> None:
        self._settings = settings
        self._seen: tuple[int, int] | None = None
        self._said = Measured()

    def read(self) -> Measured:
        path = self._settings.path
        try:
            found = path.stat()
            if time.time() - found.st_mtime > self._settings.stale_s:
                raise DeviceError(f"{path} was last written {time.time() - found.st_mtime:.0f} s ago")
            if (found.st_mtime_ns, found.st_size) != self._seen:
                with path.open("rb") as file:
                    head = file.read(min(found.st_size, LARGEST))
                    file.seek(max(found.st_size - LARGEST, 0))
                    tail = file.read(LARGEST)
                self._said = parse(head.decode(), tail.decode(errors="replace"), str(path))
                self._seen = (found.st_mtime_ns, found.st_size)
        except (OSError, UnicodeDecodeError) as error:
            raise DeviceError(f"{path} cannot be read: {error}") from error
        return self._said

    def close(self) -> None:
        """Nothing is held."""


def parse(head: str, tail: str, name: str) -> Measured:
    """A JSON object, or a CSV table of which the last whole line counts.

    Args:
        head: the file's beginning, with the table's header; tail: its end.

    Raises:
        DeviceError: it is neither, or a value in it is none.
    """
    if head.lstrip().startswith("{"):
        try:
            row = json.loads(head)
        except ValueError as error:
            raise DeviceError(f"{name} is no JSON object: {error}") from error
    else:
        # A line without its end is being written.
        header, lines = (
            head.splitlines()[:1],
            [line for line in tail.splitlines(keepends=True) if line.strip()],
        )
        whole = [line for line in lines if line.endswith("\n")]
        if not header or len(whole) < 1 or whole[-1].strip() == header[0].strip():
            raise DeviceError(f"{name} has no line below its header yet")
        row = dict(zip(next(csv.reader(header)), next(csv.reader([whole[-1]])), strict=False))
    values = {key.strip(): _number(value, key, name) for key, value in row.items() if key.strip() in NAMES}
    if not any(value is not None for value in values.values()):
        raise DeviceError(f"{name} names none of {', '.join(NAMES)}")
    charge = values.get("charge")
    if charge is not None and not 0 <= charge <= 1:
        raise DeviceError(f"{name}: charge is {charge:g}; it goes from 0 to 1")
    volts, watts, amperes = values.get("battery_v"), values.get("battery_w"), values.get("battery_a")
    if watts is None and volts is not None and amperes is not None:
        watts = volts * amperes
    return Measured(volts, watts, values.get("solar_w"), values.get("load_w"), charge).balanced()


def _number(value: Any, key: str, name: str) -> float | None:
    if value is None or value == "":
        return None
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise DeviceError(f"{name}: {key} is {value!r}, which is no number")
    return found
