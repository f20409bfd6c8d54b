"""Sensors that speak in lines: over a serial line, or in a file that another program writes."""

from __future__ import annotations

import json
import os
from datetime import datetime
from typing import TYPE_CHECKING

import serial

from fieldwatch_edge.errors import DeviceError
from fieldwatch_edge.sensors import nmea
from fieldwatch_edge.sensors.base import Value, named

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fieldwatch_edge.settings import FileSensor, JsonSensor, NmeaSensor

LONGEST = 4096
"""Bytes of a line; more is noise."""


class SerialLines:
    """Whole lines of a serial line, as they come."""

    def __init__(self, port: str, baud: int, meaning: Callable[[str], list[Value]]) -> None:
        self._port, self._baud, self._meaning = port, baud, meaning
        self._line: serial.Serial | None = None
        self._rest = b""

    @classmethod
    def nmea(cls, settings: NmeaSensor) -> SerialLines:
        return cls(settings.port, settings.baud, lambda line: nmea.values(line, settings.heading_deg))

    @classmethod
    def json(cls, settings: JsonSensor) -> SerialLines:
        return cls(settings.port, settings.baud, json_values)

    def read(self) -> list[Value]:
        try:
            if self._line is None:
                self._line = serial.Serial(self._port, self._baud, timeout=0, exclusive=True)
                self._rest = b""
            came = self._rest + self._line.read(65536)
        except (serial.SerialException, OSError) as error:
            self.close()
            raise DeviceError(f"{self._port} cannot be read: {error}") from error
        *lines, rest = came.split(b"\n")
        self._rest = rest[-LONGEST:]
        return [value for line in lines for value in self._meaning(line.decode("latin-1").strip())]

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


class FileLines:
    """What is appended to a file of JSON lines, from where this program began to read it.

    A file that became shorter, or is another one, is read from its beginning: it was rotated.
    """

    def __init__(self, settings: FileSensor) -> None:
        self._path: Path = settings.path
        self._read_to: int | None = None
        self._inode = 0

    def read(self) -> list[Value]:
        try:
            with self._path.open("rb") as file:
                found = os.fstat(file.fileno())
                if self._read_to is None:
                    # What was written before the node began may have been read before: its end alone is new.
                    self._read_to, self._inode = _last_line(file.read()), found.st_ino
                elif found.st_ino != self._inode or found.st_size < self._read_to:
                    self._read_to, self._inode = 0, found.st_ino
                file.seek(self._read_to)
                came = file.read(1024 * 1024)
        except OSError as error:
            raise DeviceError(f"{self._path} cannot be read: {error.strerror}") from error
        whole, newline, _ = came.rpartition(b"\n")
        self._read_to += len(whole) + len(newline)
        return [
            value
            for line in whole.decode(errors="replace").splitlines()
            if line.strip()
            for value in json_values(line)
        ]

    def close(self) -> None:
        """Nothing is held."""


def json_values(line: str) -> list[Value]:
    """A line {"at": "2026-05-04T12:00:00+08:00", "over_s": 300, "water_level_m": 1.24}; one that is none is
    left aside: serial lines begin in the middle of one."""
    try:
        row = json.loads(line)
    except ValueError:
        return []
    if not isinstance(row, dict):
        return []
    at, over = row.get("at"), row.get("over_s")
    when = None
    if isinstance(at, str):
        try:
            when = datetime.fromisoformat(at)
        except ValueError:
            return []
        if when.tzinfo is None:
            return []  # of which zone? A guess would put it hours off
    over_s = float(over) if isinstance(over, int | float) and over > 0 else None
    return [Value(one.quantity, one.value, when, over_s) for one in named(row)]


def _last_line(content: bytes) -> int:
    """Where the last whole line ends."""
    return content.rfind(b"\n") + 1
