"""Weather in the database and the fire danger that follows: gaps, corrections, late news, time zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from fieldwatch_cloud.alarms.weather import danger_now, record
from fieldwatch_cloud.db import geography, weather
from fieldwatch_cloud.errors import RowRefusedError
from fieldwatch_cloud.incidents.danger import START, Weather, next_day
from fieldwatch_cloud.incidents.weather import Observation

if TYPE_CHECKING:
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Database

PLACE = (107.5, 33.6)
SUN = timedelta(hours=107.5 / 15)
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC) - SUN
"""Of the sun over `PLACE`: 04:50 UTC."""
DRY = Weather(temperature_c=30, humidity_percent=20, wind_kmh=20, rain_24h_mm=0)
WET = Weather(temperature_c=12, humidity_percent=95, wind_kmh=3, rain_24h_mm=20)


@pytest.fixture
def reserve(db: Database) -> UUID:
    with db.transaction() as conn:
        return geography.add_reserve(conn, slug="foping", name="Foping", timezone="Asia/Shanghai")


def _at(days: float, measured: Weather = DRY, station: str = "ridge", hours: float = 0) -> Observation:
    return Observation(station, NOON + timedelta(days=days, hours=hours), measured, PLACE)


def _record(db: Database, reserve: UUID, *observations: Observation) -> tuple[int, int]:
    with db.transaction() as conn:
        return record(conn, reserve, observations, "test")


def _days(db: Database, reserve: UUID) -> list[weather.Day]:
    """Oldest first."""
    with db.transaction() as conn:
        return weather.days(conn, reserve)[::-1]


def test_days_follow_each_other(db: Database, reserve: UUID) -> None:
    assert _record(db, reserve, _at(0), _at(1)) == (2, 0)
    first, second = _days(db, reserve)
    expected = next_day(START, DRY, 5, 33.6)
    assert (first.day.isoformat(), second.day.isoformat()) == ("2026-05-04", "2026-05-05")
    assert (first.started, second.started) == (True, False)
    assert first.fwi == pytest.approx(expected.fwi, rel=1e-5)
    assert second.fwi == pytest.approx(next_day(expected, DRY, 5, 33.6).fwi, rel=1e-5)
    assert second.dsr == pytest.approx(0.0272 * second.fwi**1.77, rel=1e-4)


def test_the_same_again_changes_nothing_and_a_correction_changes_all_days_after_it(
    db: Database, reserve: UUID
) -> None:
    week = [_at(n) for n in range(7)]
    assert _record(db, reserve, *week) == (7, 0)
    before = _days(db, reserve)
    assert _record(db, reserve, *week) == (0, 7)
    assert _days(db, reserve) == before
    assert _record(db, reserve, _at(2, WET)) == (1, 0)
    after = _days(db, reserve)
    assert after[:2] == before[:2]
    assert [day.fwi < old.fwi for day, old in zip(after[2:], before[2:], strict=True)] == [True] * 5


def test_the_weather_nearest_to_noon_is_the_days(db: Database, reserve: UUID) -> None:
    _record(db, reserve, _at(0, WET, hours=-1.5))
    assert [day.fwi < 1 for day in _days(db, reserve)] == [True]
    _record(db, reserve, _at(0, DRY, hours=0.2), _at(0, WET, hours=0.5))
    (day,) = _days(db, reserve)
    assert day.observed_at == NOON + timedelta(hours=0.2)
    assert day.fwi > 10


@pytest.mark.parametrize("hours", [-12, -2.1, 2.1, 6])
def test_weather_of_another_hour_makes_no_day(db: Database, reserve: UUID, hours: float) -> None:
    assert _record(db, reserve, _at(0, hours=hours)) == (1, 0)
    assert _days(db, reserve) == []


def test_a_missing_day_is_carried_over_and_said_until_it_arrives(db: Database, reserve: UUID) -> None:
    _record(db, reserve, _at(0), _at(3))
    assert [(day.started, day.missed_days) for day in _days(db, reserve)] == [(True, 0), (False, 2)]
    _record(db, reserve, _at(1))
    assert [day.missed_days for day in _days(db, reserve)] == [0, 0, 1]
    _record(db, reserve, _at(2))
    assert [day.missed_days for day in _days(db, reserve)] == [0, 0, 0, 0]


def test_order_of_arrival_does_not_matter(db: Database, reserve: UUID) -> None:
    for n in (4, 0, 3, 1, 2):
        _record(db, reserve, _at(n, DRY if n % 2 else WET))
    backwards = _days(db, reserve)
    with db.transaction() as conn:
        other = geography.add_reserve(conn, slug="other", name="Other")
    _record(db, other, *(_at(n, DRY if n % 2 else WET) for n in range(5)))
    assert _days(db, other) == backwards


def test_what_is_known_now(db: Database, reserve: UUID) -> None:
    _record(db, reserve, _at(0), _at(0, WET, station="valley"))
    far = Observation("far", NOON, DRY, (109.0, 33.6))
    _record(db, reserve, far)

    def known(hours: float, near: tuple[float, float] | None = None) -> str | None:
        with db.transaction() as conn:
            danger = danger_now(conn, "foping", NOON + timedelta(hours=hours), near)
        return f"{danger.station} {danger.danger_class}" if danger else None

    assert known(-1) is None, "what is not known yet"
    assert known(5) == "ridge moderate", "no place asked about: the highest"
    assert known(36) == "ridge moderate"
    assert known(36.1) is None, "nobody knows any more"
    assert known(5, (108.9, 33.6)) == "far moderate"
    # A near station that fell silent is no better than a far one that reports.
    _record(db, reserve, Observation("far", NOON + timedelta(days=2), DRY, (109.0, 33.6)))
    assert known(49, PLACE) is not None
    assert str(known(49, PLACE)).startswith("far")


def test_a_station_without_a_place_is_where_the_reserve_is_or_nowhere(db: Database, reserve: UUID) -> None:
    nowhere = Observation("cabin", NOON, DRY)
    with pytest.raises(RowRefusedError, match="where is station 'cabin'"):
        _record(db, reserve, nowhere)
    assert _days(db, reserve) == []
    with db.transaction() as conn:
        conn.execute(
            "UPDATE reserve SET boundary = ST_Multi(ST_MakeEnvelope(107, 33.1, 108, 34.1, 4326))"
            " WHERE id = %s",
            (reserve,),
        )
    assert _record(db, reserve, nowhere) == (1, 0)
    assert len(_days(db, reserve)) == 1


def test_clocks_at_the_ends_of_the_calendar(db: Database, reserve: UUID) -> None:
    for at in (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)):
        _record(db, reserve, Observation("ridge", at, DRY, PLACE))
        with db.transaction() as conn:
            danger_now(conn, "foping", at, PLACE)
            danger_now(conn, str(uuid4()), at)
