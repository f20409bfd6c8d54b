"""Files of weather: what is read, and how a broken row is named."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from fieldwatch_cloud.incidents.danger import Weather
from fieldwatch_cloud.incidents.table import TableError
from fieldwatch_cloud.incidents.weather import Observation, read

NOW = datetime(2026, 5, 4, 18, tzinfo=UTC)
HEADER = "station,observed_at,temperature_c,humidity_percent,wind_kmh,rain_24h_mm"
ROW = "ridge,2026-05-04T12:00+08:00,21.5,40,12,0"
MEASURED = Weather(21.5, 40, 12, 0)
AT = datetime(2026, 5, 4, 4, tzinfo=UTC)


def test_rows_with_and_without_a_place() -> None:
    reading = read(f"{HEADER},longitude,latitude\n{ROW},107.5,33.6\n{ROW},,\n".encode(), NOW)
    assert reading.rejected == []
    assert reading.observations == [
        Observation("ridge", AT, MEASURED, (107.5, 33.6)),
        Observation("ridge", AT, MEASURED),
    ]
    assert read(f"{HEADER}\n{ROW}\n".encode(), NOW).observations == [Observation("ridge", AT, MEASURED)]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("ridge", "", "station is empty"),
        ("ridge", "r" * 201, "station has more than 200 characters"),
        ("+08:00", "", "observed_at 2026-05-04T12:00 has no time zone"),
        ("2026-05-04T12:00+08:00", "noon", "observed_at 'noon' is not a time"),
        ("2026-05-04", "2026-05-05", "lies in the future"),
        ("2026-05-04T12:00", "0001-01-01T00:00", "lies before the year 1"),
        ("21.5", "215", "temperature_c 215 is not within -70 to 60"),
        (",40,", ",140,", "humidity_percent 140 is not within 0 to 100"),
        (",12,", ",,", "wind_kmh is empty"),
        (",0,", ",trace,", "rain_24h_mm 'trace' is not a number"),
        ("107.5", "", "of longitude and latitude one alone says nothing"),
        ("33.6", "95", "latitude 95 is not within -90 to 90"),
    ],
)
def test_a_broken_row_is_named(old: str, new: str, says: str) -> None:
    sound = f"{ROW},107.5,33.6"
    broken = sound.replace(old, new, 1)
    assert broken != sound
    reading = read(f"{HEADER},longitude,latitude\n{broken}\n{sound}\n".encode(), NOW)
    assert [row.row for row in reading.rejected] == [2]
    assert says in reading.rejected[0].reason
    assert len(reading.observations) == 1


def test_another_table_is_refused() -> None:
    with pytest.raises(TableError, match=re.escape("no column humidity_percent, observed_at, rain_24h_mm")):
        read(b"station,temperature_c\nridge,3\n", NOW)
