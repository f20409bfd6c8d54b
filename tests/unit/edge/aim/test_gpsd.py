from __future__ import annotations

import json
import socket
import threading

import pytest

from fieldwatch_edge.aim import gpsd

VERSION = {"class": "VERSION", "release": "3.22", "rev": "3.22", "proto_major": 3, "proto_minor": 14}
DEVICES = {"class": "DEVICES", "devices": [{"class": "DEVICE", "path": "/dev/ttyACM0", "driver": "u-blox"}]}
# As gpsd 3.22 writes it, of a u-blox receiver.
NO_FIX = {"class": "TPV", "device": "/dev/ttyACM0", "mode": 1}
FIX = NO_FIX | {
    "mode": 3,
    "time": "2026-11-22T02:00:00.000Z",
    "lat": 33.6187,
    "lon": 107.5495,
    "altHAE": 1212.4,
}
FIX |= {"altMSL": 1241.0, "epx": 3.1, "epy": 3.6, "epv": 8.2, "eph": 5.7}


@pytest.fixture
def gpsd_says():
    """A program that speaks as gpsd does: no receiver can be here."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak(*reports: object) -> int:
            def talk() -> None:
                connection, _ = server.accept()
                with connection, connection.makefile("rb") as asked:
                    connection.sendall(json.dumps(VERSION).encode() + b"\n")
                    if asked.readline() == gpsd.WATCH:
                        for report in reports:
                            line = report if isinstance(report, bytes) else json.dumps(report).encode()
                            connection.sendall(line + b"\n")

            threading.Thread(target=talk, daemon=True).start()
            return int(server.getsockname()[1])

        yield speak


def test_the_first_fix_is_taken(gpsd_says):
    found = gpsd.fix(60, gpsd_says(DEVICES, NO_FIX, b"{broken", FIX))
    assert found is not None
    assert (found.lon, found.lat, found.height_m) == (107.5495, 33.6187, 1212.4)
    assert found.sd_m == pytest.approx(5.7 / 2.45)


def test_without_sky_there_is_no_place(gpsd_says):
    assert gpsd.fix(60, gpsd_says(NO_FIX)) is None


def test_without_gpsd_there_is_no_place():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert gpsd.fix(port=port) is None
