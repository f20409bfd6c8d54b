"""Where the node stands, by a GNSS receiver at gpsd (its JSON protocol over TCP), where there is one."""

from __future__ import annotations

import json
import math
import socket
import time
from dataclasses import dataclass

HOST, PORT = "127.0.0.1", 2947
WATCH = b'?WATCH={"enable":true,"json":true};\n'


@dataclass(frozen=True, slots=True)
class Fix:
    lon: float
    lat: float
    height_m: float | None
    sd_m: float
    """Of each direction in the plane."""


def fix(within_s: float = 4.0, port: int = PORT) -> Fix | None:
    """The first fix that gpsd tells; None where there is no gpsd, no receiver, or no sky."""
    until = time.monotonic() + within_s
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(WATCH)
            with connection.makefile("rb") as lines:
                while (left := until - time.monotonic()) > 0:
                    connection.settimeout(left)
                    line = lines.readline(10_000)
                    if not line:
                        return None
                    found = _fix(line)
                    if found is not None:
                        return found
    except OSError:
        return None
    return None


def _fix(line: bytes) -> Fix | None:
    """Of a TPV report (position, velocity, time) with a fix of at least two dimensions."""
    try:
        said = json.loads(line)
        if said.get("class") != "TPV" or said.get("mode", 0) < 2:
            return None
        lon, lat = float(said["lon"]), float(said["lat"])
        height = said.get("altHAE", said.get("alt")) if said["mode"] == 3 else None
        # eph is the horizontal error that holds in 95 %: 2.45 standard deviations of each direction.
        eph = said.get("eph") or math.hypot(said.get("epx", 10.0), said.get("epy", 10.0))
        return Fix(lon, lat, float(height) if height is not None else None, max(float(eph) / 2.45, 1.0))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
