from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError
from tests.unit.edge.pictures import encoded, landscape

from fieldwatch_edge.capture.clock import ask_system, parse_chrony, system_clock
from fieldwatch_edge.capture.times import capture_time
from fieldwatch_edge.errors import ConfigError, PictureError
from fieldwatch_edge.settings import Times
from fieldwatch_shared.messages import Clock, ClockQuality


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.fixture
def picture(tmp_path):
    def write(**exif: str):
        path = tmp_path / "IMG_0001.JPG"
        path.write_bytes(encoded(landscape(64, 48), **exif))
        return path

    return write


@pytest.mark.parametrize(
    ("exif", "zone", "expected"),
    [
        pytest.param(
            {"DateTimeOriginal": "2026:05:01 06:30:15"}, "UTC", utc(2026, 5, 1, 6, 30, 15), id="UTC"
        ),
        pytest.param(
            {"DateTimeOriginal": "2026:05:01 06:30:15"},
            "Asia/Shanghai",
            utc(2026, 4, 30, 22, 30, 15),
            id="in the zone of the settings",
        ),
        pytest.param(
            {"DateTimeOriginal": "2026:05:01 06:30:15", "OffsetTimeOriginal": "+08:00"},
            "America/Lima",
            utc(2026, 4, 30, 22, 30, 15),
            id="the picture's own zone goes first",
        ),
        pytest.param(
            {"DateTimeOriginal": "2026:05:01 06:30:15", "OffsetTimeOriginal": "-03:30"},
            "UTC",
            utc(2026, 5, 1, 10, 0, 15),
            id="west, and half an hour",
        ),
        pytest.param(
            {"DateTimeOriginal": "2026:05:01 06:30:15", "SubsecTimeOriginal": "25"},
            "UTC",
            utc(2026, 5, 1, 6, 30, 15, 250_000),
            id="hundredths of a second",
        ),
        pytest.param(
            {"DateTimeOriginal": "2026:05:01 06:30:15", "SubsecTimeOriginal": "025  "},
            "UTC",
            utc(2026, 5, 1, 6, 30, 15, 25_000),
            id="thousandths, padded",
        ),
        pytest.param(
            {"DateTimeOriginal": "2026:05:01 06:30:15", "OffsetTimeOriginal": "   :  "},
            "UTC",
            utc(2026, 5, 1, 6, 30, 15),
            id="a zone that the camera left blank",
        ),
    ],
)
def test_exif_times(picture, exif, zone, expected):
    assert capture_time(picture(**exif), 0, Times(timezone=zone)) == expected


@pytest.mark.parametrize(
    ("exif", "fault"),
    [
        ({}, "no EXIF DateTimeOriginal"),
        ({"DateTimeOriginal": "0000:00:00 00:00:00"}, "no time"),
        ({"DateTimeOriginal": "    :  :     :  :  "}, "DateTimeOriginal"),
    ],
)
def test_without_an_exif_time_a_picture_has_none(picture, exif, fault):
    with pytest.raises(PictureError, match=fault):
        capture_time(picture(**exif), 0, Times())


def test_a_file_that_is_no_picture_has_no_exif_time(tmp_path):
    (tmp_path / "a.jpg").write_text("hello")
    with pytest.raises(PictureError, match="EXIF cannot be read"):
        capture_time(tmp_path / "a.jpg", 0, Times())


@pytest.mark.parametrize(
    ("name", "pattern", "layout", "zone", "expected"),
    [
        ("20260501_063015.jpg", "%Y%m%d_%H%M%S", None, "UTC", utc(2026, 5, 1, 6, 30, 15)),
        ("cam1-2026-05-01T06-30.jpg", "cam1-%Y-%m-%dT%H-%M.jpg", None, "UTC", utc(2026, 5, 1, 6, 30)),
        ("20260501_063015+0800.jpg", "%Y%m%d_%H%M%S%z", None, "UTC", utc(2026, 4, 30, 22, 30, 15)),
        (
            "RC_0042_20260501063015_M.jpg",
            r"_(?P<t>\d{14})_",
            "%Y%m%d%H%M%S",
            "UTC",
            utc(2026, 5, 1, 6, 30, 15),
        ),
        ("20260501_063015.jpg", "%Y%m%d_%H%M%S", None, "Asia/Shanghai", utc(2026, 4, 30, 22, 30, 15)),
    ],
)
def test_times_in_names(tmp_path, name, pattern, layout, zone, expected):
    times = Times(kind="name", pattern=pattern, format=layout, timezone=zone)
    assert capture_time(tmp_path / name, 0, times) == expected


def test_a_name_that_does_not_match_has_no_time(tmp_path):
    with pytest.raises(PictureError, match="is no time written as '%Y'"):
        capture_time(tmp_path / "holiday.jpg", 0, Times(kind="name", pattern="%Y"))
    times = Times(kind="name", pattern=r"(?P<t>\d{8})", format="%Y%m%d")
    with pytest.raises(PictureError, match="does not match"):
        capture_time(tmp_path / "holiday.jpg", 0, times)


@pytest.mark.parametrize(
    ("times", "fault"),
    [
        (Times(kind="name", pattern="(?P<t>x"), "times.format"),
        (Times(kind="name", pattern="(?P<t>x", format="%Y"), "no regular expression"),
        (Times(kind="name", pattern="%Y", timezone="Mars/Olympus"), "no IANA time zone"),
    ],
)
def test_settings_that_fit_no_picture_are_a_config_error(tmp_path, times, fault):
    with pytest.raises(ConfigError, match=fault):
        capture_time(tmp_path / "2026.jpg", 0, times)


def test_times_by_interval(tmp_path):
    times = Times(kind="interval", start=datetime.fromisoformat("2026-05-01T08:00:00+08:00"), every_s=60)
    assert capture_time(tmp_path / "x.jpg", 90, times) == utc(2026, 5, 1, 1, 30)
    with pytest.raises(ValidationError):
        Times(kind="interval")


def test_times_from_the_file_system(tmp_path):
    path = tmp_path / "x.jpg"
    path.write_bytes(b"")
    os.utime(path, (0, 1_777_617_015.5))
    assert capture_time(path, 0, Times(kind="mtime")) == utc(2026, 5, 1, 6, 30, 15, 500_000)


@pytest.mark.parametrize("year", ["0001:01:01", "1970:01:01", "1989:12:31", "2100:01:02", "9999:12:31"])
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/Lima"])
def test_a_time_at_which_no_camera_took_a_picture_is_refused(picture, year, zone):
    with pytest.raises(PictureError, match="the camera's clock was not set"):
        capture_time(picture(DateTimeOriginal=f"{year} 00:00:00"), 0, Times(timezone=zone))


def test_impossible_times_are_refused_whatever_tells_them(tmp_path):
    path = tmp_path / "0730.jpg"
    path.write_bytes(b"")
    os.utime(path, (0, 0))
    with pytest.raises(PictureError, match="1970-01-01 00:00:00 UTC"):
        capture_time(path, 0, Times(kind="mtime"))
    with pytest.raises(PictureError, match="1900-01-01 07:30:00 UTC"):
        capture_time(path, 0, Times(kind="name", pattern="%H%M"))
    with pytest.raises(PictureError, match="outside the calendar"):
        capture_time(path, 10**9, Times(kind="interval", start=utc(2026, 5, 1), every_s=3600))


TRACKING = (
    "{id},{name},{stratum},1777617015.123456789,{offset},0.000001,0.000022,"
    "-17.4,0.001,0.05,0.0123,0.0004,64.2,{leap}\n"
)


@pytest.mark.parametrize(
    ("tracking", "expected"),
    [
        pytest.param(
            TRACKING.format(id="C0A80001", name="192.168.0.1", stratum=3, offset="0.000125", leap="Normal"),
            Clock(quality=ClockQuality.NTP, offset_s=-0.000125),
            id="a server; positive means that the clock is slow",
        ),
        pytest.param(
            TRACKING.format(id="50505300", name="PPS", stratum=1, offset="-0.0000001", leap="Normal"),
            Clock(quality=ClockQuality.GNSS, offset_s=1e-7),
            id="a satellite receiver",
        ),
        pytest.param(
            TRACKING.format(id="00000000", name="", stratum=0, offset="0.0", leap="Not synchronised"),
            None,
            id="not in step",
        ),
        pytest.param("506 Cannot talk to daemon\n", None, id="no daemon"),
        pytest.param("", None, id="no chrony"),
    ],
)
def test_what_chrony_says(tracking, expected):
    assert parse_chrony(tracking) == expected


def program(folder, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("scripts", "expected"),
    [
        pytest.param({"timedatectl": "echo yes"}, ClockQuality.NTP, id="systemd says so"),
        pytest.param({"timedatectl": "echo no"}, None, id="systemd says no"),
        pytest.param({"timedatectl": "echo yes; exit 1"}, None, id="no systemd, as in a container"),
        pytest.param(
            {"chronyc": f"echo '{TRACKING.format(id='0', name='GPS', stratum=1, offset=0, leap='Normal')}'"},
            ClockQuality.GNSS,
            id="chrony with a receiver",
        ),
        pytest.param({"chronyc": "exit 1", "timedatectl": "echo yes"}, ClockQuality.NTP, id="chrony is off"),
        pytest.param({}, None, id="nobody to ask"),
    ],
)
def test_the_clocks_quality_comes_from_who_keeps_it(tmp_path, monkeypatch, scripts, expected):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("fieldwatch_edge.capture.clock._TIMESYNCD", tmp_path / "synchronized")
    monkeypatch.setattr("fieldwatch_edge.capture.clock._SET_FROM_RTC", tmp_path / "hctosys")
    for name, script in scripts.items():
        program(tmp_path, name, script)
    assert ask_system().quality == (expected or ClockQuality.UNSYNCHRONISED)
    if expected is None:
        (tmp_path / "hctosys").write_text("1\n")
        assert ask_system().quality == ClockQuality.RTC
        (tmp_path / "synchronized").touch()
        assert ask_system().quality == ClockQuality.NTP


def test_the_system_is_not_asked_for_each_frame():
    assert system_clock() is system_clock()
