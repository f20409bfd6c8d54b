"""FIRMS files as they come: two instruments, unpadded times, letters and numbers, broken rows."""

from __future__ import annotations

import codecs
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from fieldwatch_cloud.incidents.firms import Reading, confidence_class, reach_m, read
from fieldwatch_cloud.incidents.table import TableError

if TYPE_CHECKING:
    from fieldwatch_cloud.incidents.domain import Hotspot

NOW = datetime(2026, 5, 4, 18, tzinfo=UTC)
# The headers of the area API.
VIIRS = (
    "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,"
    "bright_ti5,frp,daynight"
)
MODIS = (
    "latitude,longitude,brightness,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,"
    "bright_t31,frp,daynight"
)
VIIRS_ROW = "33.65012,107.55021,331.5,0.45,0.39,2026-05-04,545,N20,VIIRS,n,2.0NRT,289.1,12.7,D"
MODIS_ROW = "33.651,107.552,318.2,1.1,1.0,2026-05-04,0310,Terra,MODIS,64,6.1NRT,291.0,20.1,D"


def of(header: str, *lines: str, ends: str = "\n") -> Reading:
    return read((header + ends + ends.join(lines) + ends).encode(), NOW)


def one(header: str, line: str) -> Hotspot:
    reading = of(header, line)
    assert reading.rejected == []
    (hotspot,) = reading.hotspots
    return hotspot


def viirs(**cells: str) -> Hotspot:
    return one(VIIRS, _with(VIIRS, VIIRS_ROW, cells))


def _with(header: str, line: str, cells: dict[str, str]) -> str:
    row = dict(zip(header.split(","), line.split(","), strict=True))
    assert cells.keys() <= row.keys()
    return ",".join((row | cells).values())


def test_a_row_of_viirs() -> None:
    hotspot = viirs()
    assert (hotspot.lon, hotspot.lat) == (107.55021, 33.65012)
    assert (hotspot.satellite, hotspot.instrument, hotspot.source) == ("NOAA-20", "VIIRS", "VIIRS_NOAA20_NRT")
    assert hotspot.observed_at == datetime(2026, 5, 4, 5, 45, tzinfo=UTC)
    assert (hotspot.confidence, hotspot.confidence_percent) == ("nominal", None)
    assert (hotspot.brightness_k, hotspot.frp_mw, hotspot.daynight) == (331.5, 12.7, "D")
    assert (hotspot.scan_km, hotspot.track_km) == (0.45, 0.39)
    assert hotspot.raw["bright_ti5"] == "289.1"
    assert reach_m(hotspot) == pytest.approx(297.7, abs=0.1)


def test_a_row_of_modis() -> None:
    hotspot = one(MODIS, MODIS_ROW)
    assert (hotspot.satellite, hotspot.instrument, hotspot.source) == ("Terra", "MODIS", "MODIS_NRT")
    assert (hotspot.confidence, hotspot.confidence_percent) == ("nominal", 64)
    assert hotspot.brightness_k == 318.2


def test_the_seven_day_file_has_no_instrument_and_the_country_file_begins_with_the_country() -> None:
    seven_days = (
        "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,confidence,version,bright_ti5,"
        "frp,daynight"
    )
    line = "44.99969,28.10388,296.54,0.52,0.5,2026-05-04,0048,N,nominal,2.0NRT,286.43,1.03,N"
    assert one(seven_days, line).instrument == "VIIRS"
    assert one("country_id," + VIIRS, "CHN," + VIIRS_ROW).id == viirs().id
    assert one(VIIRS + ",type", VIIRS_ROW + ",0").raw["type"] == "0"


@pytest.mark.parametrize(
    ("time", "hour", "minute"),
    [("3", 0, 3), ("0", 0, 0), ("45", 0, 45), ("130", 1, 30), ("0130", 1, 30), ("1230", 12, 30),
     ("2359", 23, 59), ("12:30", 12, 30), ("1:05", 1, 5)],
)  # fmt: skip
def test_times_come_unpadded(time: str, hour: int, minute: int) -> None:
    assert viirs(acq_time=time, acq_date="2026-05-03").observed_at == datetime(
        2026, 5, 3, hour, minute, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("written", "meant", "percent"),
    [("l", "low", None), ("n", "nominal", None), ("h", "high", None), ("L", "low", None),
     ("low", "low", None), ("nominal", "nominal", None), ("High", "high", None),
     ("0", "low", 0), ("29", "low", 29), ("30", "nominal", 30), ("79", "nominal", 79), ("80", "high", 80),
     ("100", "high", 100), ("64.0", "nominal", 64)],
)  # fmt: skip
def test_confidence_in_letters_words_and_percent(written: str, meant: str, percent: int | None) -> None:
    for hotspot in (viirs(confidence=written), one(MODIS, _with(MODIS, MODIS_ROW, {"confidence": written}))):
        assert (hotspot.confidence, hotspot.confidence_percent) == (meant, percent)
    if percent is not None:
        assert confidence_class(percent) == meant


@pytest.mark.parametrize(
    ("written", "satellite", "source"),
    [("N", "Suomi NPP", "VIIRS_SNPP_NRT"), ("1", "NOAA-20", "VIIRS_NOAA20_NRT"),
     ("N20", "NOAA-20", "VIIRS_NOAA20_NRT"), ("N21", "NOAA-21", "VIIRS_NOAA21_NRT"),
     ("2", "NOAA-21", "VIIRS_NOAA21_NRT")],
)  # fmt: skip
def test_satellites_of_viirs(written: str, satellite: str, source: str) -> None:
    assert (viirs(satellite=written).satellite, viirs(satellite=written).source) == (satellite, source)


@pytest.mark.parametrize("written", ["Terra", "T", "terra"])
def test_satellites_of_modis(written: str) -> None:
    assert one(MODIS, _with(MODIS, MODIS_ROW, {"satellite": written})).satellite == "Terra"


def test_one_detection_is_one_hotspot_however_often_it_is_delivered() -> None:
    """Ultra real time first, then real time, then near real time; "545" and "0545"; "n" or "nominal"."""
    again = [
        _with(VIIRS, VIIRS_ROW, cells)
        for cells in ({"version": "2.0URT"}, {"version": "2.0RT", "confidence": "h"}, {"acq_time": "0545"})
    ]
    assert len(of(VIIRS, VIIRS_ROW, *again).hotspots) == 1
    assert of(VIIRS, again[0]).hotspots[0].id == viirs().id
    for cells in (
        {"acq_time": "546"},
        {"satellite": "N"},
        {"longitude": "107.5542"},
        {"latitude": "33.6535"},
    ):
        assert viirs(**cells).id != viirs().id, cells


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_any_line_ends_marks_and_blank_lines(ends: str, mark: bytes) -> None:
    text = ends.join(["", VIIRS, "", VIIRS_ROW, "   ", ""])
    (hotspot,) = read(mark + text.encode(), NOW).hotspots
    assert hotspot.id == viirs().id


def test_what_a_spreadsheet_makes_of_it() -> None:
    text = f"{VIIRS}\r\n{VIIRS_ROW}\r\n".replace(",", ";").upper().replace("2026-05-04", "2026/5/4")
    for content in (text.encode(), text.replace(";", "\t").encode("utf-16")):
        (hotspot,) = read(content, NOW).hotspots
        assert hotspot.id == viirs().id


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"latitude": "north"}, "latitude 'north' is not a number"),
        ({"latitude": ""}, "latitude is empty"),
        ({"latitude": "91"}, "latitude 91 is not within -90 to 90"),
        ({"longitude": "nan"}, "longitude 'nan' is not a number"),
        ({"longitude": "1_07"}, "longitude '1_07' is not a number"),
        ({"longitude": "1e999"}, "longitude '1e999' is not a number"),
        ({"acq_time": "2460"}, "acq_time 2460: hour must be in 0..23"),
        ({"acq_time": "1199"}, "minute must be in 0..59"),
        ({"acq_time": ""}, "acq_time '' is not a time"),
        ({"acq_time": "noon"}, "acq_time 'noon' is not a time"),
        ({"acq_date": "2026-02-30"}, "day is out of range"),
        ({"acq_date": "04.05.2026"}, "acq_date '04.05.2026' is not a day"),
        ({"acq_date": "2026-05-05"}, "2026-05-05 05:45 UTC lies in the future"),
        ({"satellite": "L8"}, "satellite 'L8' is none that carries VIIRS or MODIS"),
        ({"satellite": "Terra"}, "instrument 'VIIRS' does not fly on satellite 'Terra'"),
        ({"confidence": "x"}, "confidence 'x' is not a number (l, n, h"),
        ({"confidence": "101"}, "confidence 101 is not within 0 to 100"),
        ({"scan": "-1"}, "scan -1 is not within"),
        ({"frp": "much"}, "frp 'much' is not a number"),
    ],
)
def test_a_broken_row_is_named_and_the_rest_kept(cells: dict[str, str], says: str) -> None:
    broken = _with(VIIRS, VIIRS_ROW, cells)
    sound = _with(VIIRS, VIIRS_ROW, {"acq_time": "544"})
    reading = of(VIIRS, broken, "", sound, VIIRS_ROW + ",extra", VIIRS_ROW[:17], f'"{VIIRS_ROW}')
    assert [hotspot.observed_at.minute for hotspot in reading.hotspots] == [44]
    assert [rejected.row for rejected in reading.rejected] == [2, 5, 6, 7]
    assert says in reading.rejected[0].reason
    assert reading.rejected[0].text == broken
    assert reading.rejected[1].reason == "15 cells where the header has 14"
    assert reading.rejected[2].reason == "2 cells where the header has 14"
    assert reading.rejected[3].reason.startswith("not a row of CSV")


def test_a_pixel_of_unknown_size_is_taken_for_the_largest() -> None:
    assert (viirs(scan="", track="").scan_km, viirs(scan="", track="").track_km) == (0.8, 0.8)
    assert viirs(frp="", bright_ti4="").frp_mw is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"Invalid MAP_KEY.", "the file begins with: Invalid MAP_KEY."),
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf\r\n \r\n", "the file is empty"),
        (
            b"<!DOCTYPE html>\n<html><head><title>503 Service\nUnavailable</title>",
            "this is a web page: 503 Service Unavailable",
        ),
        (b"name,age\nLi,34\n", "no column acq_date, acq_time, confidence, latitude, longitude, satellite"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\r", "no column"),
    ],
)
def test_what_is_no_firms_file_is_said(content: bytes, says: str) -> None:
    with pytest.raises(TableError, match=re.escape(says)):
        read(content, NOW)


def test_no_fire_is_a_header_alone() -> None:
    assert read(VIIRS.encode(), NOW) == Reading()
