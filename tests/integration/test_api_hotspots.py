"""Hotspots and people's reports over HTTP: the map's GeoJSON, a manager's file, a ranger's word."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from fieldwatch_cloud.db import deliveries, geography, jobs
from fieldwatch_cloud.notify import compose
from fieldwatch_shared.messages import utc_now

from .api_world import SQUARE, World
from .firms_world import MODIS, VIIRS, ago, modis, table, viirs

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

INSIDE = (107.55, 33.65)
URL = "/api/v1/reserves/foping"
HERE = {"type": "Point", "coordinates": [107.55, 33.62]}


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> World:
    made = World(database_url, db, tmp_path)
    with db.transaction() as conn:
        conn.execute(
            "UPDATE reserve SET boundary = ST_Multi(ST_MakeEnvelope(107.5, 33.6, 107.6, 33.7, 4326))"
            " WHERE slug = 'foping'"
        )
        geography.add_zone(conn, reserve=made.foping, name="South", area=json.dumps(SQUARE))
    return made


def _post(client: Any, *rows: str, header: str = VIIRS) -> Any:
    return client.post(
        f"{URL}/hotspots/import", content=table(header, *rows), headers={"Content-Type": "text/csv"}
    )


def test_a_file_is_imported_and_shown(world: World) -> None:
    inside, near, far = viirs(*INSIDE, ago(3)), viirs(107.7, 33.65, ago(2)), viirs(90, 31, ago(1))
    with world.client("manager") as client:
        answer = _post(client, inside, "not,a,row", near, far)
        assert answer.status_code == 200
        body = answer.json()
        (incident,) = body.pop("incidents")
        assert body == {
            "new": 1,
            "known": 0,
            "outside": 2,
            "near": 1,
            "rejected": [{"row": 3, "reason": "3 cells where the header has 14"}],
            "left_out": 1,
        }
        again = _post(client, inside, near).json()
        assert (again["new"], again["known"], again["near"], again["incidents"]) == (0, 1, 0, [])
        shown = client.get(f"{URL}/hotspots").json()
        assert shown["type"] == "FeatureCollection"
        assert shown["fetched_at"] is None
        assert [f["properties"]["inside"] for f in shown["features"]] == [False, True]
        (feature,) = client.get(
            f"{URL}/hotspots", params={"to": (utc_now() - timedelta(hours=2.5)).isoformat()}
        ).json()["features"]
        assert feature["geometry"] == {"type": "Point", "coordinates": [107.55, 33.65]}
        properties = feature["properties"]
        assert (properties["incident_id"], properties["satellite"]) == (incident, "NOAA-20")
        (listed,) = client.get(f"{URL}/incidents").json()["items"]
        assert (listed["id"], listed["hotspots"], listed["suspicions"]) == (incident, 1, 0)
        assert listed["place"]["method"] == "hotspot"
        assert listed["zone"]["name"] == "South"
        detail = client.get(f"/api/v1/incidents/{incident}").json()
        assert [one["confidence"] for one in detail["hotspots"]] == ["nominal"]


def test_modis_in_percent(world: World) -> None:
    with world.client("manager") as client:
        assert _post(client, modis(*INSIDE, ago(3), confidence=12), header=MODIS).json()["new"] == 1
        (feature,) = client.get(f"{URL}/hotspots").json()["features"]
        assert feature["properties"]["confidence_percent"] == 12
        (incident,) = client.get(f"{URL}/incidents", params={"held_back": True}).json()["items"]
        assert "low confidence" in incident["held_back"]


def test_when_firms_was_last_asked(world: World) -> None:
    at = ago(1)
    with world.db.transaction() as conn:
        jobs.note_finished(conn, "hotspots", at)
    with world.client("ranger") as client:
        assert client.get(f"{URL}/hotspots").json() == {
            "type": "FeatureCollection",
            "features": [],
            "fetched_at": at.isoformat().replace("+00:00", "Z"),
        }


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"Invalid MAP_KEY.", "the file begins with: Invalid MAP_KEY."),
        (table(VIIRS, "broken"), "no row of this file can be read: line 2: 1 cells"),
    ],
)
def test_what_is_no_file_of_hotspots(world: World, content: bytes, says: str) -> None:
    with world.client("manager") as client:
        answer = client.post(f"{URL}/hotspots/import", content=content)
    assert answer.status_code == 422
    assert says in answer.json()["detail"]


def test_a_day_of_the_whole_world_fits(world: World) -> None:
    """More than a megabyte, which is where other bodies end."""
    rows = [viirs(-60 + n % 100 / 50, -10 + n / 10_000, ago(3)) for n in range(15_000)]
    with world.client("manager") as client:
        answer = _post(client, *rows)
    assert answer.status_code == 200
    assert answer.json()["outside"] == 15_000


@pytest.mark.parametrize(("who", "status"), [("ranger", 403), ("technician", 403), ("stranger", 404)])
def test_who_imports(world: World, who: str, status: int) -> None:
    with world.client(who) as client:
        assert _post(client, viirs(*INSIDE, ago(3))).status_code == status


# Reports -----------------------------------------------------------------------------------------


def _report(**more: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "observed_at": utc_now().isoformat(), "kind": "smoke"} | more


def test_a_place_that_somebody_reports_is_an_incident_once(world: World) -> None:
    report = _report(location=HERE, location_sd_m=100, note="behind the hut")
    with world.client("ranger") as client:
        first = client.post(f"{URL}/fire-reports", json=report)
        assert first.status_code == 201
        again = client.post(f"{URL}/fire-reports", json=report)
        assert (again.status_code, again.json()) == (200, first.json())
        incident = client.get(f"/api/v1/incidents/{first.json()['incident_id']}").json()
    (seen,) = incident["reports"]
    assert (seen["account"], seen["note"], seen["location"]) == ("Ranger", "behind the hut", HERE)
    assert incident["place"]["method"] == "report"
    assert incident["held_back"] is None
    assert incident["zone"]["name"] == "South"


def test_a_direction_gives_a_sector_and_no_point(world: World) -> None:
    report = _report(standpoint=HERE, bearing_deg=359.5, kind="fire")
    with world.client("researcher") as client:
        answer = client.post(f"{URL}/fire-reports", json=report)
        assert answer.status_code == 201
        incident = client.get(f"/api/v1/incidents/{answer.json()['incident_id']}").json()
    assert incident["place"] is None
    assert incident["region"]["type"] in ("Polygon", "MultiPolygon")
    assert incident["kind"] == "fire"


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", ["Reported at", "by Ranger.", "In direction 45", "from Ranger"]),
        ("zh", ["接到Ranger报告", "在Ranger的"]),
    ],
)
def test_people_are_told_who_reported_it(world: World, language: Any, says: list[str]) -> None:
    with world.client("ranger") as client:
        report = _report(standpoint=HERE, bearing_deg=45)
        incident_id = client.post(f"{URL}/fire-reports", json=report).json()["incident_id"]
    notification, now = uuid4(), utc_now()
    claimed = deliveries.Claimed(
        uuid4(), 1, "s", notification, now, uuid4(), "email", "mail", {}, language, disabled=False
    )
    with world.db.transaction() as conn:
        conn.execute(
            "INSERT INTO notification (id, reserve_id, incident_id, kind) VALUES (%s, %s, %s, 'fire')",
            (notification, world.foping, incident_id),
        )
        body = compose.message(conn, claimed, "https://example.org").body
    assert [part for part in says if part not in body] == [], body


def test_a_report_joins_the_fire_that_a_satellite_sees(world: World) -> None:
    with world.client("manager") as client:
        (incident,) = _post(client, viirs(*INSIDE, ago(0.2))).json()["incidents"]
        place = {"type": "Point", "coordinates": [107.5505, 33.6503]}
        answer = client.post(f"{URL}/fire-reports", json=_report(location=place))
        assert answer.json()["incident_id"] == incident


def test_a_phones_wrong_clock_is_corrected(world: World) -> None:
    """Two years behind, as it says itself when it sends."""
    wrong = utc_now() - timedelta(days=730)
    report = _report(
        location=HERE, observed_at=(wrong - timedelta(minutes=5)).isoformat(), sent_at=wrong.isoformat()
    )
    with world.client("ranger") as client:
        answer = client.post(f"{URL}/fire-reports", json=report)
        incident = client.get(f"/api/v1/incidents/{answer.json()['incident_id']}").json()
    assert 299 < incident["late_s"] < 600


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "where? Give location, or standpoint and bearing_deg"),
        ({"standpoint": HERE}, "where? Give location"),
        ({"bearing_deg": 12}, "where? Give location"),
        ({"location": HERE, "standpoint": HERE, "bearing_deg": 12}, "not both"),
        ({"standpoint": HERE, "bearing_deg": 360}, "less than 360"),
        ({"location": {"type": "Point", "coordinates": [33.62, 107.55]}}, "latitude 107.55 is not within"),
        ({"location": {"type": "Point", "coordinates": [33.62, 10.7]}}, "km from the reserve"),
        ({"location": HERE, "kind": "steam"}, "'smoke' or 'fire'"),
        ({"location": HERE, "observed_at": "2026-05-04T12:00:00"}, "timezone"),
        (
            {"location": HERE, "observed_at": "9999-01-01T00:00Z", "sent_at": "0001-01-02T00:00Z"},
            "thousands of years apart",
        ),
    ],
)
def test_what_is_no_report(world: World, fields: dict[str, Any], says: str) -> None:
    with world.client("ranger") as client:
        answer = client.post(f"{URL}/fire-reports", json=_report(**fields))
        assert answer.status_code == 422
        assert says in str(answer.json())
        assert client.get(f"{URL}/incidents").json()["items"] == []


def test_an_id_is_one_persons_report(world: World) -> None:
    report = _report(location=HERE)
    with world.client("ranger") as client:
        assert client.post(f"{URL}/fire-reports", json=report).status_code == 201
    with world.client("manager") as client:
        assert client.post(f"{URL}/fire-reports", json=report).status_code == 409
    with world.client("stranger") as client:
        assert client.post(f"{URL}/fire-reports", json=_report(location=HERE)).status_code == 404
