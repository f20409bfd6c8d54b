"""Sensors' readings and nodes' power: from MQTT into the database once, into fire danger, and over HTTP."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from fieldwatch_cloud.alarms import node_weather
from fieldwatch_cloud.alarms.weather import danger_now
from fieldwatch_cloud.db import node_power, readings
from fieldwatch_cloud.incidents.danger import START, Weather, next_day
from fieldwatch_shared.ids import uuid7, uuid7_from
from fieldwatch_shared.messages import PowerReport, Quantity, Reading, ReadingBatch, utc_now
from fieldwatch_shared.topics import Kind

from .api_world import World
from .cloud_field import CLOCK, NOON, Field, NodeClient, cloud_settings, eventually, let_in, working

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto

Q = Quantity
SUN_NOON = NOON.replace(hour=5, minute=0)
"""The full hour nearest to the sun's noon (04:50 UTC) at 107.5 degrees east."""


@pytest.fixture
def field(db: Database) -> Field:
    return Field.make(db)


@pytest.fixture
def node(
    field: Field, database_url: str, mosquitto: EmbeddedMosquitto, state_dir: Path
) -> Iterator[NodeClient]:
    let_in(mosquitto, database_url)
    with working(cloud_settings(state_dir, database_url, mosquitto.url)):
        client = NodeClient(mosquitto.port)
        yield client
        client.close()


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> World:
    return World(database_url, db, tmp_path)


def reading(at: datetime, quantity: Quantity, value: float, sensor: str = "mast", **more: Any) -> Reading:
    return Reading(
        id=uuid7_from(at, sensor, quantity.value),
        sensor=sensor,
        quantity=quantity,
        value=value,
        observed_at=at,
        clock=CLOCK,
        **more,
    )


def batch(*found: Reading) -> ReadingBatch:
    return ReadingBatch(message_id=uuid7(), readings=list(found))


def test_readings_arrive_once_and_what_cannot_be_is_held_back_with_its_reason(
    field: Field, node: NodeClient
) -> None:
    first = batch(reading(NOON, Q.TEMPERATURE, 21.5), reading(NOON, Q.WIND_DIRECTION, 350, over_s=600))
    again = ReadingBatch(message_id=uuid7(), readings=first.readings)
    hot = batch(reading(NOON + timedelta(minutes=5), Q.TEMPERATURE, 850))
    endless = batch(reading(NOON, Q.RAIN, 3, sensor="gauge"))
    for each in (first, first, again, hot, endless):
        node.send(Kind.READINGS, each.model_dump_json())
    wanted = {each.message_id for each in (first, again, hot, endless)}
    eventually(lambda: wanted <= node.receipts)
    assert field.rows("SELECT node_id, sensor, quantity, value, over_s FROM reading ORDER BY quantity") == [
        ("node-1", "mast", "temperature_c", 21.5, None),
        ("node-1", "mast", "wind_direction_deg", 350, 600),
    ]
    too_hot, no_span = sorted(row[0] for row in field.rows("SELECT reason FROM quarantine"))[::-1]
    assert "sensor mast: temperature_c = 850 is not within -90 to 85" in too_hot
    assert "how long did it fall" in no_span


def power(minute: float, **fields: Any) -> dict[str, Any]:
    return {"minute": minute, "power": PowerReport(**fields)}


def test_energy_is_added_once_at_its_own_time_also_out_of_order(field: Field, node: NodeClient) -> None:
    said: dict[str, Any] = {"used_wh": 0.1, "saved_wh": 0.05, "co2e_g_per_kwh": 41.0, "measured": True}
    beats = [
        field.heartbeat(**power(59, charge=0.4, solar_w=0, level="low", **said)),
        field.heartbeat(**power(1, charge=0.8, solar_w=20, level="full", **said)),
        field.heartbeat(**power(61, charge=0.3, level="floor", **said)),
        field.heartbeat(minute=2),
        field.heartbeat(minute=62, power=PowerReport(charge=0.29)),
    ]
    for each in [*beats, *beats]:
        node.send(Kind.HEARTBEAT, each.model_dump_json())
    eventually(lambda: {each.message_id for each in beats} <= node.receipts)
    with field.db.transaction() as conn:
        first, second = node_power.hours(conn, "node-1", NOON)
        everything = node_power.total(conn, "node-1")
        (day,) = node_power.days(conn, "node-1", NOON, "Asia/Shanghai")
    assert (first.at, second.at) == (NOON, NOON + timedelta(hours=1))
    assert first.charge == pytest.approx(0.6)
    assert (first.charge_least, first.solar_w, first.level, first.measured) == (0.4, 10, "low", True)
    assert second.charge_least == 0.29
    assert second.solar_w is None
    assert everything.used_wh == pytest.approx(0.3)
    assert everything.saved_g == pytest.approx(0.15 / 1000 * 41)
    assert (day.day, day.used_wh) == ("2026-05-04", pytest.approx(0.3))


def a_day(until: datetime, **other: float) -> list[Reading]:
    """Twenty-four hours of a weather station that reports each five minutes, until then."""
    found = []
    values = {"rain": 0.0, "celsius": 30.0, "humidity": 20.0, "wind": 5.0} | other
    for n in range(288):
        at = until - timedelta(minutes=5 * n)
        found += [
            reading(at, Q.TEMPERATURE, values["celsius"]),
            reading(at, Q.HUMIDITY, values["humidity"]),
            reading(at, Q.WIND_SPEED, values["wind"], over_s=300),
            reading(at, Q.RAIN, values["rain"], over_s=300),
        ]
    return found


def keep(db: Database, found: list[Reading], node: str = "node-1") -> None:
    with db.transaction() as conn:
        readings.insert(conn, node, found)


def test_a_node_s_own_weather_becomes_the_fire_danger_of_its_day(db: Database, field: Field) -> None:
    """30 °C, 20 %, 5 m/s = 18 km/h, 288 x 0.01 mm of rain: the standard's first day, to many digits."""
    keep(db, a_day(SUN_NOON, rain=0.01))
    assert node_weather.run(db, SUN_NOON + timedelta(hours=1)) == 2  # 04:00 has 23 h of rain, which will do
    with db.transaction() as conn:
        danger = danger_now(conn, "ridge", SUN_NOON + timedelta(hours=2), (107.5, 33.6))
        place = conn.execute("SELECT name, ST_X(location) FROM weather_station").fetchall()
    expected = next_day(START, Weather(30, 20, 18, 2.88), 5, 33.6)
    assert danger is not None
    assert danger.station == "node-1"
    assert danger.fwi == pytest.approx(expected.fwi, rel=1e-6)
    assert place == [("node-1", 107.5)]
    assert node_weather.run(db, SUN_NOON + timedelta(hours=1)) == 0, "done is done"
    keep(db, a_day(SUN_NOON, rain=0.01))
    assert node_weather.run(db, SUN_NOON + timedelta(hours=1)) == 0, "a replay changes nothing"


def test_only_whole_hours_are_weather(db: Database, field: Field) -> None:
    def hours() -> int:
        return field.count("weather")

    day = a_day(SUN_NOON)
    quarter = (SUN_NOON - timedelta(minutes=30), SUN_NOON - timedelta(minutes=15))
    keep(
        db, [r for r in day if not (r.quantity is Q.WIND_SPEED and quarter[0] < r.observed_at <= quarter[1])]
    )
    node_weather.run(db, SUN_NOON + timedelta(minutes=1))
    assert field.rows("SELECT observed_at FROM weather") == [(SUN_NOON - timedelta(hours=1),)]
    # What was missing comes late, with a data mule: its hour becomes whole.
    keep(db, [r for r in day if r.quantity is Q.WIND_SPEED])
    node_weather.run(db, SUN_NOON + timedelta(minutes=2))
    assert hours() == 2


def test_without_a_rain_gauge_there_is_no_danger_and_half_a_day_of_rain_is_none(
    db: Database, field: Field
) -> None:
    keep(db, [r for r in a_day(SUN_NOON) if r.quantity is not Q.RAIN])
    assert node_weather.run(db, SUN_NOON + timedelta(hours=1)) == 0
    half = SUN_NOON - timedelta(hours=12)
    keep(db, [r for r in a_day(SUN_NOON) if r.quantity is Q.RAIN and r.observed_at > half])
    assert node_weather.run(db, SUN_NOON + timedelta(hours=1)) == 0
    assert field.count("weather") == 0


def test_the_hour_that_goes_on_is_left_until_it_is_over(db: Database, field: Field) -> None:
    keep(db, a_day(SUN_NOON + timedelta(minutes=55)))
    assert node_weather.run(db, SUN_NOON + timedelta(minutes=56)) > 0
    before = field.count("weather")
    keep(db, [r for r in a_day(SUN_NOON + timedelta(hours=1)) if r.observed_at > SUN_NOON])
    assert node_weather.run(db, SUN_NOON + timedelta(minutes=59)) == 0
    assert node_weather.run(db, SUN_NOON + timedelta(minutes=60, seconds=1)) == 1
    assert field.count("weather") == before + 1


def test_sensors_over_http(world: World) -> None:
    now = utc_now().replace(minute=0, second=0, microsecond=0)
    span = {"from": (now - timedelta(hours=24)).isoformat(), "to": (now + timedelta(seconds=1)).isoformat()}
    keep(world.db, a_day(now, rain=0.1), "n1")
    keep(
        world.db,
        [
            reading(now, Q.WIND_DIRECTION, 350),
            reading(now - timedelta(seconds=1), Q.WIND_DIRECTION, 20),
            reading(now, Q.WATER_LEVEL, 1.24, sensor="weir"),
        ],
        "n1",
    )
    with world.client("ranger") as client:
        (station,) = client.get("/api/v1/reserves/foping/sensors").json()["items"]
        assert station["node"] == "n1"
        assert station["location"]["coordinates"][0] == pytest.approx(107.55, abs=0.3)
        newest = {(one["sensor"], one["quantity"]): one["value"] for one in station["newest"]}
        assert newest[("weir", "water_level_m")] == 1.24
        assert newest[("mast", "temperature_c")] == 30
        url = "/api/v1/nodes/n1/readings"
        found = client.get(url, params={**span, "quantity": "temperature_c"}).json()
        (series,) = found["series"]
        assert found["width_s"] == 300
        assert sum(each["readings"] for each in series["spans"]) == 288
        winds = client.get(url, params={**span, "quantity": "wind_direction_deg"}).json()["series"][0][
            "spans"
        ]
        assert winds[-1]["mean"] in (pytest.approx(350), pytest.approx(20), pytest.approx(5))
        year = {"from": (now - timedelta(days=366)).isoformat(), "to": span["to"]}
        rain = client.get(url, params={**year, "quantity": "rain_mm"}).json()
        assert rain["width_s"] == 43200
        assert sum(each["mean"] for each in rain["series"][0]["spans"]) == pytest.approx(28.8)
        assert client.get(url, params={**span, "quantity": "charm"}).status_code == 422
        backwards = {"from": span["to"], "to": span["from"], "quantity": "rain_mm"}
        assert client.get(url, params=backwards).status_code == 422
        table = client.get("/api/v1/nodes/n1/readings.csv", params=span)
        rows = list(csv.DictReader(io.StringIO(table.text)))
        assert len(rows) == 4 * 288 + 3
        assert rows[-1]["observed_at"].endswith("+00:00")
        assert "readings-n1.csv" in table.headers["content-disposition"]
    with world.client("stranger") as client:
        for path in ("/api/v1/nodes/n1/readings", "/api/v1/nodes/n1/readings.csv"):
            assert client.get(path, params={**span, "quantity": "rain_mm"}).status_code == 404
        assert client.get("/api/v1/reserves/foping/sensors").status_code == 404


def test_a_circle_of_winds_has_its_mean_across_north(db: Database, field: Field) -> None:
    keep(
        db,
        [
            reading(NOON, Q.WIND_DIRECTION, 350),
            reading(NOON + timedelta(seconds=1), Q.WIND_DIRECTION, 20),
        ],
    )
    with db.transaction() as conn:
        until = NOON + timedelta(hours=1)
        (span,) = readings.spans(conn, "node-1", Q.WIND_DIRECTION, NOON, until, timedelta(minutes=5))
    assert span.mean == pytest.approx(5)
    assert (span.least, span.most, span.readings) == (20, 350, 2)


def test_a_camera_s_power_over_http(world: World) -> None:
    now = utc_now()
    with world.client("manager") as client:
        url = f"/api/v1/deployments/{world.ridge}/power"
        nothing = client.get(url).json()
        assert nothing["hours"] == []
        assert nothing["total"] == {
            "since": None, "used_wh": None, "saved_wh": None, "used_co2e_g": None, "saved_co2e_g": None
        }  # fmt: skip
        from fieldwatch_shared.messages import Heartbeat

        for n, months in enumerate((0, 40)):
            id_ = uuid7()
            said = PowerReport(
                charge=0.7, battery_v=13.2, level="saving", used_wh=500, saved_wh=200,
                co2e_g_per_kwh=41 if n else 100,
            )  # fmt: skip
            beat = Heartbeat(
                id=id_, message_id=id_, observed_at=now - timedelta(days=months), clock=CLOCK, uptime_s=1,
                software="x", outbox_records=0, outbox_bytes=0, next_within_s=60, power=said,
            )  # fmt: skip
            with world.db.transaction() as conn:
                node_power.add(conn, "n1", beat, now)
        found = client.get(url, params={"days": 3}).json()
        assert [hour["level"] for hour in found["hours"]] == ["saving"]
        assert found["hours"][0]["battery_v"] == 13.2
        assert not found["hours"][0]["measured"]
        assert found["month"]["used_wh"] == 500
        assert found["month"]["used_co2e_g"] == pytest.approx(50)
        assert found["total"]["used_wh"] == 1000
        assert found["total"]["used_co2e_g"] == pytest.approx(50 + 20.5)
        assert found["total"]["saved_co2e_g"] == pytest.approx(20 + 8.2)
    with world.client("stranger") as client:
        assert client.get(url).status_code == 404


def test_a_clock_that_begins_in_1970_puts_energy_into_this_hour(db: Database, field: Field) -> None:
    beat = field.heartbeat(power=PowerReport(used_wh=2))
    now = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
    wrong = beat.model_copy(update={"observed_at": datetime(1970, 1, 1, tzinfo=UTC)})
    with db.transaction() as conn:
        node_power.add(conn, "node-1", wrong, now)
        (hour,) = node_power.hours(conn, "node-1", datetime(1960, 1, 1, tzinfo=UTC))
    assert hour.at == NOON
    assert (hour.used_wh, hour.charge) == (2, None)
