"""Weather, fire danger and gates over HTTP: who may, what is refused, what is answered."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from fieldwatch_shared.messages import utc_now

from .api_world import World

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

SUN = timedelta(hours=107.55 / 15)
"""By how much the sun over Foping is ahead of UTC."""


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> World:
    return World(database_url, db, tmp_path)


@cache
def _noon() -> datetime:
    """The last one of the sun over Foping: the same, whatever passes while the tests run."""
    now = utc_now()
    noon = (now + SUN).replace(hour=12, minute=0, second=0, microsecond=0) - SUN
    return noon if noon <= now else noon - timedelta(days=1)


def _row(days_ago: int = 1, **more: Any) -> dict[str, Any]:
    """Of the sun's noon, so many days before the last one."""
    return {
        "station": "ridge",
        "observed_at": (_noon() - timedelta(days=days_ago)).isoformat(),
        "temperature_c": 31.5,
        "humidity_percent": 18,
        "wind_kmh": 25,
        "rain_24h_mm": 0,
        "location": {"type": "Point", "coordinates": [107.55, 33.62]},
    } | more


def test_weather_becomes_danger(world: World) -> None:
    with world.client("technician") as client:
        url = "/api/v1/reserves/foping/weather"
        rows = [_row(n) for n in (2, 1, 0)]
        assert client.post(url, json=rows).json() == {"stored": 3, "unchanged": 0}
        assert client.post(url, json=rows).json() == {"stored": 0, "unchanged": 3}
        # Some rain corrects yesterday.
        before = client.get("/api/v1/reserves/foping/fire-danger").json()
        assert client.post(url, json=[_row(1, rain_24h_mm=12)]).json() == {"stored": 1, "unchanged": 0}
    with world.client("researcher") as client:
        danger = client.get("/api/v1/reserves/foping/fire-danger").json()
        newest, middle, oldest = danger["days"]
        assert danger["now"] == newest
        assert newest["fwi"] < before["now"]["fwi"]
        assert oldest == before["days"][2]
        assert (oldest["started"], middle["started"], middle["missed_days"]) == (True, False, 0)
        assert before["now"]["danger"] in ("high", "very_high", "extreme")
        assert danger["stations"] == [
            {
                "name": "ridge",
                "location": {"type": "Point", "coordinates": [107.55, 33.62]},
                "last_observed_at": newest["observed_at"],
            }
        ]
        some = client.get(
            "/api/v1/reserves/foping/fire-danger",
            params={"from": middle["observed_at"], "to": newest["observed_at"]},
        ).json()
        assert some["days"] == [middle]


def test_no_weather_is_no_danger_that_is_known(world: World) -> None:
    with world.client("ranger") as client:
        assert client.get("/api/v1/reserves/foping/fire-danger").json() == {
            "now": None,
            "days": [],
            "stations": [],
        }


@pytest.mark.parametrize(
    ("rows", "field", "says"),
    [
        ([], "body", "at least 1"),
        ([_row(humidity_percent=101)], "body.0.humidity_percent", "less than or equal to 100"),
        ([_row(), _row(temperature_c=305)], "body.1.temperature_c", "less than or equal to 60"),
        ([_row(wind_kmh=-1)], "body.0.wind_kmh", "greater than or equal to 0"),
        ([_row(observed_at="2026-05-04T12:00:00")], "body.0.observed_at", "timezone"),
        ([_row(wind_ms=3)], "body.0.wind_ms", "not permitted"),
    ],
)
def test_wrong_weather_is_told_which_field(world: World, rows: list[Any], field: str, says: str) -> None:
    with world.client("manager") as client:
        answer = client.post("/api/v1/reserves/foping/weather", json=rows)
    assert answer.status_code == 422
    assert any(error["field"] == field and says in error["message"] for error in answer.json()["errors"])


def test_a_forecast_is_no_weather(world: World) -> None:
    row = _row(observed_at=(utc_now() + timedelta(hours=2)).isoformat())
    with world.client("manager") as client:
        answer = client.post("/api/v1/reserves/foping/weather", json=[_row(), row])
        assert answer.status_code == 422
        assert "lies in the future" in answer.json()["detail"]
        assert client.get("/api/v1/reserves/foping/fire-danger").json()["days"] == []


@pytest.mark.parametrize(("who", "status"), [("ranger", 403), ("researcher", 403), ("stranger", 404)])
def test_who_brings_weather(world: World, who: str, status: int) -> None:
    with world.client(who) as client:
        assert client.post("/api/v1/reserves/foping/weather", json=[_row()]).status_code == status


def test_a_gate_is_set_and_removed(world: World) -> None:
    url = f"/api/v1/deployments/{world.ridge}/fire-gate"
    none = {"least": None, "set_by": None, "set_at": None}
    with world.client("manager") as client:
        assert client.get(url).json() == none
        for least in ({"low": 0.5}, {"low": 0.4, "moderate": 0.2}):
            answer = client.put(url, json={"least": least})
            assert answer.status_code == 200
            assert answer.json() == client.get(url).json()
            assert (answer.json()["least"], answer.json()["set_by"]) == (least, "Manager")
        assert client.delete(url).status_code == client.delete(url).status_code == 204
        assert client.get(url).json() == none


@pytest.mark.parametrize(
    ("least", "says"),
    [({}, "at least 1"), ({"low": 1.1}, "less than or equal to 1"), ({"severe": 0.5}, "'low', 'moderate'")],
)
def test_a_wrong_gate_is_refused(world: World, least: dict[str, float], says: str) -> None:
    with world.client("manager") as client:
        answer = client.put(f"/api/v1/deployments/{world.ridge}/fire-gate", json={"least": least})
    assert answer.status_code == 422
    assert says in str(answer.json()["errors"])


def test_who_sets_a_gate(world: World) -> None:
    url = f"/api/v1/deployments/{world.ridge}/fire-gate"
    with world.client("technician") as client:
        assert client.get(url).status_code == 200
        assert client.put(url, json={"least": {"low": 0.5}}).status_code == 403
        assert client.delete(url).status_code == 403
        assert client.get(f"/api/v1/deployments/{uuid4()}/fire-gate").status_code == 404
    with world.client("stranger") as client:
        assert client.get(url).status_code == client.put(url, json={"least": {"low": 1}}).status_code == 404


def test_a_file_of_weather_comes_in_row_by_row(world: World) -> None:
    url = "/api/v1/reserves/foping/weather/import"
    head = "station,observed_at,temperature_c,humidity_percent,wind_kmh,rain_24h_mm,longitude,latitude"
    noon = _row(0)["observed_at"]
    file = f"{head}\nridge,{noon},31.5,18,25,0,107.55,33.62\nridge,{noon[:10]}T01:00Z,31.5,180,25,0,,\n"
    with world.client("technician") as client:
        answer = client.post(url, content=file)
        assert answer.status_code == 200, answer.text
        (wrong,) = answer.json().pop("rejected")
        assert (wrong["row"], "humidity" in wrong["reason"]) == (3, True)
        assert {**answer.json(), "rejected": []} == {
            "stored": 1,
            "unchanged": 0,
            "rejected": [],
            "left_out": 1,
        }
        assert client.post(url, content=file).json()["unchanged"] == 1
        assert client.get("/api/v1/reserves/foping/fire-danger").json()["now"]["station"] == "ridge"
        broken = client.post(url, content=f"{head}\nridge,yesterday,31.5,18,25,0,,\n")
        assert broken.status_code == 422
        assert "line 2" in broken.json()["detail"]
        other = client.post(url, content="a,b\n1,2\n")
        assert (other.status_code, "is not a file of weather" in other.json()["detail"]) == (422, True)
    with world.client("ranger") as client:
        assert client.post(url, content=file).status_code == 403


def test_gates_are_listed_with_what_they_held_back(world: World) -> None:
    url = "/api/v1/reserves/foping/fire-gates"
    with world.client("manager") as client:
        assert client.get(url).json() == {"items": []}
        client.put(f"/api/v1/deployments/{world.ridge}/fire-gate", json={"least": {"low": 0.5}})
        with world.db.transaction() as conn:
            for action in (None, "released"):
                held, seen = uuid4(), uuid4()
                conn.execute(
                    "INSERT INTO incident (id, reserve_id, kind, first_seen_at, last_seen_at)"
                    " VALUES (%s, %s, 'smoke', now(), now())",
                    (held, world.foping),
                )
                conn.execute(
                    "INSERT INTO suspicion (id, incident_id, deployment_id, observed_at, first_seen_at, kind,"
                    " confidence, box, clock_quality, model)"
                    " VALUES (%s, %s, %s, now(), now(), 'smoke', 0.2, '{0,0,1,1}', 'ntp', 'fire@1')",
                    (seen, held, world.ridge),
                )
                reason = {"reason": "confidence 0.2 under 0.5 for low danger", "suspicion": str(seen)}
                for what, details in (("held_back", reason), (action, {})):
                    if what:
                        conn.execute(
                            "INSERT INTO incident_log (incident_id, action, details) VALUES (%s, %s, %s)",
                            (held, what, Jsonb(details)),
                        )
    with world.client("ranger") as client:
        (gate,) = client.get(url).json()["items"]
    assert gate["deployment_id"] == str(world.ridge)
    assert (gate["least"], gate["set_by"]) == ({"low": 0.5}, "Manager")
    assert (gate["held"], gate["released"]) == (2, 1)
    with world.client("stranger") as client:
        assert client.get(url).status_code == 404
