"""The gate, from the weather to the call: what is held back is seen, and calls when there is reason to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from fieldwatch_cloud.alarms import evidence, weather
from fieldwatch_cloud.db import accounts
from fieldwatch_cloud.db import weather as stored
from fieldwatch_cloud.db.live import News
from fieldwatch_cloud.incidents.danger import Weather
from fieldwatch_cloud.incidents.weather import Observation
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import utc_now

from .api_world import World
from .cloud_field import RESERVE, Field

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

PLACE = (107.5, 33.6)
WET = Weather(temperature_c=15, humidity_percent=80, wind_kmh=5, rain_24h_mm=4)
DRY = Weather(temperature_c=34, humidity_percent=15, wind_kmh=30, rain_24h_mm=0)


@pytest.fixture
def field(db: Database) -> Field:
    return Field.make(db)


def _gate(field: Field, least: dict[str, float]) -> None:
    with field.db.transaction() as conn:
        account = accounts.add_account(conn, email="m@example.org", name="M", password="long enough it is")
        stored.set_gate(conn, field.deployments["node-1"][0], least, account)


def _noon(field: Field, measured: Weather) -> None:
    """The weather of the sun's last noon."""
    sun = timedelta(hours=PLACE[0] / 15)
    noon = (utc_now() + sun).replace(hour=12, minute=0, second=0, microsecond=0) - sun
    if noon > utc_now():
        noon -= timedelta(days=1)
    with field.db.transaction() as conn:
        (reserve,) = conn.execute("SELECT id FROM reserve WHERE slug = %s", (RESERVE,))
        weather.record(conn, reserve[0], [Observation("ridge", noon, measured, PLACE)], "test")


def _suspect(field: Field, confidence: float, seconds_ago: float = 5) -> None:
    at = utc_now() - timedelta(seconds=seconds_ago)
    suspicion = field.suspicion(
        id=uuid7(at), confidence=confidence, observed_at=at, first_seen_at=at - timedelta(seconds=30)
    ).suspicion
    with field.db.transaction() as conn:
        evidence.lock_reserves(conn, {RESERVE})
        assert evidence.record_suspicion(conn, RESERVE, suspicion, News()) is not None


def _incident(field: Field) -> tuple[Any, ...]:
    """Why it is held back, its fire danger, whether people are called."""
    (row,) = field.rows(
        "SELECT i.held_back, i.fwi, EXISTS (SELECT 1 FROM escalation e WHERE e.incident_id = i.id)"
        " FROM incident i"
    )
    return row


def _log(field: Field) -> list[str]:
    return [action for (action,) in field.rows("SELECT action FROM incident_log ORDER BY id")]


def test_on_a_wet_day_a_faint_suspicion_waits_and_a_surer_one_calls(field: Field) -> None:
    _noon(field, WET)
    _gate(field, {"low": 0.5})
    _suspect(field, 0.21, seconds_ago=30)
    held_back, fwi, called = _incident(field)
    assert held_back == "confidence 0.21 under 0.5 for low danger"
    assert fwi < 11.2
    assert not called
    assert "held_back" in _log(field)
    _suspect(field, 0.3, seconds_ago=20)
    assert not _incident(field)[2], "the same camera, no surer"
    _suspect(field, 0.6, seconds_ago=10)
    held_back, _, called = _incident(field)
    assert held_back is None
    assert called
    assert "released" in _log(field)


@pytest.mark.parametrize("measured", [DRY, None])
def test_on_a_dry_day_or_without_weather_every_suspicion_calls(
    field: Field, measured: Weather | None
) -> None:
    if measured is not None:
        _noon(field, measured)
    _gate(field, {"low": 0.9})
    _suspect(field, 0.21)
    held_back, fwi, called = _incident(field)
    assert held_back is None
    assert called
    assert (fwi is not None) is (measured is not None)


def test_without_a_gate_every_suspicion_calls(field: Field) -> None:
    _noon(field, WET)
    _suspect(field, 0.05)
    assert _incident(field)[0] is None


def test_what_was_held_back_is_in_the_list_by_urgency(
    database_url: str, db: Database, tmp_path: Path
) -> None:
    world = World(database_url, db, tmp_path)
    with db.transaction() as conn:
        conn.execute(
            "INSERT INTO incident (id, reserve_id, kind, first_seen_at, last_seen_at, held_back, fwi)"
            " SELECT gen_random_uuid(), %(r)s, 'fire', now(), now(), 'faint', 3"
            " UNION ALL SELECT gen_random_uuid(), %(r)s, 'smoke', now() - interval '1 h', now(), NULL, 25"
            " UNION ALL SELECT gen_random_uuid(), %(r)s, 'smoke', now(), now(), NULL, NULL",
            {"r": world.foping},
        )
    with world.client("ranger") as client:
        url = "/api/v1/reserves/foping/incidents"
        listed = client.get(url, params={"order": "urgency"}).json()["items"]
        assert [one["danger"] for one in listed] == ["high", None, "low"]
        assert [one["held_back"] for one in listed] == [None, None, "faint"]
        (held,) = client.get(url, params={"held_back": True}).json()["items"]
        assert held == listed[2]
